"""One run of the suite from a program, with a result for each case."""

import contextlib
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Protocol

import pytest

from contract_tests.backends.errors import NotOpened
from contract_tests.backends.opening import CHOICE, SKIPPED, SOURCES, Source
from contract_tests.catalogue.choice import ALL_CASES, Choice
from contract_tests.catalogue.numbers import current_numbers, order
from contract_tests.http.secrets import Secrets
from contract_tests.run.case_end import CaseEnd, not_ended, skipped
from contract_tests.run.errors import NothingSelected, SuiteBroken, SuiteInterrupted
from contract_tests.run.failure_message import not_opened
from reports.check.results import CaseResult, Reason, SuiteResult

SUITE = Path(__file__).parents[1]
_FOR_OTHERS = (
    *("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD"),
    # Where one of these is set, pytest shows all lines in which two values differ, and for deeply
    # nested JSON it needs many minutes to find them.
    *("CI", "BUILD_NUMBER"),
)
_INTERRUPTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_RAN = {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED}


class Watcher(Protocol):
    """Follows a run while it goes on."""

    def begin(self, cases: Counter[str]) -> None:
        """Begin a run of this many cases on each backend, by its name, without skipped ones."""

    def note(self, result: CaseResult) -> None:
        """Note a case that has ended; its exchanges are there for every outcome."""


def run_suite(
    sources: Sequence[Source], watchers: Sequence[Watcher], choice: Choice = ALL_CASES
) -> SuiteResult:
    """Run the cases of `choice` on these backends, and tell the watchers.

    Raises `NothingSelected` where there is no backend, or no case that can be run on one;
    `UnknownCases` for a choice of what there is not, `SuiteBroken` where pytest itself failed, and
    `KeyboardInterrupt` like everybody else: as `SuiteInterrupted` once a case has ended.
    A backend on which all cases are skipped, beside others, keeps the result from being passed.
    """
    if not sources:
        raise NothingSelected
    choice.check(current_numbers().live.values())
    recorder = _Recorder(sources, watchers, choice)
    # Neither the settings nor the plugins of the folder in which this is called.
    arguments = [
        f"--rootdir={SUITE}",
        f"--confcutdir={SUITE}",
        f"--config-file={os.devnull}",
        "--import-mode=importlib",
        "--capture=no",
        *("-p", "no:terminalreporter", "-p", "no:cacheprovider"),
        # Failures are worded by us: pytest would compile the whole file again for each of them.
        "--tb=native",
        str(SUITE),
    ]
    with _own_settings(), recorder.noting_interrupts():
        status = pytest.main(arguments, plugins=[recorder])
    if recorder.interrupted:
        raise recorder.interrupt()
    if recorder.failure is not None:
        raise recorder.failure
    if status not in _RAN:
        raise SuiteBroken(int(status), recorder.said)
    results = recorder.ordered_results()
    if not recorder.not_opened and all(result.outcome == "skipped" for result in results):
        raise NothingSelected(tuple(sorted({result.sentence for result in results})))
    return SuiteResult(results, recorder.not_opened)


@contextlib.contextmanager
def _own_settings() -> Iterator[None]:
    """Keep pytest's settings in the environment from the suite: they are meant for other tests."""
    kept = {name: os.environ.pop(name) for name in _FOR_OTHERS if name in os.environ}
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    try:
        yield
    finally:
        del os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"]
        os.environ.update(kept)


class _Recorder:
    """The plugin that gives pytest the backends and collects the results."""

    def __init__(
        self, sources: Sequence[Source], watchers: Sequence[Watcher], choice: Choice
    ) -> None:
        self._sources = sources
        self._secrets = {source.name: source.secrets for source in sources}
        self._choice = choice
        self._watchers = watchers
        self._results: list[CaseResult] = []
        self._case = CaseEnd(Secrets())
        self.not_opened: dict[str, Reason] = {}
        self.said: list[str] = []
        self.failure: Exception | None = None
        self.interrupted = False
        self._items: Sequence[pytest.Item] = ()
        self._ended: set[pytest.Item] = set()

    def _tell(self, tell: Callable[[Watcher], None]) -> None:
        """Call each watcher; what one raises is no error of pytest, which would take it for one."""
        try:
            for watcher in self._watchers:
                tell(watcher)
        except Exception as exc:
            self.failure = exc
            raise

    @contextlib.contextmanager
    def noting_interrupts(self) -> Iterator[None]:
        """Note Ctrl-C where it comes: the code that it falls into may make another error of it."""
        kept = {number: signal.getsignal(number) for number in _INTERRUPTS}

        def interrupt(number: int, frame: FrameType | None) -> None:
            self.interrupted = True
            signal.default_int_handler(number, frame)

        ours = [n for n, handler in kept.items() if handler is signal.default_int_handler]
        if threading.current_thread() is not threading.main_thread():
            ours = []
        for number in ours:
            signal.signal(number, interrupt)
        try:
            yield
        finally:
            for number in ours:
                signal.signal(number, kept[number])

    def interrupt(self) -> KeyboardInterrupt:
        """Return the error of an interrupted run; the cases that have not ended are undecided."""
        if not self._ended:
            return KeyboardInterrupt()
        self._results += [not_ended(item) for item in self._items if item not in self._ended]
        return SuiteInterrupted(SuiteResult(self.ordered_results(), self.not_opened))

    def ordered_results(self) -> tuple[CaseResult, ...]:
        """All results, by backend and number."""
        order_of = {source.name: number for number, source in enumerate(self._sources)}
        return tuple(sorted(self._results, key=lambda r: (order_of[r.backend], order(r.number))))

    def pytest_keyboard_interrupt(self, excinfo: "pytest.ExceptionInfo[BaseException]") -> None:
        # pytest has tidied up by then, and keeps the interrupt to itself. With one of its own it
        # ends a run whose cases it could not collect.
        self.interrupted |= not isinstance(excinfo.value, pytest.Session.Interrupted)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.said.append(report.longreprtext)

    def pytest_internalerror(self, excrepr: object) -> bool:
        self.said.append(str(excrepr))
        # pytest then prints nothing of it: it is an interrupt, or raised again.
        return self.interrupted or self.failure is not None

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[SOURCES] = self._sources
        config.stash[CHOICE] = self._choice

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        self._results += [
            skipped(item, item.stash[SKIPPED]) for item in items if SKIPPED in item.stash
        ]

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._items = session.items
        described = (dict(item.user_properties) for item in session.items)
        cases = Counter(str(item["backend"]) for item in described)
        self._tell(lambda watcher: watcher.begin(cases))

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        described = dict(item.user_properties)
        self._case = CaseEnd(self._secrets[str(described["backend"])])

    def pytest_assertrepr_compare(self, op: str, left: object, right: object) -> None:
        """Keep the two sides of a comparison that failed; the expected one is on the right."""
        if op == "==":
            self._case.note_comparison(right, left)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: "pytest.CallInfo[None]"
    ) -> Iterator[None]:
        report: pytest.TestReport = yield  # type: ignore[assignment]  # pluggy sends the result
        error = call.excinfo.value if call.excinfo is not None else None
        if isinstance(error, NotOpened):
            self.not_opened[error.backend] = not_opened(error, self._secrets[error.backend])
        else:
            self._case.note(item, report, error)
        result = self._case.result(item) if report.when == "teardown" else None
        if result is not None:
            self._tell(lambda watcher: watcher.note(result))
            self._ended.add(item)
            is_wrong = result.outcome in {"failed", "error"}
            self._results.append(result if is_wrong else replace(result, exchanges=()))
        return report  # type: ignore[return-value]
