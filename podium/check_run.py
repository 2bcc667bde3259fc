"""What `podium check` does, once its options are read; each action gives the exit code."""

import json
import sys
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from rich.console import Console

from contract_tests.backends import selection
from contract_tests.catalogue.case import document, lines
from contract_tests.catalogue.choice import Choice
from contract_tests.catalogue.collection import cases
from contract_tests.http.access import Access, field_lines, parse_fields, tls_settings
from contract_tests.http.sample import IRIS, read_sample
from contract_tests.run.comparison import compare
from contract_tests.run.errors import NothingSelected, SuiteInterrupted
from contract_tests.run.suite_run import Watcher, run_suite
from reports.check.recording import Recording, read_recording
from reports.check.results import SuiteResult
from reports.pages.check import write, write_files
from reports.pages.check_report import make_report, report_json
from reports.pages.check_terminal import CheckProgress, print_comparison, print_result
from reports.pages.junit import junit
from reports.pages.repeat.target import target_of


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


def check(asked: Asked) -> int:
    """Runs the suite; prints and writes what came of it, also where it is interrupted."""
    chosen = asked.stacks or (() if asked.urls else (selection.ALL,))
    sources = selection.stacks(chosen)
    sources += selection.urls(asked.urls, _access(asked), asked.timeout_s)
    choice = Choice(asked.sections, asked.cases, asked.skipped)
    interrupt: SuiteInterrupted | None = None
    with ExitStack() as opened:
        # What cannot be written is found out before the run.
        if asked.out is not None:
            asked.out.mkdir(parents=True, exist_ok=True)
        if asked.junit is not None:
            asked.junit.open("w").close()
        recording = opened.enter_context(Recording(asked.record)) if asked.record else None
        progress = opened.enter_context(CheckProgress(sys.stderr))
        watchers: list[Watcher] = [progress, *([recording] if recording else [])]
        try:
            result = run_suite(sources, watchers, choice)
        except SuiteInterrupted as exc:
            result, interrupt = exc.result, exc
    _tell(asked, result)
    if recording is not None and recording.failure is not None:
        raise recording.failure
    if interrupt is not None:
        raise interrupt
    return 2 if result.not_opened else 0 if result.passed else 1


def _tell(asked: Asked, result: SuiteResult) -> None:
    """Prints and writes what came of it."""
    where = partial(target_of, ca_file=asked.ca_file, verified=not asked.insecure)
    report = make_report(result, datetime.now(UTC), where)
    if asked.as_json:
        print(report_json(report), end="")
    elif result.results:
        print_result(result, Console(), where)
    if asked.junit is not None:
        write(asked.junit, junit(result))
    if asked.out is not None:
        print(f"podium: report in {write_files(asked.out, result, report)}", file=sys.stderr)
    for reason in result.not_opened.values():
        print(f"podium: {reason}", file=sys.stderr)


def _access(asked: Asked) -> Access:
    """How the URLs are reached; raises `BadField`, `BadSample` and `OSError`."""
    return Access(
        asked.prefix,
        parse_fields(field_lines(asked.headers, sys.stdin)),
        tls_settings(asked.ca_file, verified=not asked.insecure),
        IRIS if asked.sample is None else read_sample(asked.sample),
    )


def compare_recordings(asked: Asked) -> int:
    """Tells what two recordings answer differently."""
    assert asked.compare is not None  # noqa: S101 - for the type checker
    old, new = map(read_recording, asked.compare)
    comparison = compare(old, new)
    if asked.as_json:
        print(json.dumps(asdict(comparison), indent=1, ensure_ascii=False))
    else:
        print_comparison(comparison, Console())
    return 1 if comparison.differences or not comparison.compared else 0


def list_cases(asked: Asked) -> int:
    """Lists the cases that would be run."""
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
