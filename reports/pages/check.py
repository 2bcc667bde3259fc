"""The files of a check: HTML for people, JSON and JUnit for programs, a badge."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports.check.results import OUTCOMES, Outcome, ReasonKind, SuiteResult
from reports.pages.badge import badge
from reports.pages.check_report import (
    CheckReport,
    NotPassed,
    ReportedCase,
    counted,
    report_json,
)
from reports.pages.difference import side_by_side
from reports.pages.environment import page_environment
from reports.pages.failure_kinds import kind_words
from reports.pages.junit import junit
from reports.pages.wire_text import readable

MARKS: dict[Outcome, str] = {
    "passed": "✓",
    "failed": "✗",
    "error": "!",
    "allowed": "≈",
    "skipped": "–",
}
MEANINGS: dict[Outcome, str] = {
    "passed": "the backend did what the case wants",
    "failed": "it did not",
    "error": "the case could not decide",
    "allowed": "it did not, and that is allowed, for the reason given",
    "skipped": "the backend cannot be asked, for the reason given",
}
_MOST_EXCHANGES = 4


@dataclass(frozen=True)
class FailedCase:
    """A case that failed, with its result on each backend where it failed."""

    case: ReportedCase
    seen: tuple[NotPassed, ...]


@dataclass(frozen=True)
class FailureKind:
    """The cases of a section that failed in one way; of each way the page's first is `opened`."""

    title: str
    opened: bool
    cases: tuple[FailedCase, ...]


@dataclass(frozen=True)
class FailedSection:
    """A section with cases that failed, grouped by how they did."""

    name: str
    cases: int
    kinds: tuple[FailureKind, ...]


@dataclass(frozen=True)
class ReasonGroup:
    """A reason why cases differ or are skipped; `backends` counts them on each backend."""

    reason: str
    cases: tuple[str, ...]
    backends: dict[str, int]


def write_files(directory: Path, result: SuiteResult, report: CheckReport) -> Path:
    """Write all of them into `directory` and return the page; raises `OSError`."""
    files = {
        "check.html": html(report),
        "check.json": report_json(report),
        "junit.xml": junit(result),
        "badge.svg": badge(result),
    }
    for name, text in files.items():
        write(directory / name, text)
    return directory / "check.html"


def write(path: Path, text: str) -> None:
    """Write a file; raise an `OSError` that names it, as that of a full disk does not."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as exc:
        exc.filename = str(path)
        raise


def html(report: CheckReport) -> str:
    """Return `check.html`, which needs nothing from outside."""
    environment = page_environment("reports.pages", escaping=True)
    failed = failed_sections(report)
    return environment.get_template("check.html.j2").render(
        report=report,
        verdict=verdict(report),
        failed=failed,
        linked={section.name for section in failed},
        counted=counted,
        unsent=reasons(report, _is_unsent),
        allowed=reasons(report, lambda seen: seen.outcome == "allowed"),
        skipped=reasons(report, lambda seen: seen.outcome == "skipped"),
        outcomes=OUTCOMES,
        marks=MARKS,
        meanings=MEANINGS,
        matrix_cell=cell,
        side_by_side=side_by_side,
        readable=readable,
        last=_last,
    )


def verdict(report: CheckReport) -> str:
    """Return the verdict in a sentence."""
    wrong = report.counts["failed"] + report.counts["error"]
    backends = counted(len(report.backends), "backend")
    if report.passed:
        return f"{counted(len(report.cases), 'case')} on {backends}: the contract is kept"
    if report.not_checked and not wrong:
        return f"{counted(len(report.not_checked), 'backend')} could not be checked"
    cases = {(seen.section, seen.case) for seen in report.not_passed if _is_wrong(seen)}
    how = "failed or could not decide" if report.counts["error"] else "failed"
    return f"{counted(len(cases), 'case')} of {len(report.cases)} {how} on {backends}"


def failures(report: CheckReport) -> list[FailedCase]:
    """Cases that failed, or sent something and could not decide, in the catalogue's order."""
    grouped: dict[tuple[str, str], list[NotPassed]] = defaultdict(list)
    for seen in report.not_passed:
        if _is_wrong(seen) and not _is_unsent(seen):
            grouped[seen.section, seen.case].append(seen)
    cases = {(case.section, case.case): case for case in report.cases}
    return [FailedCase(cases[key], tuple(grouped[key])) for key in cases if key in grouped]


def failed_sections(report: CheckReport) -> list[FailedSection]:
    """Group the same by section, and within one by the kind of the first backend's reason."""
    sections: dict[str, dict[ReasonKind, list[FailedCase]]] = defaultdict(lambda: defaultdict(list))
    for one in failures(report):
        sections[one.case.section][one.seen[0].kind].append(one)
    shown: set[ReasonKind] = set()
    found = []
    for name, by_kind in sections.items():
        kinds = tuple(
            FailureKind(kind_words(kind), kind not in shown, tuple(cases))
            for kind, cases in by_kind.items()
        )
        shown |= by_kind.keys()
        found.append(FailedSection(name, sum(len(kind.cases) for kind in kinds), kinds))
    return found


def reasons(report: CheckReport, ended_so: Callable[[NotPassed], bool]) -> list[ReasonGroup]:
    """Group the cases that `ended_so` selects by reason, the most frequent reason first."""
    grouped: dict[str, list[NotPassed]] = defaultdict(list)
    for seen in filter(ended_so, report.not_passed):
        grouped[seen.reason].append(seen)
    found = [
        ReasonGroup(
            reason,
            tuple(dict.fromkeys(_name(seen) for seen in those)),
            dict(Counter(seen.backend for seen in those)),
        )
        for reason, those in grouped.items()
    ]
    return sorted(found, key=lambda reason: -sum(reason.backends.values()))


def cell(counts: dict[Outcome, int]) -> str:
    """A cell of the matrix: how many passed, then how many did not, each with its mark."""
    marked = [f"{MARKS[kind]} {counts[kind]}" for kind in OUTCOMES[1:] if counts.get(kind)]
    return " ".join([str(counts.get("passed", 0)), *marked])


def _last(exchanges: Sequence[Any]) -> Sequence[Any]:
    """Return the exchanges that are shown: the failure is mostly in the last."""
    return exchanges[-_MOST_EXCHANGES:]


def _is_wrong(seen: NotPassed) -> bool:
    return seen.outcome in {"failed", "error"}


def _is_unsent(seen: NotPassed) -> bool:
    return seen.outcome == "error" and not seen.exchanges


def _name(seen: NotPassed) -> str:
    return f"{seen.number} {seen.case}".strip()
