"""Texts of RFC 8259's grammar and its near misses, in groups, each with what must be answered.

Every value of `json_grammar`, right or wrong, stands at each of `LEVELS`; what is not about one
value is in `json_whole_texts`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import cycle, product

import orjson

from contract_tests.contract.expected import MALFORMED, invalid, letters
from contract_tests.http.messages import Expected
from contract_tests.suite.json_texts import documents as json_whole_texts
from contract_tests.suite.json_texts import values as json_grammar
from contract_tests.suite.json_texts.values import Value

NAME, PREDICT = "/api/letter_count", "/api/predict"
LEVELS: Mapping[str, tuple[str, bytes]] = {
    "top": (NAME, b"%b"),
    "member": (NAME, b'{"name":%b}'),
    "array": (PREDICT, b'{"instances":[[%b,3.5,1.4,0.2]]}'),
    "deep": (NAME, b'{"x":[{"y":[0,{"z":%b}]}],"name":"Alice"}'),
}
NOT_AN_OBJECT = invalid(("", "must be an object"))
NOT_A_STRING = invalid(("/name", "must be a string"))
NOT_A_NUMBER = invalid(("/instances/0/0", "must be a number"))


@dataclass(frozen=True)
class AnswerTo:
    """The answer that this plainer content gets."""

    content: bytes


@dataclass(frozen=True)
class JsonText:
    """A request's content, and what must be answered to it."""

    id: str
    path: str
    content: bytes
    wanted: Expected | AnswerTo


@dataclass(frozen=True)
class Group:
    """Texts about one part of the grammar, and the sentences that they hold."""

    name: str
    holds: tuple[str, ...]
    texts: tuple[JsonText, ...]


def _values(values: Iterable[Value]) -> Iterator[JsonText]:
    """Each value at each level."""
    for value, (level, (path, around)) in product(values, LEVELS.items()):
        yield JsonText(f"{value.id}@{level}", path, around % value.text, _wanted(value, level))


def _in_turn(values: Iterable[Value]) -> Iterator[JsonText]:
    """Values that are alike, each at one level."""
    for value, (level, (path, around)) in zip(values, cycle(LEVELS.items()), strict=False):
        yield JsonText(f"{value.id}@{level}", path, around % value.text, _wanted(value, level))


def _wanted(value: Value, level: str) -> Expected | AnswerTo:
    if value.kind == "malformed":
        return MALFORMED
    if level == "top":
        return letters("") if value.kind == "object" else NOT_AN_OBJECT
    if level == "member":
        return letters(value.string) if value.kind == "string" else NOT_A_STRING
    if level == "array":
        return _as_float(value.text) if value.kind == "number" else NOT_A_NUMBER
    return letters("Alice")


def _as_float(number: bytes) -> AnswerTo:
    """As the same 64-bit float in its plainest notation."""
    return AnswerTo(LEVELS["array"][1] % orjson.dumps(float(number)))


def _refused(texts: Mapping[str, bytes], *paths: str) -> Iterator[JsonText]:
    """Texts that are malformed, for whichever of the operations at `paths`."""
    for (name, content), path in product(texts.items(), paths):
        yield JsonText(f"{name}@{path.rpartition('/')[2]}", path, content, MALFORMED)


def _named(texts: Mapping[str, tuple[bytes, str]]) -> Iterator[JsonText]:
    """Texts that have a name, and what it is."""
    for name, (content, meant) in texts.items():
        yield JsonText(name, NAME, content, letters(meant))


def _predicted(texts: Mapping[str, bytes]) -> Iterator[JsonText]:
    """Texts that hold one right row."""
    for name, content in texts.items():
        yield JsonText(name, PREDICT, content, AnswerTo(json_whole_texts.ROW))


def _invalid(texts: Mapping[str, tuple[bytes, str, str]]) -> Iterator[JsonText]:
    """Texts that are JSON, with the pointer and the sentence of what is wrong with them."""
    for name, (content, pointer, sentence) in texts.items():
        path = NAME if pointer == "/name" else PREDICT
        yield JsonText(name, path, content, invalid((pointer, sentence)))


def _group(name: str, holds: str, *texts: Iterable[JsonText]) -> Group:
    return Group(
        name,
        tuple(holds.split()),
        tuple(
            JsonText(f"{name}.{text.id}", text.path, text.content, text.wanted)
            for some in texts
            for text in some
        ),
    )


GROUPS = (
    _group("literals", "json-in.strict-types", _values(json_grammar.LITERALS)),
    _group("integers", "json-in.strict-types", _values(json_grammar.INTEGERS)),
    _group("fractions", "json-in.strict-types", _values(json_grammar.FRACTIONS)),
    _group("exponents", "json-in.strict-types", _values(json_grammar.EXPONENTS)),
    _group("number-range", "json-in.finite", _values(json_grammar.NUMBER_RANGE)),
    _group("not-a-number", "json-in.no-nan", _values(json_grammar.NOT_A_NUMBER)),
    _group(
        "escapes",
        "json-in.strict-types",
        _values(json_grammar.ESCAPES),
        _in_turn(json_grammar.UNKNOWN_ESCAPES),
    ),
    _group("surrogates", "json-in.surrogates", _values(json_grammar.SURROGATES)),
    _group(
        "characters",
        "json-in.strict-types",
        _values(json_grammar.CHARACTERS),
        _in_turn(json_grammar.CONTROLS),
    ),
    _group("utf-8", "json-in.utf-8", _values(json_grammar.UTF_8)),
    _group("arrays", "json-in.strict-types", _values(json_grammar.ARRAYS)),
    _group("objects", "json-in.strict-types", _values(json_grammar.OBJECTS)),
    _group("trailing-commas", "json-in.no-trailing-comma", _values(json_grammar.TRAILING_COMMAS)),
    _group(
        "white-space",
        "json-in.grammar",
        _named(json_whole_texts.SPACED),
        _refused(json_whole_texts.OTHER_SPACES, NAME),
    ),
    _group("comments", "json-in.no-comments", _refused(json_whole_texts.COMMENTED, NAME)),
    _group(
        "one-text",
        "json-in.nothing-after",
        _refused(json_whole_texts.NOT_ONE_OBJECT, NAME),
        _refused(json_whole_texts.NOT_ONE_ROW, PREDICT),
    ),
    _group("empty", "json-in.empty", _refused(json_whole_texts.EMPTY, NAME, PREDICT)),
    _group(
        "encodings",
        "json-in.utf-8 json-in.no-bom",
        _refused(json_whole_texts.ENCODED, NAME, PREDICT),
    ),
    _group(
        "nesting",
        "json-in.depth",
        _named(json_whole_texts.DEEP),
        _refused(json_whole_texts.TOO_DEEP, NAME, PREDICT),
    ),
    _group(
        "members",
        "json-in.duplicates json-in.unknown-members",
        _named(json_whole_texts.NAMED_MEMBERS),
        _predicted(json_whole_texts.ROW_MEMBERS),
        _invalid(json_whole_texts.WRONG_MEMBERS),
    ),
)
