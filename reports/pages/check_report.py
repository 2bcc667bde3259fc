"""The report of a check: one value that the terminal, JSON and HTML all print.

`podium schema check` prints its JSON Schema, `check.schema.json`.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from importlib.metadata import version
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from reports.check.results import (
    OUTCOMES,
    CaseFacts,
    CaseResult,
    Outcome,
    Reason,
    ReasonKind,
    SuiteResult,
    WireBytes,
)
from reports.pages.json_document import schema_text_of
from reports.pages.repeat.repeat import Repeat, repeat
from reports.pages.repeat.target import RepeatTarget
from reports.pages.wire_text import printable

TargetOf = Callable[[str], RepeatTarget]

CHECK_VERSION = 2
"""Raised when a member changes its meaning or goes. 2: `kind` and `facts` with each reason."""

LONGEST_SHOWN_BYTES = 4 * 1024

Bytes = Annotated[
    str, Field(description="bytes, one character each (Latin-1); of many only the first 4 KiB")
]


@dataclass(frozen=True)
class ReportedExchange:
    """One exchange; the values of header fields given on the command line are hidden."""

    sent: Bytes
    sent_bytes: int
    received: Bytes
    received_bytes: int
    repeat: Repeat


@dataclass(frozen=True, kw_only=True)
class ReportedCase(CaseFacts):
    """A case of the catalogue, and its outcome on each backend."""

    outcomes: dict[str, Outcome]


@dataclass(frozen=True, kw_only=True)
class NotPassed(CaseFacts):
    """A case that did not pass on a backend: the kind of the reason, its facts, and a sentence."""

    backend: str
    outcome: Outcome
    kind: ReasonKind
    facts: dict[str, str | int | float]
    reason: str
    expected: str
    actual: str
    exchanges: tuple[ReportedExchange, ...]
    duration_s: float

    @property
    def message(self) -> str:
        """The reason; of an assertion only its message, without its source and values."""
        return Reason(self.kind, self.reason, self.facts).message


@dataclass(frozen=True)
class NotChecked:
    """A backend that could not be tested: the kind of the reason, its facts, and a sentence."""

    kind: ReasonKind
    facts: dict[str, str | int | float]
    reason: str


@dataclass(frozen=True)
class CheckReport:
    """The whole report of a check.

    sections : the number of cases of each outcome, by section and backend.
    not_checked : the reason for each backend that could not be tested, by its name.
    """

    version: int
    podium: str
    checked_at: str
    passed: bool
    counts: dict[Outcome, int]
    backends: tuple[str, ...]
    sections: dict[str, dict[str, dict[Outcome, int]]]
    cases: tuple[ReportedCase, ...]
    not_passed: tuple[NotPassed, ...]
    not_checked: dict[str, NotChecked]


def make_report(result: SuiteResult, checked_at: datetime, target_of: TargetOf) -> CheckReport:
    """Make the report of a run; `target_of` gives the address to repeat a backend's requests at."""
    return CheckReport(
        version=CHECK_VERSION,
        podium=version("podium"),
        checked_at=checked_at.isoformat(timespec="seconds"),
        passed=result.passed,
        counts={outcome: result.count(outcome) for outcome in OUTCOMES},
        backends=tuple(dict.fromkeys(case.backend for case in result.results)),
        sections={
            section: {backend: dict(counts) for backend, counts in row.items()}
            for section, row in result.matrix().items()
        },
        cases=_cases(result),
        not_passed=tuple(
            _not_passed(
                case,
                case.reason,
                tuple(_exchange(wire, target_of(case.backend)) for wire in case.exchanges),
            )
            for case in result.results
            if case.reason is not None
        ),
        not_checked={
            backend: NotChecked(reason.kind, _printable_facts(reason), printable(reason.sentence))
            for backend, reason in result.not_opened.items()
        },
    )


def report_json(report: CheckReport) -> str:
    """Return `check.json`."""
    document = TypeAdapter(CheckReport).dump_python(report, mode="json")
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def schema_text() -> str:
    """Return the JSON Schema (2020-12) of `check.json`, published as `check.schema.json`."""
    return schema_text_of(CheckReport, f"podium check, version {CHECK_VERSION}")


def _cases(result: SuiteResult) -> tuple[ReportedCase, ...]:
    cases: dict[tuple[str, str], ReportedCase] = {}
    for seen in result.results:
        case = cases.get((seen.section, seen.case))
        if case is None:
            case = ReportedCase(**_case_facts(seen), outcomes={})
            cases[seen.section, seen.case] = case
        case.outcomes[seen.backend] = seen.outcome
    return tuple(cases.values())


def _case_facts(case: CaseFacts) -> dict[str, Any]:
    return {field.name: getattr(case, field.name) for field in fields(CaseFacts)}


def counted(number: int, thing: str) -> str:
    """Return a number with its noun: `1 case`, `2 cases`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _not_passed(
    seen: CaseResult, reason: Reason, exchanges: tuple[ReportedExchange, ...]
) -> NotPassed:
    return NotPassed(
        **_case_facts(seen),
        backend=seen.backend,
        outcome=seen.outcome,
        kind=reason.kind,
        facts=_printable_facts(reason),
        reason=printable(reason.sentence),
        expected=printable(seen.expected),
        actual=printable(seen.actual),
        exchanges=exchanges,
        duration_s=round(seen.duration_s, 6),
    )


def _printable_facts(reason: Reason) -> dict[str, str | int | float]:
    return {
        name: printable(fact) if isinstance(fact, str) else fact
        for name, fact in reason.facts.items()
    }


def _exchange(wire: WireBytes, target: RepeatTarget) -> ReportedExchange:
    return ReportedExchange(
        sent=wire.sent[:LONGEST_SHOWN_BYTES].decode("latin-1"),
        sent_bytes=len(wire.sent),
        received=wire.received[:LONGEST_SHOWN_BYTES].decode("latin-1"),
        received_bytes=len(wire.received),
        repeat=repeat(wire.sent, target),
    )
