"""One run of the suite from a program, and what came of each case."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import pytest

from contract_tests.backends import Backend
from contract_tests.catalogue.choice import ALL_CASES, Choice
from contract_tests.catalogue.numbers import current_numbers, order
from contract_tests.errors import ExchangeError, NothingSelected, NotOpened, SuiteBroken
from contract_tests.exchange import Expected
from contract_tests.results import CaseResult, Outcome, SuiteResult, Wire
from contract_tests.selection import CHOICE, SKIPPED, SOURCES, Source

SUITE = Path(__file__).parent
_RAN = {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED}


class Watcher(Protocol):
    """Is told of a run while it goes on."""

    def begin(self, cases: Counter[str]) -> None:
        """So many cases will be run on each backend, by its name; skipped ones are not."""

    def note(self, result: CaseResult) -> None:
        """One case has ended; its exchanges are there however it ended."""


def run_suite(
    sources: Sequence[Source], watchers: Sequence[Watcher], choice: Choice = ALL_CASES
) -> SuiteResult:
    """Runs the cases of `choice` on these backends, and tells the watchers.

    Raises `NothingSelected` where there is no backend, or no case that can be run on one;
    `UnknownCases` for a choice of what there is not, `SuiteBroken` where pytest itself failed, and
    `KeyboardInterrupt` like everybody else.
    A backend on which all cases are skipped, beside others, keeps the result from being passed.
    """
    if not sources:
        raise NothingSelected
    choice.check(current_numbers().live.values())
    recorder = _Recorder(sources, watchers, choice)
    # Neither the settings nor the plugins of whatever folder this is called in.
    arguments = [
        f"--rootdir={SUITE}",
        f"--confcutdir={SUITE}",
        f"--config-file={os.devnull}",
        "--import-mode=importlib",
        "--capture=no",
        *("-p", "no:terminalreporter", "-p", "no:cacheprovider"),
        *("-p", "no:randomly", "-p", "no:schemathesis"),
        str(SUITE),
    ]
    status = pytest.main(arguments, plugins=[recorder])
    if recorder.interrupted:
        raise KeyboardInterrupt
    if status not in _RAN:
        raise SuiteBroken(int(status))
    results = recorder.ordered_results()
    if not recorder.not_opened and all(result.outcome == "skipped" for result in results):
        raise NothingSelected(tuple(sorted({result.reason for result in results})))
    return SuiteResult(results, recorder.not_opened)


class _Recorder:
    """The plugin that hands the backends in and takes the results."""

    def __init__(
        self, sources: Sequence[Source], watchers: Sequence[Watcher], choice: Choice
    ) -> None:
        self._sources = sources
        self._secrets = {source.name: source.secrets for source in sources}
        self._choice = choice
        self._watchers = watchers
        self._results: list[CaseResult] = []
        self._case = _Case()
        self.not_opened: dict[str, str] = {}
        self.interrupted = False

    def ordered_results(self) -> tuple[CaseResult, ...]:
        """All results, by backend and number."""
        place = {source.name: number for number, source in enumerate(self._sources)}
        return tuple(sorted(self._results, key=lambda r: (place[r.backend], order(r.number))))

    def _without_secrets(self, result: CaseResult) -> CaseResult:
        secrets = self._secrets[result.backend]
        return replace(
            result,
            # pytest words it, and shortens what it shows.
            reason=secrets.hide_parts(result.reason),
            expected=secrets.hide(result.expected),
            actual=secrets.hide(result.actual),
            exchanges=tuple(
                Wire(secrets.hide_bytes(wire.sent), secrets.hide_bytes(wire.received))
                for wire in result.exchanges
            ),
        )

    def pytest_keyboard_interrupt(self) -> None:
        # pytest has tidied up by then, and keeps the interrupt to itself.
        self.interrupted = True

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[SOURCES] = self._sources
        config.stash[CHOICE] = self._choice

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        self._results += [
            _result(item, "skipped", item.stash[SKIPPED]) for item in items if SKIPPED in item.stash
        ]

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        described = (dict(item.user_properties) for item in session.items)
        cases = Counter(str(item["backend"]) for item in described)
        for watcher in self._watchers:
            watcher.begin(cases)

    def pytest_runtest_setup(self) -> None:
        self._case = _Case()

    def pytest_assertrepr_compare(self, op: str, left: object, right: object) -> None:
        """Keeps the two sides of a comparison that failed; the expected one is on the right."""
        if op == "==":
            self._case.expected, self._case.actual = _shown(right), _shown(left)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: "pytest.CallInfo[None]"
    ) -> Iterator[None]:
        report: pytest.TestReport = yield  # type: ignore[assignment]  # pluggy sends the result
        error = call.excinfo.value if call.excinfo is not None else None
        if isinstance(error, NotOpened):
            self.not_opened[error.backend] = str(error)
        else:
            self._case.note(item, report, error)
        if report.when == "teardown" and self._case.outcome is not None:
            result = self._without_secrets(self._case.result(item))
            for watcher in self._watchers:
                watcher.note(result)
            told = result.outcome in {"failed", "error"}
            self._results.append(result if told else replace(result, exchanges=()))
        return report  # type: ignore[return-value]


class _Case:
    """What is known of the case that runs."""

    def __init__(self) -> None:
        self.outcome: Outcome | None = None
        self.reason = ""
        self.exchanges: tuple[Wire, ...] = ()
        self.expected = ""
        self.actual = ""
        self.duration_s = 0.0

    def note(
        self, item: pytest.Item, report: pytest.TestReport, error: BaseException | None
    ) -> None:
        """One of its phases has ended: set-up, the test itself, tidying up."""
        self.duration_s += report.duration
        if self.outcome is not None and report.passed:
            return
        if report.when != "call" and report.passed:
            return
        backend = getattr(item, "funcargs", {}).get("backend")
        record = backend.record if isinstance(backend, Backend) else None
        self.outcome = _outcome(report, error, was_sent=bool(record))
        self.reason = _reason(report)
        if record is not None:
            self.exchanges = record.wires()

    def result(self, item: pytest.Item) -> CaseResult:
        """What came of it."""
        assert self.outcome is not None
        return _result(item, self.outcome, self.reason, self)


def _result(
    item: pytest.Item, outcome: Outcome, reason: str, seen: _Case | None = None
) -> CaseResult:
    described = {name: str(value) for name, value in item.user_properties}
    seen = seen if seen is not None else _Case()
    compared = outcome == "failed"
    return CaseResult(
        backend=described["backend"],
        number=described["number"],
        section=described["section"],
        case=described["case"],
        title=described["title"],
        sentences=tuple(described["holds"].split()),
        outcome=outcome,
        reason=reason,
        exchanges=seen.exchanges,
        expected=seen.expected if compared else "",
        actual=seen.actual if compared else "",
        duration_s=seen.duration_s,
    )


def _outcome(report: pytest.TestReport, error: BaseException | None, *, was_sent: bool) -> Outcome:
    """How a phase ended.

    A connection that cannot be opened is the case's failure only if it had opened one before:
    otherwise the backend was gone already, and the case has nothing to say about it.
    """
    if report.passed:
        return "passed"
    if report.skipped:
        return "allowed" if hasattr(report, "wasxfail") else "skipped"
    decided = (AssertionError, ExchangeError, pytest.fail.Exception)
    if report.when == "call" and (
        error is None or isinstance(error, decided) or (isinstance(error, OSError) and was_sent)
    ):
        return "failed"
    return "error"


def _reason(report: pytest.TestReport) -> str:
    """The lines of pytest's report that say what was wrong."""
    if report.passed:
        return ""
    if report.skipped and hasattr(report, "wasxfail"):
        return str(report.wasxfail).removeprefix("reason: ")
    if report.skipped and isinstance(report.longrepr, tuple):
        return report.longrepr[2].removeprefix("Skipped: ")
    lines = report.longreprtext.splitlines()
    told = [line.removeprefix("E").strip() for line in lines if line.startswith("E  ")]
    return "\n".join(told or lines[-1:])


def _shown(value: object) -> str:
    """One side of a comparison, as text."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return str(value) if isinstance(value, Expected) else repr(value)
