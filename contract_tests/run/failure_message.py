"""The reasons why a case did not pass: kind, facts and sentence, without secrets.

pytest would shorten the values of a failed assertion before anything could be hidden in them. So
they are worded here: hidden first, then shortened.
"""

import ast
import dataclasses
import linecache
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import FrameType

import pytest

from contract_tests.backends.base import Need
from contract_tests.backends.errors import ConnectionFailed, NotOpened, Unreachable
from contract_tests.errors import ContractTestsError
from contract_tests.http.errors import (
    BrokenAnswer,
    ClosedEarly,
    CutShort,
    ExchangeError,
    NoLongerAnswers,
    NotAsked,
    Silent,
)
from contract_tests.http.secrets import Secrets
from reports.check.results import Reason, ReasonFacts, ReasonKind

_LONGEST = 300

# The first that fits: a subclass stands before its base.
_KINDS: tuple[tuple[type[BaseException], ReasonKind], ...] = (
    (CutShort, "cut_short"),
    (Silent, "silent"),
    (ClosedEarly, "closed_early"),
    (BrokenAnswer, "broken_answer"),
    (NotAsked, "not_asked"),
    (NoLongerAnswers, "backend_lost"),
    (AssertionError, "assertion"),
    (pytest.fail.Exception, "assertion"),
)

_MISSING: Mapping[Need, str] = {
    "socket": "needs a socket, to send bytes as they are",
    "fresh": "needs to be the first to ask",
    "in_process": "needs to run inside the suite's own process",
    "launched": "needs processes that the suite may start and signal",
    "workers": "needs worker processes that the suite may start and kill",
    "guarded": "needs to be started once more, with one worker and its guard on",
    "planted": "needs a defect planted into a process that the suite starts",
    "iris": "needs the suite's own model, and a sample of another is given",
    "classes": "needs a model that predicts classes",
    "four_features": "needs a model whose rows are four numbers or more, none of them missing",
    "keyless": "needs to be asked without a key, and an Authorization field is given",
}

INTERRUPTED = Reason("interrupted", "not asked to the end: the check was interrupted")


@dataclass(frozen=True)
class FailedAssertion:
    """An assertion that does not hold; `values` are the local names in it, as text."""

    message: str
    asserted: str
    values: Mapping[str, str]


def skipped_need(need: Need) -> Reason:
    """Return the reason of a case whose backend does not offer this."""
    return Reason("skipped_need", _MISSING[need], {"need": need})


def skipped_section(section: str) -> Reason:
    """Return the reason of a case whose section the run leaves out."""
    return Reason("skipped_section", "left out of this run", {"section": section})


def not_opened(error: NotOpened, secrets: Secrets) -> Reason:
    """Return the reason why a backend was not tested.

    Its fact `connection` is the kind of a `ConnectionFailed`, where there was one.
    """
    facts = {"error": secrets.hide(str(error.reason))}
    if isinstance(error.reason, Unreachable) and isinstance(error.reason.error, ConnectionFailed):
        facts["connection"] = error.reason.error.kind
    return Reason("not_opened", secrets.hide(str(error)), facts)


def reason_of(error: BaseException, secrets: Secrets, *, was_sent: bool, compared: bool) -> Reason:
    """Return the reason of a case that ended with this error.

    was_sent : whether the case had sent anything. compared : whether two values were not equal.
    """
    kind = next((kind for known, kind in _KINDS if isinstance(error, known)), None)
    if kind is None and isinstance(error, OSError):
        kind = "connection_lost" if was_sent else "backend_lost"
    if isinstance(error, AssertionError):
        failed = _failed_assertion(error)
        facts = {"message": failed.message, "asserted": failed.asserted}
        return Reason(
            "comparison" if compared else "assertion",
            shortened(_assertion_text(failed), secrets),
            {name: shortened(fact, secrets) for name, fact in facts.items() if fact},
        )
    sentence = describe_error(error, secrets)
    return Reason(kind or "suite_error", sentence, _facts(error, secrets) or {"error": sentence})


def describe_error(error: BaseException, secrets: Secrets) -> str:
    """Return the message of an error; another error than ours is preceded by its type."""
    if isinstance(error, ExchangeError):
        error.received = secrets.hide_bytes(error.received)
    text = str(error)
    if not isinstance(error, ContractTestsError):
        text = f"{type(error).__name__}: {text}"
    return shortened(text, secrets)


def shortened(text: str, secrets: Secrets) -> str:
    """Return the text without secrets, its lines cut to a length that can be read."""
    lines = secrets.hide(text).splitlines()
    return "\n".join(
        line if len(line) <= _LONGEST else f"{line[:_LONGEST]}… {len(line)} characters"
        for line in lines
    )


def _facts(error: BaseException, secrets: Secrets) -> ReasonFacts:
    """Return the fields of an error of ours: numbers, texts, and of bytes their number."""
    if not (isinstance(error, ContractTestsError) and dataclasses.is_dataclass(error)):
        return {}
    facts: dict[str, str | int | float] = {}
    for field in dataclasses.fields(error):
        value = getattr(error, field.name)
        if isinstance(value, bytes):
            facts[f"{field.name}_bytes"] = len(value)
        elif isinstance(value, int | float):
            facts[field.name] = value
        elif field.name != "wanted":
            # What was wanted stands in `expected`.
            facts[field.name] = shortened(str(value), secrets)
    return facts


def _failed_assertion(error: AssertionError) -> FailedAssertion:
    # Behind the message, which pytest leaves whole, stands its wording of the values.
    message = f"\n{error}".partition("\nassert ")[0].strip()
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    lines = [line for _, line in traceback.walk_tb(error.__traceback__)]
    found = _assert_statement(frames[-1], lines[-1]) if frames else None
    if found is None:
        return FailedAssertion(message, "", {})
    source, names = found
    values = {name: repr(frames[-1].f_locals[name]) for name in names}
    return FailedAssertion(
        message, source, {name: text for name, text in values.items() if not text.startswith("<")}
    )


def _assertion_text(failed: FailedAssertion) -> str:
    if not failed.asserted:
        return failed.message or "an assertion failed"
    return "\n".join(
        [
            *failed.message.splitlines(),
            f"assert {failed.asserted}",
            *(f"where {name} = {value}" for name, value in failed.values.items()),
        ]
    )


def _assert_statement(frame: FrameType, line: int) -> tuple[str, list[str]] | None:
    """Return the assertion at this line, on one line, and the local names in it."""
    for node, source in _assertions(frame.f_code.co_filename):
        if node.lineno <= line <= (node.end_lineno or 0):
            found = [part.id for part in ast.walk(node.test) if isinstance(part, ast.Name)]
            return source, [name for name in dict.fromkeys(found) if name in frame.f_locals]
    return None


@cache
def _assertions(file: str) -> list[tuple[ast.Assert, str]]:
    """Return all assertions of a file, each with its condition on one line."""
    text = "".join(linecache.getlines(file))
    found = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Assert)]
    sources = [ast.get_source_segment(text, node.test) or "" for node in found]
    return [(node, " ".join(source.split())) for node, source in zip(found, sources, strict=True)]
