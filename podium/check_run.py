"""The actions of `podium check`; each returns the exit code."""

import json
import sys
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from contract_tests.backends import selection
from contract_tests.catalogue.case import document, lines
from contract_tests.catalogue.choice import Choice
from contract_tests.catalogue.collection import cases
from contract_tests.http.access import Access, field_lines, parse_fields, tls_settings
from contract_tests.http.sample import IRIS
from contract_tests.run.comparison import compare
from contract_tests.run.errors import NothingSelected, SuiteInterrupted
from contract_tests.run.suite_run import Watcher, run_suite
from podium.commands.options import require_writable, said_if_slow
from reports.check.recording import Recording, read_recording
from reports.check.results import SuiteResult
from reports.console import Console
from reports.pages.check import write, write_files
from reports.pages.check_report import make_report, report_json
from reports.pages.check_terminal import CheckProgress, print_comparison, print_result
from reports.pages.junit import junit
from reports.pages.repeat.target import target_of
from shared.model.model import pinned, sample_of
from shared.model.version import EngineChoice
from shared.sample import read_sample
from shared.settings import Settings


@dataclass(frozen=True)
class CheckOptions:
    """The options of `podium check`."""

    stacks: tuple[str, ...]
    entries: tuple[Path, ...]
    urls: tuple[str, ...]
    prefix: str
    headers: tuple[str, ...]
    sample: Path | None
    model: str | None
    engine: EngineChoice
    ca_file: Path | None
    insecure: bool
    timeout_s: float
    sections: tuple[str, ...]
    skipped: tuple[str, ...]
    cases: tuple[str, ...]
    out: Path | None
    junit: Path | None
    as_json: bool
    record: Path | None

    @property
    def choice(self) -> Choice:
        """The cases that are to be run."""
        return Choice(self.sections, self.cases, self.skipped)

    @property
    def access(self) -> Access:
        """The access to each URL; raises `BadField`, `BadSample` and `OSError`."""
        return Access(
            self.prefix,
            parse_fields(field_lines(self.headers, sys.stdin)),
            tls_settings(self.ca_file, verified=not self.insecure),
            IRIS if self.sample is None else read_sample(self.sample),
        )


def check(options: CheckOptions) -> int:
    """Run the suite; print and write the results, also where it is interrupted."""
    chosen = options.stacks or (() if options.urls else (selection.ALL,))
    settings = Settings(model=pinned(options.model), engine=options.engine)
    sample = IRIS if settings.model is None else sample_of(settings.model)
    sources = selection.stacks(chosen, options.entries, settings, sample)
    sources += selection.urls(options.urls, options.access, options.timeout_s)
    interrupt: SuiteInterrupted | None = None
    with ExitStack() as opened:
        # A file that cannot be written is noticed before the run.
        if options.out is not None:
            options.out.mkdir(parents=True, exist_ok=True)
        for file in filter(None, (options.junit, options.record)):
            require_writable(file)
        recording = opened.enter_context(Recording(options.record)) if options.record else None
        progress = opened.enter_context(CheckProgress(sys.stderr))
        watchers: list[Watcher] = [progress, *([recording] if recording else [])]
        opened.enter_context(said_if_slow("collecting the cases, and running them"))
        try:
            result = run_suite(sources, watchers, options.choice)
        except SuiteInterrupted as exc:
            result, interrupt = exc.result, exc
    _print_and_write(options, result)
    if recording is not None and recording.failure is not None:
        raise recording.failure
    if interrupt is not None:
        raise interrupt
    return 2 if result.not_opened else 0 if result.passed else 1


def _print_and_write(options: CheckOptions, result: SuiteResult) -> None:
    address_of = partial(
        target_of,
        ca_file=options.ca_file,
        verified=not options.insecure,
        entries=options.entries,
    )
    report = make_report(result, datetime.now(UTC), address_of)
    if options.as_json:
        print(report_json(report), end="")
    elif result.results:
        print_result(result, Console(), address_of)
    if options.junit is not None:
        write(options.junit, junit(result))
    if options.out is not None:
        print(f"podium: report in {write_files(options.out, result, report)}", file=sys.stderr)
    for reason in result.not_opened.values():
        print(f"podium: {reason.sentence}", file=sys.stderr)


def compare_recordings(old: Path, new: Path, *, as_json: bool) -> int:
    """Print what two recordings answer differently; return the exit code."""
    comparison = compare(read_recording(old), read_recording(new))
    if as_json:
        print(json.dumps(asdict(comparison), indent=1, ensure_ascii=False))
    else:
        print_comparison(comparison, Console())
    return 1 if comparison.differences or not comparison.compared else 0


def list_cases(choice: Choice, *, as_json: bool) -> int:
    """Print the cases of this choice; return the exit code."""
    every = cases()
    choice.check(case.number for case in every)
    chosen = [
        case
        for case in every
        if choice.takes(case.section, case.number) and not choice.leaves_out(case.section)
    ]
    if not chosen:
        raise NothingSelected
    if as_json:
        print(json.dumps(document(chosen), indent=1, ensure_ascii=False))
    else:
        for line in lines(chosen):
            print(line)
    return 0
