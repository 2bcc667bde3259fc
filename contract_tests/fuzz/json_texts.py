"""JSON texts as bytes, written token by token: right ones, and near misses of RFC 8259.

They are not made by a JSON library, which would never write `1E+05`, a lone surrogate's escape or
a member twice.
"""

import functools
from collections.abc import Iterable

from hypothesis import strategies as st

# Right and wrong, where parsers part: the edges of float64 and of 64-bit integers, forms that only
# some parsers take.
_EDGE_NUMBERS = (
    *("0", "-0", "-0.0", "1", "5.1", "0.1", "1.0", "1E5", "1e+05", "1e-7", "1e16", "123456789"),
    *("5e-324", "2e-324", "1e-400", "1.7976931348623157e308", "1.7976931348623159e308", "1e309"),
    *("-1e400", "9007199254740993", "9223372036854775808", "18446744073709551616", "1" + "0" * 308),
    *("1" + "0" * 400, "0." + "3" * 40, "0.30000000000000004", "2.2250738585072011e-308"),
    *("01", "-01", "+1", ".5", "1.", "1e", "1e+", "-", "0x1", "1_0"),
    *("NaN", "Infinity", "-Infinity"),
)
_SPACE = st.sampled_from((b"",) * 12 + (b" ", b"\n", b"\t", b"\r\n", b" \t ", b"\x0c", b"\xc2\xa0"))
_LITERALS = (b"true", b"false", b"null")
_NEAR_LITERALS = (b"True", b"nul", b"undefined", b"TRUE", b"'a'", b"a", b"// c", b"/**/1")
_ESCAPES = (
    *(b'\\"', b"\\\\", b"\\/", b"\\b", b"\\f", b"\\n", b"\\r", b"\\t", b"\\u0041", b"\\u00e9"),
    *(b"\\u0000", b"\\u2028", b"\\uFFFF", b"\\ud83d\\ude00", b"\\uD83C\\uDFC1", b"\\u007f"),
)
_WRONG_PIECES = (
    *(b"\\ud83d", b"\\ude00", b"\\ude00\\ud83d", b"\\ud83d\\u0041", b"\\x41", b"\\u00g0", b"\\u12"),
    *(b"\\", b"\n", b"\t", b"\x00", b"\x1f", b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xe6\x84"),
    *(b"\xf4\x90\x80\x80", b"\xf0\x9f\x98", b'"'),
)
# Combining marks, widths of 1 to 4 bytes in UTF-8, noncharacters, and what HTML or a log minds.
_TEXT = st.text(
    "aZ 0é߿ࠀ愛\u0301\u200d\u2028\ufeff\ufffd\uffff😀🏁\U0010ffff\x7f<>&'/~", max_size=4
).map(str.encode)
_ESCAPED = st.sampled_from((b"", b"", *_ESCAPES))
_WRONG = st.sampled_from(_WRONG_PIECES)
_TOKENS = (
    *(b"{", b"}", b"[", b"]", b",", b":", b'"', b"1", b"-", b"e", b".", b" ", b"\\", b"\x00"),
    *(b"null", b"NaN", b"\xef\xbb\xbf", b"\xff", b"{}", b"//", b"/*", b"*/", b"'", b"0"),
)
_DEPTHS = (2, 10, 100, 1023, 1024, 1025, 2000)


def _number(digits: str, fraction: str, exponent: str) -> bytes:
    return f"{digits}{fraction}{exponent}".encode()


PLAIN_NUMBERS = st.builds(
    _number,
    st.integers(-(10**4), 10**4).map(str) | st.integers(-(2**70), 2**70).map(str),
    st.sampled_from(("", "", ".0", ".5")) | st.integers(0, 10**6).map(".{}".format),
    st.sampled_from(("",) * 6 + ("e0", "E1", "e-2", "e+3", "e-300", "e300")),
)
FLOATS = st.floats(allow_nan=False, allow_infinity=False).map(lambda x: repr(x).encode())
MEASURES = st.integers(0, 99).map(lambda tenths: b"%d.%d" % divmod(tenths, 10))
"""Numbers as lengths of petals are: what a model of flowers expects."""
EDGE_NUMBERS = st.sampled_from(_EDGE_NUMBERS).map(str.encode)
NUMBERS = PLAIN_NUMBERS | FLOATS | MEASURES | EDGE_NUMBERS


@functools.cache
def strings(*, wrong: bool = False) -> st.SearchStrategy[bytes]:
    """A string with its quotes; with `wrong`, one piece of it may not be there."""
    pieces = st.tuples(_TEXT, _WRONG if wrong else _ESCAPED, _TEXT)
    return pieces.map(lambda parts: b'"' + b"".join(parts) + b'"')


LONG_STRINGS = st.builds(
    lambda piece, times: b'"' + piece.encode() * times + b'"',
    st.sampled_from(("a", "é", "愛", "😀", "e\u0301", "\\u0041", "\\\\")),
    st.integers(1, 900),
)
NAMES = strings() | LONG_STRINGS

_SCALARS = NUMBERS | strings() | st.sampled_from(_LITERALS)
_NEAR = st.sampled_from(_NEAR_LITERALS) | strings(wrong=True)
_DEEP = st.sampled_from(_DEPTHS).map(lambda depth: b"[" * depth + b"]" * depth)


@functools.cache
def values(levels: int = 2) -> st.SearchStrategy[bytes]:
    """Any value, mostly right, with containers in `levels` more levels."""
    if not levels:
        return _SCALARS
    inner = values(levels - 1)
    arrays = st.builds(array, st.lists(inner, max_size=4), _SPACE)
    members = st.lists(st.tuples(strings(), inner), max_size=3)
    return st.one_of(_SCALARS, _NEAR, _DEEP, arrays, st.builds(written, members, _SPACE))


def array(items: Iterable[bytes], space: bytes = b"") -> bytes:
    """The text of an array."""
    return b"[" + space + (space + b"," + space).join(items) + space + b"]"


def written(members: Iterable[tuple[bytes, bytes]], space: bytes = b"") -> bytes:
    """The text of an object; names come with their quotes."""
    return (
        b"{" + space + (b"," + space).join(n + space + b":" + space + v for n, v in members) + b"}"
    )


def mutated(texts: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """A text with one token put in, taken out, doubled or replaced somewhere, or cut off there."""
    return st.builds(_mutated, texts, _SHARES, st.integers(0, 3), _HOWS, st.sampled_from(_TOKENS))


_SHARES = st.integers(0, 1000)
_HOWS = st.sampled_from(("in", "out", "twice", "replace", "cut", "after"))


def _mutated(text: bytes, share: int, length: int, how: str, token: bytes) -> bytes:
    start = share * len(text) // 1000
    head, part, tail = text[:start], text[start : start + length], text[start + length :]
    return {
        "in": head + token + part + tail,
        "out": head + tail,
        "twice": head + part + part + tail,
        "replace": head + token + tail,
        "cut": head,
        "after": text + token,
    }[how]
