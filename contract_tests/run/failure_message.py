"""Why a case ended as it did, in words, without secrets.

pytest would shorten the values of a failed assertion before anything could be hidden in them. So
they are worded here: hidden first, then shortened.
"""

import ast
import linecache
import traceback
from functools import cache
from types import FrameType

from contract_tests.errors import ContractTestsError
from contract_tests.http.errors import ExchangeError
from contract_tests.http.secrets import Secrets

_LONGEST = 300


def why(error: BaseException, secrets: Secrets) -> str:
    """What an exception says; of an assertion also what was asserted, and the values in it."""
    if isinstance(error, AssertionError):
        return _assertion(error, secrets)
    if isinstance(error, ExchangeError):
        error.received = secrets.hide_bytes(error.received)
    told = str(error)
    if not isinstance(error, ContractTestsError):
        told = f"{type(error).__name__}: {told}"
    return shortened(told, secrets)


def shortened(text: str, secrets: Secrets) -> str:
    """The text without secrets, each line of it only so long that it can be read."""
    lines = secrets.hide(text).splitlines()
    return "\n".join(
        line if len(line) <= _LONGEST else f"{line[:_LONGEST]}… {len(line)} characters"
        for line in lines
    )


def _assertion(error: AssertionError, secrets: Secrets) -> str:
    """The assertion's own message, its source, and the local values that it is about."""
    # Behind the message, which pytest leaves whole, stands its wording of the values.
    message, _, _ = f"\n{error}".partition("\nassert ")
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    lines = [line for _, line in traceback.walk_tb(error.__traceback__)]
    found = _assert_statement(frames[-1], lines[-1]) if frames else None
    if found is None:
        return shortened(message.strip() or "an assertion failed", secrets)
    source, names = found
    told = [*message.strip().splitlines(), f"assert {source}"]
    for name in names:
        value = repr(frames[-1].f_locals[name])
        if not value.startswith("<"):
            told.append(f"where {name} = {value}")
    return shortened("\n".join(told), secrets)


def _assert_statement(frame: FrameType, line: int) -> tuple[str, list[str]] | None:
    """What stands in the statement at this line, on one line, and the local names in it."""
    for node, source in _assertions(frame.f_code.co_filename):
        if node.lineno <= line <= (node.end_lineno or 0):
            found = [part.id for part in ast.walk(node.test) if isinstance(part, ast.Name)]
            return source, [name for name in dict.fromkeys(found) if name in frame.f_locals]
    return None


@cache
def _assertions(file: str) -> list[tuple[ast.Assert, str]]:
    """All of a file, with what each asserts on one line."""
    text = "".join(linecache.getlines(file))
    found = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Assert)]
    sources = [ast.get_source_segment(text, node.test) or "" for node in found]
    return [(node, " ".join(source.split())) for node, source in zip(found, sources, strict=True)]
