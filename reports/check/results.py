"""What comes of a run of the suite: one `CaseResult` for each case and backend."""

from collections import Counter
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["passed", "failed", "error", "allowed", "skipped"]
"""How a case ended.

`passed`   the backend did what the case wants
`failed`   it did not
`error`    the case could not decide: it was not the backend that was wrong, or nobody can tell
`allowed`  it did not, and that is allowed, for a reason that is given
`skipped`  the backend cannot be asked, for a reason that is given
"""

HIDDEN = "‹hidden›"
"""What stands for the value of a header field that was given on the command line."""

# More than any case sends that ends by itself; of content without end the beginning is kept.
KEPT_BYTES = 2 * 1024 * 1024

OUTCOMES: tuple[Outcome, ...] = ("passed", "failed", "error", "allowed", "skipped")


@dataclass(frozen=True)
class WireBytes:
    """One exchange, as bytes on the wire; for a backend in process as they would be written."""

    sent: bytes
    received: bytes


@dataclass(frozen=True)
class CaseResult:
    """What came of one case on one backend.

    number : the case's number in the catalogue, such as `4.2.17`.
    section : the part of the suite it belongs to, such as `json_in`.
    case : its test's name with the case's id, such as `test_text_is_refused[nan]`.
    title : what it wants, in a sentence.
    sentences : ids of the contract's sentences that it holds.
    reason : what was wrong, or why it is allowed, or why it was skipped.
    exchanges : the last ones, oldest first; kept for `failed` and `error` only.
    expected, actual : the two sides of the comparison that failed; empty where there was none.
    """

    backend: str
    number: str
    section: str
    case: str
    title: str
    sentences: tuple[str, ...]
    outcome: Outcome
    reason: str = ""
    exchanges: tuple[WireBytes, ...] = ()
    expected: str = ""
    actual: str = ""
    duration_s: float = 0.0


@dataclass(frozen=True)
class SuiteResult:
    """All results of a run; `not_opened` says why a backend could not be tested, by its name."""

    results: tuple[CaseResult, ...]
    not_opened: dict[str, str]

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
        """How many cases ended so."""
        return sum(result.outcome == outcome for result in self.results)

    def matrix(self) -> dict[str, dict[str, Counter[Outcome]]]:
        """How many cases ended how, by section and backend, both in order of appearance."""
        cells: dict[str, dict[str, Counter[Outcome]]] = {}
        for result in self.results:
            row = cells.setdefault(result.section, {})
            row.setdefault(result.backend, Counter())[result.outcome] += 1
        return cells
