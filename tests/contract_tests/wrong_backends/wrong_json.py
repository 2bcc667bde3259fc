"""Wrong in how JSON is read."""

import json
import re
from typing import Any

import orjson

from tests.contract_tests.wrong_backends.mutation import (
    Mutation,
    on_content,
)
from tests.contract_tests.wrong_backends.wrong_backend import wrong


def decoded(content: bytes) -> str:
    """The content as text, whatever it is."""
    return content.decode("utf-8", errors="replace")


def first_wins(content: bytes) -> bytes:
    def first(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        return dict(reversed(pairs))

    try:
        return orjson.dumps(json.loads(content, object_pairs_hook=first))
    except (ValueError, TypeError):
        return content


def cut_after_value(content: bytes) -> bytes:
    try:
        _, end = json.JSONDecoder().raw_decode(decoded(content))
    except (ValueError, RecursionError):
        return content
    return decoded(content)[:end].encode()


def unknown_refused(content: bytes) -> bytes:
    known = {"name", "instances"}
    try:
        members = orjson.loads(content)
    except ValueError:
        return content
    return b"[]" if isinstance(members, dict) and members.keys() - known else content


def numbers_from_strings(content: bytes) -> bytes:
    return re.sub(rb'"([0-9.]+)"', rb"\1", content)


def rewritten(pattern: bytes, by: bytes) -> Mutation:
    """Takes one more notation: what matches is read as if it were written otherwise."""
    return on_content(lambda content: re.sub(pattern, by, content))


JSON_WRONG = (
    wrong(
        "takes-pythons-literals",
        "json-in.grammar",
        rewritten(rb"\b(None|True|False|NULL|TRUE)\b", b"null"),
    ),
    wrong("takes-leading-zeros", "json-in.grammar", rewritten(rb"(?<![\w.+])0+(?=[0-9])", b"")),
    wrong("takes-points-at-the-end", "json-in.grammar", rewritten(rb"(\d)\.(?!\d)", rb"\1.0")),
    wrong(
        "takes-half-exponents", "json-in.grammar", rewritten(rb"(\d)[eE][+-]?(?![\d+-])", rb"\1")
    ),
    wrong("takes-unknown-escapes", "json-in.grammar", rewritten(rb"\\([^\"\\/bfnrtu])", rb"\1")),
    wrong("takes-raw-controls", "json-in.grammar", rewritten(rb"[\x01-\x1f]", b" ")),
    wrong("needs-no-commas", "json-in.grammar", rewritten(rb"(?<=\d) (?=\d)", b",")),
    wrong("takes-bare-names", "json-in.grammar", rewritten(rb"([{,])([a-z]\w*):", rb'\1"\2":')),
    wrong("takes-other-spaces", "json-in.grammar", rewritten(rb"[\v\f]", b" ")),
    wrong("replaces-what-is-no-utf-8", "json-in.utf-8", on_content(lambda c: decoded(c).encode())),
    wrong(
        "strips-byte-order-marks",
        "json-in.no-bom",
        on_content(lambda c: c.removeprefix(b"\xef\xbb\xbf")),
    ),
    wrong("takes-single-quotes", "json-in.grammar", on_content(lambda c: c.replace(b"'", b'"'))),
    wrong(
        "takes-nan",
        "json-in.no-nan problem.400",
        on_content(lambda c: re.sub(rb"-?(NaN|Infinity)", b"0", c)),
    ),
    wrong(
        "takes-comments",
        "json-in.no-comments",
        on_content(lambda c: re.sub(rb"//.*|/\*.*?\*/|#.*", b"", c)),
    ),
    wrong(
        "takes-trailing-commas",
        "json-in.no-trailing-comma",
        on_content(lambda c: re.sub(rb",(?=[\]}])", b"", c)),
    ),
    wrong("ignores-what-follows", "json-in.nothing-after", on_content(cut_after_value)),
    wrong(
        "takes-lone-surrogates",
        "json-in.surrogates",
        on_content(lambda c: re.sub(rb"\\u(d83d|de00)", b"?", c)),
    ),
    wrong(
        "takes-infinite-numbers",
        "json-in.finite",
        on_content(lambda c: re.sub(rb"1e999|-1e400", b"0", c)),
    ),
    wrong("nests-100-deep", "json-in.depth", on_content(lambda c: b"" if b"[" * 100 in c else c)),
    wrong("takes-the-first-of-two", "json-in.duplicates", on_content(first_wins)),
    wrong("takes-nothing-for-an-object", "json-in.empty", on_content(lambda c: c.strip() or b"{}")),
    wrong("refuses-unknown-members", "json-in.unknown-members", on_content(unknown_refused)),
    wrong("takes-strings-for-numbers", "json-in.strict-types", on_content(numbers_from_strings)),
)
