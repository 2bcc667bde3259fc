"""Allowed differences, which no application can change, each with the reason.

A case that is listed here for a backend must fail on it: one that no longer does is reported, so
that the list stays true.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Allowance:
    """A case that may fail on backends with `traits`.

    case : one case (its test's name, with the case's id), or all cases of a test (its name).
    """

    case: str
    traits: Mapping[str, str]
    reason: str


_GRANIAN_WSGI = {"server": "granian", "interface": "wsgi"}
_CUT_CHUNKS = "test_chunks_that_break_off_are_not_acted_on"

ALLOWANCES = (
    *(
        Allowance(
            f"{_CUT_CHUNKS}[{place}]",
            _GRANIAN_WSGI,
            "granian ends wsgi.input where chunks break off, so the application cannot see it",
        )
        for place in ("before-the-last-chunk", "inside-the-last-chunk", "inside-a-chunk")
    ),
    *(
        Allowance(
            f"test_others_are_served[{habit}]",
            _GRANIAN_WSGI,
            "granian calls a WSGI application in 8 threads, and content that has not come holds "
            "one: 8 such requests stop the service until they end; put a proxy that buffers "
            "requests in front",
        )
        for habit in ("content", "chunks", "left")
    ),
    Allowance(
        "test_an_invented_method_is_not_allowed",
        {"server": "uvicorn"},
        "httptools, uvicorn's parser, refuses methods that it does not know with a 400 of its own",
    ),
)


def allowance(case: str, traits: Mapping[str, str]) -> Allowance | None:
    """Return the allowance for `case` on a backend with `traits`; None where there is none."""
    for allowed in ALLOWANCES:
        is_about = allowed.case in {case, case.partition("[")[0]}
        if is_about and allowed.traits.items() <= traits.items():
            return allowed
    return None
