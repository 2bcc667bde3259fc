"""JSON as it comes in: RFC 8259 to the letter, then what its values may be."""

import pytest

from contract_tests.backends import Backend
from contract_tests.cases import case
from contract_tests.exchange import post
from contract_tests.expected import MALFORMED, invalid, letters

NAME = "/api/letter_count"
PREDICT = "/api/predict"
NUMBER = ("/instances/0/0", "must be a number")


@pytest.mark.parametrize(
    "content",
    [
        case("nothing", b"", holds=["json-in.empty"]),
        case("only-space", b" \n", holds=["json-in.empty"]),
        case("byte-order-mark", b'\xef\xbb\xbf{"name":"Alice"}', holds=["json-in.no-bom"]),
        case("utf-16", '{"name":"Alice"}'.encode("utf-16-le"), holds=["json-in.utf-8"]),
        case("utf-32", '{"name":"Alice"}'.encode("utf-32-be"), holds=["json-in.utf-8"]),
        case("latin-1", b'{"name":"Zo\xeb"}', holds=["json-in.utf-8"]),
        case("overlong", b'{"name":"\xc0\xaf"}', holds=["json-in.utf-8"]),
        case("cut-character", b'{"name":"\xe6\x84"}', holds=["json-in.utf-8"]),
        case("surrogate-in-utf-8", b'{"name":"\xed\xa0\x80"}', holds=["json-in.utf-8"]),
        case("beyond-unicode", b'{"name":"\xf4\x90\x80\x80"}', holds=["json-in.utf-8"]),
        case("nan", b'{"x":NaN}', holds=["json-in.no-nan"]),
        case("infinity", b'{"x":Infinity}', holds=["json-in.no-nan"]),
        case("minus-infinity", b'{"x":-Infinity}', holds=["json-in.no-nan"]),
        case("nan-in-a-row", b'{"name":"a","x":[[NaN]]}', holds=["json-in.no-nan"]),
        case("line-comment", b'{"name":"a"}// c', holds=["json-in.no-comments"]),
        case("block-comment", b'{/* c */"name":"a"}', holds=["json-in.no-comments"]),
        case("hash-comment", b'# c\n{"name":"a"}', holds=["json-in.no-comments"]),
        case("comma-in-object", b'{"name":"a",}', holds=["json-in.no-trailing-comma"]),
        case("comma-in-array", b'{"x":[1,]}', holds=["json-in.no-trailing-comma"]),
        case("second-value", b"{}{}", holds=["json-in.nothing-after"]),
        case("word-after", b'{"name":"a"} x', holds=["json-in.nothing-after"]),
        case("nul-after", b'{"name":"a"}\x00', holds=["json-in.nothing-after"]),
        case("brace-after", b'{"name":"a"}}', holds=["json-in.nothing-after"]),
        case("high-surrogate", b'{"name":"\\ud83d"}', holds=["json-in.surrogates"]),
        case("low-surrogate", b'{"name":"\\ude00"}', holds=["json-in.surrogates"]),
        case("turned-pair", b'{"name":"\\ude00\\ud83d"}', holds=["json-in.surrogates"]),
        case("two-high", b'{"name":"\\ud83d\\ud83d"}', holds=["json-in.surrogates"]),
        case("surrogate-in-a-key", b'{"\\ud83d":1}', holds=["json-in.surrogates"]),
        case("1e999", b'{"x":1e999}', holds=["json-in.finite"]),
        case("minus-1e400", b'{"x":-1e400}', holds=["json-in.finite"]),
        case("400-digits", b'{"x":1' + b"0" * 400 + b"}", holds=["json-in.finite"]),
        case("1025-deep", b'{"x":' + b"[" * 1024 + b"]" * 1024 + b"}", holds=["json-in.depth"]),
        case("100000-deep", b'{"x":' + b"[" * 10**5 + b"]" * 10**5 + b"}", holds=["json-in.depth"]),
        case("open-100000-deep", b"[" * 10**5, holds=["json-in.depth"]),
        case("word", b"nul"),
        case("capital-true", b'{"x":True}'),
        case("single-quotes", b"{'name':'a'}"),
        case("bare-key", b'{name:"a"}'),
        case("number-as-key", b'{1:"a"}'),
        case("no-colon", b'{"name" "a"}'),
        case("no-comma", b'{"name":"a" "x":1}'),
        case("two-commas", b'{"x":[1,,2]}'),
        case("leading-comma", b'{,"name":"a"}'),
        case("cut-object", b'{"name":"a"'),
        case("cut-string", b'{"name":"a'),
        case("cut-escape", b'{"name":"\\u00'),
        case("leading-zero", b'{"x":01}'),
        case("plus", b'{"x":+1}'),
        case("point-first", b'{"x":.5}'),
        case("point-last", b'{"x":1.}'),
        case("no-exponent", b'{"x":1e}'),
        case("hexadecimal", b'{"x":0x1}'),
        case("minus-alone", b'{"x":-}'),
        case("underscore", b'{"x":1_000}'),
        case("fullwidth-digit", '{"x":１}'.encode()),
        case("raw-tab", b'{"name":"\t"}'),
        case("raw-line-end", b'{"name":"\n"}'),
        case("raw-nul", b'{"name":"\x00"}'),
        case("unknown-escape", b'{"name":"\\x41"}'),
        case("odd-escape", b'{"name":"\\u00g0"}'),
        case("form-feed-between", b'{\x0c"name":"a"}'),
        case("no-break-space-between", b'{\xc2\xa0"name":"a"}'),
    ],
)
@pytest.mark.parametrize("path", [NAME, PREDICT])
@pytest.mark.holds("json-in.grammar", "problem.400")
def test_text_is_refused(backend: Backend, path: str, content: bytes) -> None:
    assert backend.send(post(path, content)).listed == MALFORMED


