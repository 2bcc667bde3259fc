"""JSON in and out, to the letter of RFC 8259."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.content import dumps, loads
from shared.problems import MalformedJson

MALFORMED = [
    b"",
    b" ",
    b"NaN",
    b"[Infinity]",
    b"[-Infinity]",
    b"1e999",
    b"1" * 400,
    b"[1,]",
    b'{"a":1,}',
    b"// x\n1",
    b"/* x */1",
    b"1 2",
    b"{'a':1}",
    b"[01]",
    b"[+1]",
    b"[.5]",
    b"[1.]",
    b"\xef\xbb\xbf{}",
    b'"\xff"',
    b'"\xed\xa0\x80"',
    b'"\\ud800"',
    b'"\\udc00\\ud800"',
    b'"\t"',
    b'"\\x41"',
    '"a"'.encode("utf-16"),
    b"nul",
    b"[" * 1025 + b"]" * 1025,
    b"\xc2\xa01",
]


@pytest.mark.parametrize("content", MALFORMED, ids=lambda content: repr(content[:20]))
def test_what_is_no_json_text_is_refused(content):
    with pytest.raises(MalformedJson):
        loads(content)


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b'{"a":1,"a":2}', {"a": 2}),
        (b" \t\r\n1 ", 1),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b'"\\u0000"', "\x00"),
        (b"1e-999", 0.0),
        (b"-0.0", -0.0),
        (b"18446744073709551616", 18446744073709551616.0),
        (b"null", None),
    ],
)
def test_unusual_json_is_taken(content, value):
    assert loads(content) == value


def test_nesting_may_be_1024_deep():
    value = loads(b"[" * 1024 + b"]" * 1024)
    depth = 0
    while value is not None:
        value = value[0] if value else None
        depth += 1
    assert depth == 1024


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [1.0, True, None]}, b'{"b":1,"a":[1.0,true,null]}'),
        ("é\U0001f600/<", '"é\U0001f600/<"'.encode()),
        ('"\\\n\x00', b'"\\"\\\\\\n\\u0000"'),
        ([0.00001, 1e-7, 1e16, 0.1, 5e-324], b"[0.00001,1e-7,1e+16,0.1,5e-324]"),
    ],
)
def test_json_is_written_without_white_space_or_needless_escapes(value, text):
    assert dumps(value) == text


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("ab~/é"), inner),
    max_leaves=20,
)


@given(JSON_VALUES)
@settings(max_examples=40)
def test_what_is_written_reads_back_the_same_here_and_elsewhere(value):
    assert loads(dumps(value)) == value
    assert json.loads(dumps(value)) == value
