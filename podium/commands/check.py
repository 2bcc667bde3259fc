"""`podium check`: the contract suite against stacks that it launches, or any URL."""

from pathlib import Path
from typing import Any

import click

from contract_tests.catalogue.numbers import SECTIONS
from podium.commands.options import (
    FiniteRange,
    closing,
    engine_option,
    entries_option,
    headers_option,
    json_option,
    model_option,
    refuse_given,
    sample_option,
)

_FILE = click.Path(path_type=Path, dir_okay=False)
_READ = click.Path(path_type=Path, dir_okay=False, exists=True)
_TLS = ("ca_file", "insecure")
_OF_A_URL = ("prefix", "headers", "sample", "timeout_s", *_TLS)
_OF_A_STACK = ("model", "engine")
_WHERE = ("stacks", "urls", "entries", *_OF_A_URL, *_OF_A_STACK)
_RESULTS = ("out", "junit", "record")
_CHOICE = ("sections", "skipped", "cases")


@click.command(
    "check",
    epilog=closing(
        "podium check flask:gunicorn fastapi",
        'podium check --url https://host/v1 --header "Authorization: Bearer $KEY" --out report',
        "podium check --url https://host/v1 --header @secret-fields.txt",
        "podium check falcon --model digits",
        "podium check --compare old.jsonl new.jsonl",
        ok="every case passed, or the recordings agree",
        no="a case failed or could not decide, or the recordings differ",
    ),
)
@click.argument("stacks", metavar="[STACK…]", nargs=-1)
@click.option(
    "--url",
    "urls",
    multiple=True,
    metavar="URL",
    help="Check a backend that runs already. May be repeated.",
)
@click.option("--prefix", default="", metavar="/P", help="Put /P before every path of each --url.")
@headers_option
@sample_option
@model_option
@engine_option
@click.option("--ca-file", type=_READ, metavar="FILE", help="Trust these authorities for TLS.")
@click.option("--insecure", is_flag=True, help="Trust any certificate.")
@click.option(
    "--timeout",
    "timeout_s",
    type=FiniteRange(0.1),
    default=10.0,
    show_default=True,
    metavar="S",
    help="Wait S seconds for each answer of a --url.",
)
@entries_option
@click.option(
    "--section",
    "sections",
    multiple=True,
    metavar="NAME",
    help=f"Run only this section, of {', '.join(SECTIONS)}. May be repeated.",
)
@click.option(
    "--skip", "skipped", multiple=True, metavar="NAME", help="Skip this section. May be repeated."
)
@click.option(
    "--case",
    "cases",
    multiple=True,
    metavar="N",
    help="Run only this case, such as 4.2.1, or all cases below 4.2. May be repeated.",
)
@click.option("--list", "listed", is_flag=True, help="Print the cases instead of running them.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False, writable=True),
    metavar="DIR",
    help="Write check.html, check.json, junit.xml and badge.svg.",
)
@click.option("--junit", type=_FILE, metavar="FILE", help="Write a JUnit file.")
@json_option
@click.option("--record", type=_FILE, metavar="FILE", help="Write every exchange, for --compare.")
@click.option(
    "--compare",
    "recordings",
    type=_READ,
    nargs=2,
    metavar="OLD NEW",
    help="Print what two recordings answer differently instead of running the suite.",
)
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> int:
    """Run the contract suite against stacks, or against any URL; print the matrix.

    Without STACK and --url, check every stack that can run here. With a --sample or a --model, what
    only the model of the suite can answer is skipped.
    """
    from podium import check_run  # noqa: PLC0415 (each command imports what it uses)

    listed, recordings = given.pop("listed"), given.pop("recordings")
    options = check_run.CheckOptions(**given)
    if listed:
        refuse_given("has no effect on --list: nothing is run.", "recordings", *_WHERE, *_RESULTS)
    if recordings:
        refuse_given("has no effect on --compare: nothing is run.", *_WHERE, *_RESULTS, *_CHOICE)
    if not options.urls:
        refuse_given("needs --url: it says how a backend is reached.", *_OF_A_URL)
    elif not options.stacks:
        refuse_given("is for a STACK; a backend at a --url has its own.", *_OF_A_STACK)
    if not any(url.startswith("https:") for url in options.urls):
        refuse_given("needs a --url that begins with https://.", *_TLS)
    if options.insecure:
        refuse_given("and --insecure contradict each other: give one of the two.", "ca_file")
    if options.prefix and not options.prefix.startswith("/"):
        raise click.BadParameter("a prefix begins with a slash", ctx, param_hint="--prefix")
    if listed:
        return check_run.list_cases(options.choice, as_json=options.as_json)
    if recordings:
        return check_run.compare_recordings(*recordings, as_json=options.as_json)
    return check_run.check(options)