@pytest.mark.parametrize(
    ("content", "name"),
    [
        case("spaces", b' \t\r\n{ "name" :\n"Alice"\r}\t ', "Alice", holds=["json-in.grammar"]),
        case("delete", b'{"name":"\x7f"}', "\x7f", holds=["json-in.grammar"]),
        case("numbers", b'{"x":[-0,0.0,1E5,1e-5,-1.5e+3]}', "", holds=["json-in.grammar"]),
        case("largest", b'{"x":1.7976931348623157e308}', "", holds=["json-in.finite"]),
        case("too-small", b'{"x":1e-400}', "", holds=["json-in.finite"]),
        case("300-digits", b'{"x":1' + b"0" * 300 + b"}", "", holds=["json-in.finite"]),
        case("64-bits", b'{"x":[18446744073709551615,-9223372036854775808]}', ""),
        case("65-bits", b'{"x":[18446744073709551616,-9223372036854775809]}', ""),
        case("1024-deep", b'{"x":' + b"[" * 1023 + b"]" * 1023 + b"}", "", holds=["json-in.depth"]),
        case("two-names", b'{"name":"Alice","name":"Bob"}', "Bob", holds=["json-in.duplicates"]),
        case(
            "first-name-is-wrong",
            b'{"name":1,"name":"Bob"}',
            "Bob",
            holds=["json-in.duplicates"],
        ),
        case(
            "escaped-key", b'{"name":"a","n\\u0061me":"Bob"}', "Bob", holds=["json-in.duplicates"]
        ),
        case(
            "unknown",
            b'{"surname":null,"name":"Alice","":{},"letter_count":9}',
            "Alice",
            holds=["json-in.unknown-members"],
        ),
    ],
)
@pytest.mark.holds("json-in.grammar")
def test_text_is_taken(backend: Backend, content: bytes, name: str) -> None:
    assert backend.send(post(NAME, content)).listed == letters(name)


@pytest.mark.holds("json-in.unknown-members")
def test_predict_ignores_unknown_members(backend: Backend) -> None:
    plain = backend.send(post(PREDICT, b'{"instances":[[5.1,3.5,1.4,0.2]]}'))
    more = b'{"model_version":7,"instances":[[5.1,3.5,1.4,0.2]],"parameters":{"a":[]}}'
    assert backend.send(post(PREDICT, more)).listed == plain.listed


@pytest.mark.holds("json-in.duplicates")
def test_predict_takes_the_last_of_two_members(backend: Backend) -> None:
    plain = backend.send(post(PREDICT, b'{"instances":[[5.1,3.5,1.4,0.2]]}'))
    content = b'{"instances":[],"instances":[[5.1,3.5,1.4,0.2]]}'
    assert backend.send(post(PREDICT, content)).listed == plain.listed
    content = b'{"instances":[[5.1,3.5,1.4,0.2]],"instances":[]}'
    assert backend.send(post(PREDICT, content)).listed == invalid(
        ("/instances", "must have 1 to 1024 rows")
    )


@pytest.mark.parametrize(
    "value",
    [
        case("string", b'"5.1"'),
        case("true", b"true"),
        case("false", b"false"),
        case("null", b"null"),
        case("array", b"[5.1]"),
        case("object", b"{}"),
        case("empty-string", b'""'),
    ],
)
@pytest.mark.holds("json-in.strict-types")
def test_only_a_number_is_a_number(backend: Backend, value: bytes) -> None:
    content = b'{"instances":[[%b,3.5,1.4,0.2]]}' % value
    assert backend.send(post(PREDICT, content)).listed == invalid(NUMBER)


@pytest.mark.parametrize("value", [b"1", b"1.5", b"true", b"null", b"[]", b"{}", b'["Alice"]'])
@pytest.mark.holds("json-in.strict-types")
def test_only_a_string_is_a_name(backend: Backend, value: bytes) -> None:
    answer = backend.send(post(NAME, b'{"name":%b}' % value))
    assert answer.listed == invalid(("/name", "must be a string"))


@pytest.mark.parametrize("value", [b"5", b"-0", b"1e0", b"4E+0", b"18446744073709551616"])
@pytest.mark.holds("json-in.strict-types")
def test_every_number_is_a_number(backend: Backend, value: bytes) -> None:
    """An integer is one as well, however many bits it has."""
    content = b'{"instances":[[%b,3.5,1.4,0.2]]}' % value
    assert backend.send(post(PREDICT, content)).status == 200
