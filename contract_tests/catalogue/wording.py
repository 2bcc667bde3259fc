"""The words for a case, made from its test's docstring and the values of its row.

A docstring's first line is the title: a sentence on what is wanted. Below it, `Sends:` says what is
sent, unless a `Request` among the values does, and `Wants:` more exactly what is wanted, unless an
`Expected` does. In both, `{name}` stands for the value of that parameter, and `{id}` for the id.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from contract_tests.http.messages import Expected, Request
from shared.contract import JSON_TYPE, PROBLEM_TYPE

_LONGEST = 200
_COUNTED_FROM = 25
# The listed fields that tell more than the status and the content do.
_TELLING = ("Allow", "ETag", "Retry-After", "WWW-Authenticate", "Location", "Content-Encoding")


@dataclass(frozen=True)
class Wording:
    """A case in words; `sends` is empty where its test does not say what it sends."""

    title: str
    sends: str
    wants: str


def worded(docstring: str | None, case: str, values: Mapping[str, object]) -> Wording:
    """The words for `case` (a test's name, with the case's id), which has these values."""
    title = title_of(docstring, case)
    shown = {name: shortly(value) for name, value in values.items()} | {"id": own_id(case)}
    requests = [shortly(value) for value in values.values() if isinstance(value, Request)]
    expected = [shortly(value) for value in values.values() if isinstance(value, Expected)]
    return Wording(
        title,
        _line(docstring, "Sends", shown) or ", ".join(requests),
        _line(docstring, "Wants", shown) or ", ".join(expected) or _sentence(docstring),
    )


def title_of(docstring: str | None, case: str) -> str:
    """A case's title: what its test wants, then its own id."""
    return ": ".join(part for part in (_sentence(docstring), own_id(case)) if part)


def own_id(case: str) -> str:
    """Return the part of a case's name that is its own; empty for the only case of a test."""
    return case.removesuffix("]").partition("[")[2]


def shortly(value: object) -> str:
    """A value on one line, printable, shortened where it is long."""
    if isinstance(value, Expected):
        return _expected(value)
    if isinstance(value, Request):
        return _request(value)
    if isinstance(value, bytes):
        return _cut(value.decode("utf-8", "backslashreplace"))
    return _cut(value if isinstance(value, str) else orjson.dumps(value, default=repr).decode())


def _expected(expected: Expected) -> str:
    """Status and content, a problem by its code; then the fields that not every answer has."""
    content = shortly(expected.content)
    if expected.fields.get("Content-Type") == PROBLEM_TYPE and expected.content:
        problem = orjson.loads(expected.content)
        content = problem["code"]
        if errors := problem.get("errors"):
            content = f"{content} {shortly(errors)}"
    fields = [f"{name}: {expected.fields[name]}" for name in expected.fields if name in _TELLING]
    return "; ".join([f"{expected.status} {content or 'without content'}", *fields])


def _request(request: Request) -> str:
    """Method, target and content, and the header fields that not every request has."""
    usual = ("Content-Type", JSON_TYPE)
    fields = [f"{name}: {_cut(value)}" for name, value in request.fields if (name, value) != usual]
    if request.method == "POST" and "Content-Type" not in dict(request.fields):
        fields.append("no Content-Type")
    return "".join(
        [
            f"{request.method} {_cut(request.target)}",
            f" of {shortly(request.whole_content)}" if request.whole_content else "",
            f" with {', '.join(fields)}" if fields else "",
            " in chunks" if request.chunks is not None else "",
        ]
    )


def _sentence(docstring: str | None) -> str:
    return (docstring or "").strip().partition("\n")[0].removesuffix(".")


def _line(docstring: str | None, name: str, shown: Mapping[str, str]) -> str:
    """The docstring's line that begins with `name`, up to the next one or an empty line."""
    found = re.search(
        rf"^\s*{name}: (.*?)(?=\n\s*\n|\n\s*(?:Sends|Wants): |\Z)", docstring or "", re.M | re.S
    )
    return " ".join(found[1].split()).removesuffix(".").format_map(shown) if found else ""


def _cut(text: str) -> str:
    counted = _counted(text)
    printable = "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode() for c in counted[:_LONGEST]
    )
    return printable if len(counted) <= _LONGEST else f"{printable}… ({len(text)} characters)"


def _counted(text: str) -> str:
    """`text` with what is repeated often counted; of a long one no more than is to be seen."""
    counted, rest = "", text
    while rest and len(counted) <= _LONGEST:
        character, left = rest[0], rest.lstrip(rest[0])
        repeated = len(rest) - len(left)
        run = character * repeated
        counted += run if repeated < _COUNTED_FROM else f"{character}(×{repeated})"
        rest = left
    return counted
