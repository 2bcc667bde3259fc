"""What a check came to, as one value that the JSON, HTML and Markdown files all print.

`python -m reports.pages.check_report` prints the schema, `check.schema.json`.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from reports.check.results import OUTCOMES, CaseResult, Outcome, SuiteResult, WireBytes
from reports.pages.repeat.repeat import Repeat, repeat
from reports.pages.repeat.target import RepeatTarget
from reports.pages.wire_text import printable

TargetOf = Callable[[str], RepeatTarget]

CHECK_VERSION = 1
"""Raised when a member changes its meaning or goes; 1: the first."""

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


@dataclass(frozen=True)
class ReportedCase:
    """A case of the catalogue, and how it ended on each backend."""

    number: str
    section: str
    case: str
    title: str
    sentences: tuple[str, ...]
    outcomes: dict[str, Outcome]


@dataclass(frozen=True)
class NotPassed:
    """A case that did not pass on a backend, and why."""

    backend: str
    number: str
    section: str
    case: str
    title: str
    sentences: tuple[str, ...]
    outcome: Outcome
    reason: str
    expected: str
    actual: str
    exchanges: tuple[ReportedExchange, ...]
    duration_s: float


@dataclass(frozen=True)
class CheckReport:
    """All of a check.

    sections : how many cases ended how, by section and backend.
    not_checked : why a backend could not be tested, by its name.
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
    not_checked: dict[str, str]


def make_report(result: SuiteResult, checked_at: datetime, target_of: TargetOf) -> CheckReport:
    """The report of a run; `target_of` says where a backend's requests can be repeated."""
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
            _not_passed(case, target_of) for case in result.results if case.outcome != "passed"
        ),
        not_checked=result.not_opened,
    )


def report_json(report: CheckReport) -> str:
    """`check.json`."""
    document = TypeAdapter(CheckReport).dump_python(report, mode="json")
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def schema_text() -> str:
    """What `check.schema.json` holds: the JSON Schema (2020-12) of `check.json`."""
    described = TypeAdapter(CheckReport).json_schema(mode="serialization")
    schema: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"podium check, version {CHECK_VERSION}",
        **{name: part for name, part in described.items() if name != "title"},
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _cases(result: SuiteResult) -> tuple[ReportedCase, ...]:
    cases: dict[tuple[str, str], ReportedCase] = {}
    for seen in result.results:
        key = (seen.section, seen.case)
        case = cases.setdefault(
            key, ReportedCase(seen.number, seen.section, seen.case, seen.title, seen.sentences, {})
        )
        case.outcomes[seen.backend] = seen.outcome
    return tuple(cases.values())


def message(reason: str) -> str:
    """What a case says of its failure, without the source of an assertion and its values."""
    return f"\n{reason}".partition("\nassert ")[0].strip()


def counted(number: int, thing: str) -> str:
    """So many things: `1 case`, `2 cases`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _not_passed(seen: CaseResult, target_of: TargetOf) -> NotPassed:
    return NotPassed(
        seen.backend,
        seen.number,
        seen.section,
        seen.case,
        seen.title,
        seen.sentences,
        seen.outcome,
        printable(seen.reason),
        printable(seen.expected),
        printable(seen.actual),
        tuple(_exchange(wire, target_of(seen.backend)) for wire in seen.exchanges),
        round(seen.duration_s, 6),
    )


def _exchange(wire: WireBytes, target: RepeatTarget) -> ReportedExchange:
    return ReportedExchange(
        wire.sent[:LONGEST_SHOWN_BYTES].decode("latin-1"),
        len(wire.sent),
        wire.received[:LONGEST_SHOWN_BYTES].decode("latin-1"),
        len(wire.received),
        repeat(wire.sent, target),
    )


if __name__ == "__main__":
    print(schema_text(), end="")
