"""`podium check`: the contract suite against stacks that it launches, or any URL."""

import json
import sys
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from contract_tests.access import Access

_FILE = click.Path(path_type=Path, dir_okay=False)
_READ = click.Path(path_type=Path, dir_okay=False, exists=True)
_FOR_URLS = ("prefix", "headers", "sample", "ca_file", "insecure")
EPILOG = """\b
Examples:
  podium check flask:gunicorn fastapi
  podium check --url https://host/v1 --header "Authorization: $KEY" --out report
  podium check --compare old.jsonl new.jsonl
"""


@click.command(epilog=EPILOG)
@click.argument("stacks", metavar="[STACK…]", nargs=-1)
@click.option(
    "--url", "urls", multiple=True, help="Check a backend that runs already; may be repeated."
)
@click.option("--prefix", default="", metavar="/P", help="Goes before every path of each --url.")
@click.option(
    "--header",
    "headers",
    multiple=True,
    metavar="'NAME: VALUE'",
    help="Sent with every request to each --url; its value is never written down. May be repeated.",
)
@click.option(
    "--sample",
    type=_READ,
    metavar="F",
    help='Rows that the model of each --url takes: {"rows":[[…],…],"predictions":[…]}, the latter '
    "if known. What only the suite's own model can answer is skipped.",
)
@click.option("--ca-file", type=_READ, metavar="F", help="Trust these authorities for TLS.")
@click.option("--insecure", is_flag=True, help="Trust any certificate.")
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(0.1),
    default=10.0,
    show_default=True,
    metavar="S",
    help="How long each --url may take for an answer.",
)
@click.option("--section", "sections", multiple=True, help="Only this section; may be repeated.")
@click.option("--skip", "skipped", multiple=True, metavar="SECTION", help="All but this section.")
@click.option("--case", "cases", multiple=True, metavar="N", help="Only this case, such as 4.2.1.")
@click.option("--list", "listed", is_flag=True, help="Run nothing: list the cases.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False, writable=True),
    metavar="DIR",
    help="Write check.html, check.md, check.json, junit.xml and badge.svg.",
)
@click.option("--junit", type=_FILE, metavar="F", help="Write a JUnit file.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of the matrix.")
@click.option("--record", type=_FILE, metavar="F", help="Write every exchange, to be compared.")
@click.option(
    "--compare",
    type=_READ,
    nargs=2,
    metavar="OLD NEW",
    help="Run nothing: tell what two recordings answer differently.",
)
@click.pass_context
def command(ctx: click.Context, /, **options: Any) -> int:
    """Run the contract suite against stacks, or against any URL; print the matrix.

    Without STACK and --url it checks every stack that can run here. Exit code 1: the contract is
    broken somewhere, or two recordings differ; 2: a backend could not be checked.
    """
    asked = Asked(**options)
    given = [name for name in _FOR_URLS if options[name]]
    if given and not asked.urls:
        raise click.UsageError(f"--{given[0].replace('_', '-').rstrip('s')} needs --url", ctx)
    if asked.prefix and not asked.prefix.startswith("/"):
        raise click.BadParameter("a prefix begins with a slash", ctx, param_hint="--prefix")
    if asked.listed:
        return _list(asked)
    return _compare(asked) if asked.compare else _check(asked)


@dataclass(frozen=True)
class Asked:
    """What the command was asked for."""

    stacks: tuple[str, ...]
    urls: tuple[str, ...]
    prefix: str
    headers: tuple[str, ...]
    sample: Path | None
    ca_file: Path | None
    insecure: bool
    timeout_s: float
    sections: tuple[str, ...]
    skipped: tuple[str, ...]
    cases: tuple[str, ...]
    listed: bool
    out: Path | None
    junit: Path | None
    as_json: bool
    record: Path | None
    compare: tuple[Path, Path] | None


