"""Wrong in how JSON is read or written."""

import json
import re
from typing import Any

import orjson

from contract_tests.exchange import Answer
from contract_tests.wrong_backends.mutation import (
    giving,
    on_answer,
    on_content,
    path,
    right,
    status,
    text,
    value,
    without,
)
from contract_tests.wrong_backends.wrong_backend import wrong

NAME, PREDICT = "/api/letter_count", "/api/predict"


def decoded(content: bytes) -> str:
    """The content as text, whatever it is."""
    return content.decode("utf-8", errors="replace")


def lenient(content: bytes) -> bytes:
    """What Python's own parser takes, as JSON to the letter."""
    try:
        return orjson.dumps(json.loads(content), default=str)
    except (ValueError, TypeError, RecursionError):
        return content


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


def padded_floats(answer: Answer) -> Answer:
    """17 digits each, as `%.17g` gives them."""
    return text(
        lambda content: re.sub(
            rb"[0-9]+\.[0-9]+(e-[0-9]+)?", lambda found: b"%.17e" % float(found[0]), content
        )
    )(answer)


JSON_WRONG = (
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
    wrong(
        "escapes-all",
        "json-out.unescaped",
        on_answer(
            right(NAME), text(lambda c: json.dumps(orjson.loads(c), separators=(",", ":")).encode())
        ),
    ),
    wrong(
        "spaces-tokens",
        "json-out.compact same.bytes",
        on_answer(
            right(NAME), text(lambda c: json.dumps(orjson.loads(c), ensure_ascii=False).encode())
        ),
    ),
    wrong(
        "sorts-members",
        "json-out.member-order",
        on_answer(
            right(NAME), text(lambda c: orjson.dumps(orjson.loads(c), option=orjson.OPT_SORT_KEYS))
        ),
    ),
    wrong("pads-floats", "json-out.floats", on_answer(right(PREDICT), padded_floats)),
    wrong(
        "names-the-charset",
        "json-out.content-type",
        on_answer(right(NAME), giving("Content-Type", "application/json; charset=utf-8")),
    ),
    wrong(
        "declares-no-length",
        "json-out.content-length",
        on_answer(path(NAME), without("Content-Length")),
    ),
    wrong(
        "lets-problems-be-stored",
        "json-out.no-store",
        on_answer(status(404), without("Cache-Control")),
    ),
    wrong(
        "rounds-floats",
        "same.floats",
        on_answer(
            right(PREDICT),
            value(
                lambda v: (
                    v | {"probabilities": [[round(p, 4) for p in r] for r in v["probabilities"]]}
                )
            ),
        ),
    ),
)
