"""The kinds of failures in words, as headings of what is grouped by them."""

from collections.abc import Mapping

from reports.check.results import ReasonKind

# Those of cases that failed or could not decide.
KINDS: Mapping[ReasonKind, str] = {
    "comparison": "another answer than wanted",
    "assertion": "what is wanted does not hold",
    "broken_answer": "an answer that breaks HTTP",
    "closed_early": "connection closed before a whole answer",
    "silent": "no whole answer in time",
    "connection_lost": "no further connection taken",
    "needless_allowance": "allowed to differ, and does not",
    "cut_short": "no whole answer in a shorter time",
    "not_asked": "not asked, for the backend was silent",
    "backend_lost": "backend gone",
    "interrupted": "check interrupted",
    "suite_error": "error in the case itself",
}


def kind_words(kind: ReasonKind) -> str:
    """Return the kind in words."""
    return KINDS.get(kind, kind.replace("_", " "))
