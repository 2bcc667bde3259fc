"""How one case ended: what pytest reports of its phases, put into a `CaseResult`."""

from dataclasses import replace

import pytest

from contract_tests.backends.base import Backend
from contract_tests.http.errors import CutShort, ExchangeError
from contract_tests.http.messages import Expected
from contract_tests.http.secrets import Secrets
from contract_tests.run.failure_message import shortened, why
from reports.check.results import CaseResult, Outcome, WireBytes

_LONGEST_SIDE = 4096
_DECIDED = (AssertionError, ExchangeError, pytest.fail.Exception)


class CaseEnd:
    """What is known of the case that runs; nothing of it has secrets in it."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self.outcome: Outcome | None = None
        self._reason = ""
        self._exchanges: tuple[WireBytes, ...] = ()
        self._sides = ("", "")
        self._duration_s = 0.0

    def note_comparison(self, expected: object, actual: object) -> None:
        """Two values were not equal."""
        self._sides = (self._shown(expected), self._shown(actual))

    def note(
        self, item: pytest.Item, report: pytest.TestReport, error: BaseException | None
    ) -> None:
        """One of its phases has ended: set-up, the test itself, tidying up."""
        self._duration_s += report.duration
        if self.outcome is not None and report.passed:
            return
        if report.when != "call" and report.passed:
            return
        backend = getattr(item, "funcargs", {}).get("backend")
        record = backend.record if isinstance(backend, Backend) else None
        self.outcome = _outcome(report, error, was_sent=bool(record))
        self._reason = self._why(report, error)
        if isinstance(error, ExchangeError):
            self._sides = (error.wanted, self._shown(error.received)[:_LONGEST_SIDE] or "nothing")
        if record is not None:
            self._exchanges = tuple(
                WireBytes(
                    self._secrets.hide_bytes(wire.sent), self._secrets.hide_bytes(wire.received)
                )
                for wire in record.wires()
            )

    def result(self, item: pytest.Item) -> CaseResult:
        """What came of it."""
        assert self.outcome is not None
        expected, actual = self._sides if self.outcome == "failed" else ("", "")
        return replace(
            _result(item, self.outcome, self._reason),
            exchanges=self._exchanges,
            expected=expected,
            actual=actual,
            duration_s=self._duration_s,
        )

    def _why(self, report: pytest.TestReport, error: BaseException | None) -> str:
        if report.passed:
            return ""
        if report.skipped and hasattr(report, "wasxfail"):
            return str(report.wasxfail).removeprefix("reason: ")
        if report.skipped and isinstance(report.longrepr, tuple):
            return report.longrepr[2].removeprefix("Skipped: ")
        if error is None:
            return shortened(report.longreprtext, self._secrets)
        return why(error, self._secrets)

    def _shown(self, value: object) -> str:
        """One side of a comparison, as text."""
        if isinstance(value, bytes):
            text = value.decode("utf-8", "backslashreplace")
        else:
            text = str(value) if isinstance(value, Expected) else repr(value)
        return self._secrets.hide(text)


def skipped(item: pytest.Item, reason: str) -> CaseResult:
    """A case that is not run."""
    return _result(item, "skipped", reason)


def not_ended(item: pytest.Item) -> CaseResult:
    """A case whose run was interrupted before it came to an end."""
    return _result(item, "error", "not asked to the end: the check was interrupted")


def _result(item: pytest.Item, outcome: Outcome, reason: str) -> CaseResult:
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
    )


def _outcome(report: pytest.TestReport, error: BaseException | None, *, was_sent: bool) -> Outcome:
    """How a phase ended.

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
