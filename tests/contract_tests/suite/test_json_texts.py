"""The texts of the grammar, and what is wanted of them, checked by parsers that the suite lacks."""

import json
import sys

import orjson
import pytest

from contract_tests.contract.expected import MALFORMED, invalid, letters
from contract_tests.http.sample import adapted_content
from contract_tests.suite.json_texts.groups import GROUPS, LEVELS, NAME, NOT_A_NUMBER, AnswerTo
from shared.sample import Sample
from tests.contract_tests.suite.abnf_json import NotJson, Text

TEXTS = [text for group in GROUPS for text in group.texts]


def name_of(group):
    return group.name


EACH_GROUP = pytest.mark.parametrize("group", GROUPS, ids=name_of)
FLAT_GROUPS = [group for group in GROUPS if group.name != "nesting"]

# Everything that the ABNF of RFC 8259 names, as the recogniser calls it.
RULES = {
    "false", "null", "true", "number", "string", "ws", "{", "}", "[", "]", ":", ",",
    "ws ' '", r"ws '\t'", r"ws '\n'", r"ws '\r'",
    *(f"escape {char}" for char in '"\\/bfnrtu'),
}  # fmt: skip

# What the standard library's parser takes that is malformed, by group. How deep it goes is left
# out: that is the interpreter's.
LENIENT = {
    "number-range": "a number beyond a 64-bit float is read as infinity",
    "not-a-number": "NaN, Infinity and -Infinity are read",
    "surrogates": "a surrogate may be alone",
    "utf-8": "a surrogate may be written in UTF-8",
    "white-space": "a byte order mark is skipped",
    "encodings": "a byte order mark is skipped; UTF-16 and UTF-32 are guessed",
}


@pytest.fixture(autouse=True)
def deep_recursion():
    """For the recogniser, which calls itself: two frames a level."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(10_000)
    yield
    sys.setrecursionlimit(before)


def read(content: bytes) -> object:
    """What the recogniser reads; `MALFORMED` where it is none."""
    try:
        return Text(content).read()
    except NotJson:
        return MALFORMED


def taken_by(loads, content: bytes) -> bool:
    try:
        loads(content)
    except (ValueError, RecursionError):
        return False
    return True


def answer_of(path: str, value: object):
    """What the contract answers to a value, as far as the texts go; rows stand for themselves."""
    if value is MALFORMED:
        return MALFORMED
    if not isinstance(value, dict):
        return invalid(("", "must be an object"))
    if path == NAME:
        name = value.get("name", "")
        is_name = isinstance(name, str)
        return letters(name) if is_name else invalid(("/name", "must be a string"))
    return answer_of_rows(value)


def answer_of_rows(value: dict[str, object]):
    if "instances" not in value:
        return invalid(("/instances", "is required"))
    rows = value["instances"]
    if not isinstance(rows, list):
        return invalid(("/instances", "must be an array"))
    if not rows:
        return invalid(("/instances", "must have 1 to 1024 rows"))
    [row] = rows
    if not isinstance(row, list):
        return invalid(("/instances/0", "must be an array"))
    return row if type(row[0]) is float else invalid(("/instances/0/0", "must be a number"))


@EACH_GROUP
def test_what_is_wanted_is_what_the_abnf_says(group):
    for text in group.texts:
        wanted = text.wanted
        if isinstance(wanted, AnswerTo):
            wanted = answer_of(text.path, read(wanted.content))
        assert answer_of(text.path, read(text.content)) == wanted, text.id


@EACH_GROUP
def test_orjson_takes_the_same(group):
    """It differs from the recogniser in no text, so the implementations may rely on it."""
    for text in group.texts:
        assert taken_by(orjson.loads, text.content) == (text.wanted != MALFORMED), text.id


@pytest.mark.parametrize("group", FLAT_GROUPS, ids=name_of)
def test_the_standard_library_differs_where_it_is_known_to_be_lenient(group):
    """It never refuses what is right; in each other group it takes what the recogniser takes."""
    taken = {text.id for text in group.texts if taken_by(json.loads, text.content)}
    right = {text.id for text in group.texts if text.wanted != MALFORMED}
    assert right <= taken
    assert (taken != right) == (group.name in LENIENT)


def test_texts_use_every_rule_of_the_grammar():
    used = set()
    for text in TEXTS:
        if text.wanted != MALFORMED:
            reader = Text(text.content)
            reader.read()
            used |= reader.used
    assert used == RULES


def test_texts_are_many_and_their_cases_few():
    assert len(TEXTS) >= 300
    assert len(GROUPS) <= 20
    assert len({text.id for text in TEXTS}) == len(TEXTS)
    assert len({(text.path, text.content) for text in TEXTS}) > 0.98 * len(TEXTS)


@pytest.mark.parametrize("level", LEVELS)
def test_each_level_has_right_and_wrong_texts(level):
    here = [text for text in TEXTS if text.id.endswith(f"@{level}")]
    for wanted in (True, False):
        groups = {
            text.id.partition(".")[0] for text in here if (text.wanted == MALFORMED) is wanted
        }
        assert len(groups) >= 10


@pytest.mark.parametrize("features", [1, 2, 10])
def test_texts_can_be_asked_of_another_model(features):
    """What is malformed stays so, and a row of the right length stays one."""
    sample = Sample(((0.5,) * features,))
    for text in TEXTS:
        if text.path == NAME:
            continue
        value = read(adapted_content(sample, text.content))
        assert (value is MALFORMED) == (text.wanted == MALFORMED), text.id
        if isinstance(text.wanted, AnswerTo) or text.wanted == NOT_A_NUMBER:
            assert len(value["instances"][0]) == features, text.id