def _check(asked: Asked) -> int:
    from rich.console import Console  # noqa: PLC0415 (each command imports what it uses)

    from contract_tests import selection  # noqa: PLC0415
    from contract_tests.catalogue.choice import Choice  # noqa: PLC0415
    from contract_tests.suite_run import Watcher, run_suite  # noqa: PLC0415
    from podium.check.files import write_files  # noqa: PLC0415
    from podium.check.junit import junit  # noqa: PLC0415
    from podium.check.recording import Recording  # noqa: PLC0415
    from podium.check.report import make_report, report_json  # noqa: PLC0415
    from podium.check.target import target_of  # noqa: PLC0415
    from podium.check.terminal import CheckProgress, print_result  # noqa: PLC0415

    chosen = asked.stacks or (() if asked.urls else (selection.ALL,))
    sources = selection.stacks(chosen)
    sources += selection.urls(asked.urls, _access(asked), asked.timeout_s)
    choice = Choice(asked.sections, asked.cases, asked.skipped)
    where = partial(target_of, ca_file=asked.ca_file, verified=not asked.insecure)
    with ExitStack() as opened:
        # What cannot be written is found out before the run.
        if asked.out is not None:
            asked.out.mkdir(parents=True, exist_ok=True)
        written = opened.enter_context(asked.junit.open("w")) if asked.junit else None
        recording = opened.enter_context(Recording(asked.record)) if asked.record else None
        progress = opened.enter_context(CheckProgress(sys.stderr))
        watchers: list[Watcher] = [progress, *([recording] if recording else [])]
        result = run_suite(sources, watchers, choice)
        if written is not None:
            written.write(junit(result))
    report = make_report(result, datetime.now(UTC), where)
    if asked.as_json:
        print(report_json(report), end="")
    elif result.results:
        print_result(result, Console(), where)
    if asked.out is not None:
        print(f"podium: report in {write_files(asked.out, result, report)}", file=sys.stderr)
    for reason in result.not_opened.values():
        print(f"podium: {reason}", file=sys.stderr)
    return 2 if result.not_opened else 0 if result.passed else 1


def _access(asked: Asked) -> "Access":
    """How the URLs are reached; raises `BadField`, `BadSample` and `OSError`."""
    from contract_tests.access import Access, parse_fields, tls_settings  # noqa: PLC0415
    from contract_tests.sample import IRIS, read_sample  # noqa: PLC0415

    return Access(
        asked.prefix,
        parse_fields(asked.headers),
        tls_settings(asked.ca_file, verified=not asked.insecure),
        IRIS if asked.sample is None else read_sample(asked.sample),
    )


def _compare(asked: Asked) -> int:
    from rich.console import Console  # noqa: PLC0415

    from podium.check.comparison import compare  # noqa: PLC0415
    from podium.check.recording import read_recording  # noqa: PLC0415
    from podium.check.terminal import print_comparison  # noqa: PLC0415

    assert asked.compare is not None
    old, new = map(read_recording, asked.compare)
    comparison = compare(old, new)
    if asked.as_json:
        print(json.dumps(asdict(comparison), indent=1, ensure_ascii=False))
    else:
        print_comparison(comparison, Console())
    return 1 if comparison.differences or not comparison.compared else 0


def _list(asked: Asked) -> int:
    from contract_tests.catalogue.choice import Choice  # noqa: PLC0415
    from contract_tests.catalogue.collection import cases  # noqa: PLC0415
    from contract_tests.catalogue.listing import document, lines  # noqa: PLC0415
    from contract_tests.errors import NothingSelected  # noqa: PLC0415

    choice = Choice(asked.sections, asked.cases, asked.skipped)
    every = cases()
    choice.check(case.number for case in every)
    chosen = [
        case
        for case in every
        if choice.takes(case.section, case.number) and not choice.leaves_out(case.section)
    ]
    if not chosen:
        raise NothingSelected
    if asked.as_json:
        print(json.dumps(document(chosen), indent=1, ensure_ascii=False))
    else:
        for line in lines(chosen):
            print(line)
    return 0
