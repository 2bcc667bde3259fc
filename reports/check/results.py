"""The results of a run of the suite: one `CaseResult` for each case and backend."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Outcome = Literal["passed", "failed", "error", "allowed", "skipped"]
"""The outcome of a case.

`passed`   the backend did what the case wants
`failed`   it did not
`error`    the case could not decide: it was not the backend that was wrong, or that is unknown
`allowed`  it did not, and that is allowed, for a reason that is given
`skipped`  the backend cannot be asked, for a reason that is given
"""

ReasonKind = Literal[
    "comparison",
    "assertion",
    "broken_answer",
    "closed_early",
    "silent",
    "connection_lost",
    "needless_allowance",
    "cut_short",
    "not_asked",
    "backend_lost",
    "not_opened",
    "interrupted",
    "suite_error",
    "allowed_difference",
    "skipped_need",
    "skipped_section",
    "skipped_in_test",
]
"""The kinds of reasons why a case did not pass, or a backend was not tested; in brackets the facts.

`comparison`          two values differ: `expected` and `actual` [message, asserted]
`assertion`           another assertion of the case does not hold [message, asserted]
`broken_answer`       an answer breaks HTTP, or has another form than is due [fault, received_bytes]
`closed_early`        the connection was closed before a whole answer [received_bytes]
`silent`              no whole answer came before the deadline [waited_s, received_bytes]
`connection_lost`     no further connection was taken in the case [error]
`needless_allowance`  the backend does what it is allowed not to do
`cut_short`           as `silent`, after a shorter wait [also silent_cases, deadline_s]
`not_asked`           the backend was silent in cases like this one [silent_cases]
`backend_lost`        the backend takes no connection or answers nothing [error; answered_last]
`not_opened`          the backend could not be started or reached [error, connection]
`interrupted`         the check was interrupted before the case ended
`suite_error`         something else went wrong in the case [error]
`allowed_difference`  no application can change it
`skipped_need`        the backend does not offer what the case needs [need]
`skipped_section`     the section was left out of this run [section]
`skipped_in_test`     the test itself skipped the case
"""

ReasonFacts = Mapping[str, str | int | float]


@dataclass(frozen=True)
class Reason:
    """The reason why a case did not pass, or a backend was not tested: kind, sentence, facts."""

    kind: ReasonKind
    sentence: str
    facts: ReasonFacts = field(default_factory=dict)

    @property
    def message(self) -> str:
        """The sentence; of an assertion only its message, without its source and values."""
        return str(self.facts.get("message", "")) if "asserted" in self.facts else self.sentence


HIDDEN = "‹hidden›"
"""Stands for the value of a header field that was given on the command line."""

# More than any case sends that ends by itself; of content without end the beginning is kept.
KEPT_BYTES = 2 * 1024 * 1024

OUTCOMES: tuple[Outcome, ...] = ("passed", "failed", "error", "allowed", "skipped")


@dataclass(frozen=True)
class WireBytes:
    """One exchange, as bytes on the wire; for a backend in process as they would be written."""

    sent: bytes
    received: bytes


@dataclass(frozen=True, kw_only=True)
class CaseFacts:
    """The facts of a case that are the same on every backend.

    number : the case's number in the catalogue, such as `4.2.17`.
    section : the part of the suite it belongs to, such as `json_in`.
    case : its test's name with the case's id, such as `test_text_is_refused[nan]`.
    title : a sentence on what is wanted.
    sentences : ids of the contract's sentences that it holds.
    """

    number: str
    section: str
    case: str
    title: str
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CaseResult(CaseFacts):
    """The result of one case on one backend.

    reason : why it did not pass; None where it passed.
    exchanges : the last ones, oldest first; kept for `failed` and `error` only.
    expected, actual : the two sides of the comparison that failed; empty where there was none.
    """

    backend: str
    outcome: Outcome
    reason: Reason | None = None
    exchanges: tuple[WireBytes, ...] = ()
    expected: str = ""
    actual: str = ""
    duration_s: float = 0.0

    @property
    def sentence(self) -> str:
        """The reason as a sentence; empty where the case passed."""
        return "" if self.reason is None else self.reason.sentence


@dataclass(frozen=True)
class SuiteResult:
    """All results of a run; `not_opened` has the reason for each backend that was not tested."""

    results: tuple[CaseResult, ...]
    not_opened: Mapping[str, Reason]

    @property
    def passed(self) -> bool:
        """Whether none failed or erred, and each backend had cases that were not skipped."""
        asked = {result.backend for result in self.results if result.outcome != "skipped"}
        return (
            bool(asked)
            and asked == {result.backend for result in self.results}
            and not self.count("failed")
            and not self.count("error")
            and not self.not_opened
        )

    def count(self, outcome: Outcome) -> int:
        """Return how many cases had this outcome."""
        return sum(result.outcome == outcome for result in self.results)

    def matrix(self) -> dict[str, dict[str, Counter[Outcome]]]:
        """Count outcomes by section and backend, both in order of appearance."""
        cells: dict[str, dict[str, Counter[Outcome]]] = {}
        for result in self.results:
            row = cells.setdefault(result.section, {})
            row.setdefault(result.backend, Counter())[result.outcome] += 1
        return cells


@dataclass(frozen=True)
class GateResult:
    """The result of the quick check before a service is put under load.

    checks : how many exchanges were checked.
    failures : sentences with the request, the wanted and the actual answer.
    """

    checks: int
    failures: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether every check held."""
        return not self.failures
