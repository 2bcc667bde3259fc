"""One run of the suite from a program, and what came of each case."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import pytest

from contract_tests.errors import NothingSelected, NotOpened, SuiteBroken
from contract_tests.selection import SOURCES, Source

Outcome = Literal["passed", "failed", "allowed"]

SUITE = Path(__file__).parent
_RAN = {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED}


@dataclass(frozen=True)
class CaseResult:
    """What came of one case on one backend.

    section : the part of the suite it belongs to, such as `json_in`.
    reason : for a failure what was wrong, for an allowed difference why it is allowed.
    exchange : what was sent and received last.
    """

    backend: str
    section: str
    case: str
    sentences: tuple[str, ...]
    outcome: Outcome
    reason: str = ""
    exchange: str = ""


@dataclass(frozen=True)
class SuiteResult:
    """All results of a run; `not_opened` says why a backend could not be tested, by its name."""

    results: tuple[CaseResult, ...]
    not_opened: dict[str, str]

    @property
    def passed(self) -> bool:
        """Whether there were cases, and none of them failed."""
        return bool(self.results) and not self.count("failed") and not self.not_opened

    def count(self, outcome: Outcome) -> int:
        """How many cases ended so."""
        return sum(result.outcome == outcome for result in self.results)

    def matrix(self) -> dict[str, dict[str, Counter[Outcome]]]:
        """How many cases ended how, by section and backend, both in order of appearance."""
        cells: dict[str, dict[str, Counter[Outcome]]] = {}
        for result in self.results:
            row = cells.setdefault(result.section, {})
            row.setdefault(result.backend, Counter())[result.outcome] += 1
        return cells


class Watcher(Protocol):
    """Is told of a run while it goes on."""

    def begin(self, cases: Counter[str]) -> None:
        """So many cases will be run on each backend, by its name."""

    def note(self, result: CaseResult) -> None:
        """One case has ended."""


def run_suite(sources: Sequence[Source], watcher: Watcher, junit: Path | None) -> SuiteResult:
    """Runs the suite on these backends, and writes a JUnit file if one is asked for.

    Raises `NothingSelected` for no backends, `OSError` where the JUnit file cannot be written,
    `SuiteBroken` where pytest itself failed, and `KeyboardInterrupt` like everybody else.
    """
    if not sources:
        raise NothingSelected
    if junit is not None:
        # pytest would find out only after the run.
        junit.open("ab").close()
    recorder = _Recorder(sources, watcher)
    # Neither the settings nor the plugins of whatever folder this is called in.
    arguments = [
        f"--rootdir={SUITE}",
        f"--confcutdir={SUITE}",
        f"--config-file={os.devnull}",
        "--import-mode=importlib",
        "--capture=no",
        *("-p", "no:terminalreporter", "-p", "no:cacheprovider", "-p", "no:randomly"),
        *(() if junit is None else (f"--junit-xml={junit}",)),
        str(SUITE),
    ]
    status = pytest.main(arguments, plugins=[recorder])
    if recorder.interrupted:
        raise KeyboardInterrupt
    if status not in _RAN:
        raise SuiteBroken(int(status))
    return SuiteResult(tuple(recorder.results), recorder.not_opened)


class _Recorder:
    """The plugin that hands the backends in and takes the results."""

    def __init__(self, sources: Sequence[Source], watcher: Watcher) -> None:
        self._sources = sources
        self._watcher = watcher
        self.results: list[CaseResult] = []
        self.not_opened: dict[str, str] = {}
        self.interrupted = False

    def pytest_keyboard_interrupt(self) -> None:
        # pytest has tidied up by then, and keeps the interrupt to itself.
        self.interrupted = True

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[SOURCES] = self._sources

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        described = (dict(item.user_properties) for item in session.items)
        self._watcher.begin(Counter(str(item["backend"]) for item in described))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, call: "pytest.CallInfo[None]") -> Iterator[None]:
        report: pytest.TestReport = yield  # type: ignore[assignment]  # pluggy sends the result
        if call.excinfo is not None and isinstance(call.excinfo.value, NotOpened):
            self.not_opened[call.excinfo.value.backend] = str(call.excinfo.value)
        return report  # type: ignore[return-value]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "call" and not report.failed:
            return
        described = dict(report.user_properties)
        result = CaseResult(
            backend=str(described["backend"]),
            section=str(described["section"]),
            case=str(described["case"]),
            sentences=tuple(str(described["holds"]).split()),
            outcome=_outcome(report),
            reason=_reason(report),
            exchange="".join(text for title, text in report.sections if title == "Exchange"),
        )
        if result.backend not in self.not_opened:
            self.results.append(result)
            self._watcher.note(result)


def _outcome(report: pytest.TestReport) -> Outcome:
    if report.passed:
        return "passed"
    return "allowed" if report.skipped and hasattr(report, "wasxfail") else "failed"


def _reason(report: pytest.TestReport) -> str:
    """The lines of pytest's report that say what was wrong."""
    if report.skipped:
        return str(getattr(report, "wasxfail", "")).removeprefix("reason: ")
    lines = report.longreprtext.splitlines()
    told = [line.removeprefix("E").strip() for line in lines if line.startswith("E  ")]
    return "\n".join(told or lines[-1:])
