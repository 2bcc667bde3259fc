"""The end of one case: the phases that pytest reports, put into a `CaseResult`."""

from dataclasses import dataclass

import pytest

from contract_tests.backends.base import Backend
from contract_tests.http.errors import CutShort, ExchangeError
from contract_tests.http.messages import Expected
from contract_tests.http.secrets import Secrets
from contract_tests.run.failure_message import INTERRUPTED, reason_of, shortened
from reports.check.results import CaseResult, Outcome, Reason, WireBytes

_LONGEST_SIDE = 4096
_DECIDED = (AssertionError, ExchangeError, pytest.fail.Exception)


@dataclass(frozen=True)
class _Ending:
    """The end of a phase; `reason` is None where it passed."""

    outcome: Outcome
    reason: Reason | None


class CaseEnd:
    """Collects the phases of the case that runs; nothing of it has secrets in it."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self._ending: _Ending | None = None
        self._exchanges: tuple[WireBytes, ...] = ()
        self._sides = ("", "")
        self._duration_s = 0.0

    def note_comparison(self, expected: object, actual: object) -> None:
        """Keep two values that were not equal."""
        self._sides = (self._shown(expected), self._shown(actual))

    def note(
        self, item: pytest.Item, report: pytest.TestReport, error: BaseException | None
    ) -> None:
        """Keep how a phase ended: set-up, the test itself, or tear-down."""
        self._duration_s += report.duration
        if self._ending is not None and report.passed:
            return
        if report.when != "call" and report.passed:
            return
        backend = getattr(item, "funcargs", {}).get("backend")
        record = backend.record if isinstance(backend, Backend) else None
        was_sent = report.when == "call" and bool(record)
        outcome = _outcome(report, error, was_sent=was_sent)
        self._ending = _Ending(outcome, self._reason(report, error, was_sent=was_sent))
        if isinstance(error, ExchangeError):
            self._sides = (error.wanted, self._shown(error.received)[:_LONGEST_SIDE] or "nothing")
        if record is not None:
            hide = self._secrets.hide_bytes
            self._exchanges = tuple(
                WireBytes(hide(wire.sent), hide(wire.received)) for wire in record.wires()
            )

    def result(self, item: pytest.Item) -> CaseResult | None:
        """Return the result; None where no phase has decided one."""
        if self._ending is None:
            return None
        expected, actual = self._sides if self._ending.outcome == "failed" else ("", "")
        return _case_result(
            item,
            self._ending.outcome,
            self._ending.reason,
            exchanges=self._exchanges,
            expected=expected,
            actual=actual,
            duration_s=self._duration_s,
        )

    def _reason(
        self, report: pytest.TestReport, error: BaseException | None, *, was_sent: bool
    ) -> Reason | None:
        if report.passed:
            return None
        if report.skipped and hasattr(report, "wasxfail"):
            sentence = str(report.wasxfail).removeprefix("reason: ")
            return Reason("allowed_difference", sentence)
        if report.skipped and isinstance(report.longrepr, tuple):
            return Reason("skipped_in_test", report.longrepr[2].removeprefix("Skipped: "))
        if error is None:
            # pytest fails a case that passes though it is expected to fail.
            return Reason("needless_allowance", shortened(report.longreprtext, self._secrets))
        return reason_of(error, self._secrets, was_sent=was_sent, compared=any(self._sides))

    def _shown(self, value: object) -> str:
        """Return one side of a comparison as text."""
        if isinstance(value, bytes):
            text = value.decode("utf-8", "backslashreplace")
        else:
            text = str(value) if isinstance(value, Expected) else repr(value)
        return self._secrets.hide(text)


def skipped(item: pytest.Item, reason: Reason) -> CaseResult:
    """Return the result of a case that is not run."""
    return _case_result(item, "skipped", reason)


def not_ended(item: pytest.Item) -> CaseResult:
    """Return the result of a case whose run was interrupted before its end."""
    return _case_result(item, "error", INTERRUPTED)


def _case_result(
    item: pytest.Item,
    outcome: Outcome,
    reason: Reason | None,
    *,
    exchanges: tuple[WireBytes, ...] = (),
    expected: str = "",
    actual: str = "",
    duration_s: float = 0.0,
) -> CaseResult:
    described = {name: str(value) for name, value in item.user_properties}
    return CaseResult(
        backend=described["backend"],
        number=described["number"],
        section=described["section"],
        case=described["case"],
        title=described["title"],
        sentences=tuple(described["holds"].split()),
        outcome=outcome,
        reason=reason,
        exchanges=exchanges,
        expected=expected,
        actual=actual,
        duration_s=duration_s,
    )


def _outcome(report: pytest.TestReport, error: BaseException | None, *, was_sent: bool) -> Outcome:
    """Return how a phase ended.

    A connection that cannot be opened is the case's failure only if it had opened one before:
    otherwise the backend was gone already, and the case has nothing to say about it. Nor has it
    where the backend was not waited for.
    """
    if report.passed:
        return "passed"
    if report.skipped:
        return "allowed" if hasattr(report, "wasxfail") else "skipped"
    if report.when != "call" or isinstance(error, CutShort):
        return "error"
    if error is None or isinstance(error, _DECIDED) or (isinstance(error, OSError) and was_sent):
        return "failed"
    return "error"
