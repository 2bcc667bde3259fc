"""Texts in the place of an RFC 8259 value: right, or with one rule of its grammar broken.

By production. Right ones use every production with each of its optional parts present and absent,
and every boundary of the code points' lengths in UTF-8; wrong ones break one rule each. The text
itself is its name, unless it cannot be read so.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["malformed", "object", "array", "string", "number", "literal"]


@dataclass(frozen=True)
class Value:
    """A text in the place of a value; `string` is what a string means."""

    id: str
    text: bytes
    kind: Kind
    string: str = ""


def _all(kind: Kind, texts: str | Mapping[str, str | bytes]) -> tuple[Value, ...]:
    """One value a text; texts without a name have spaces between them."""
    named = {text: text for text in texts.split()} if isinstance(texts, str) else texts
    return tuple(
        Value(name, text if isinstance(text, bytes) else text.encode(), kind)
        for name, text in named.items()
    )


def _strings(texts: Mapping[str, tuple[str, str]]) -> tuple[Value, ...]:
    """One string a pair of what is between the quotes and what it means."""
    return tuple(
        Value(name, f'"{text}"'.encode(), "string", meant) for name, (text, meant) in texts.items()
    )


def _characters(kind: Kind, numbers: Iterable[int]) -> tuple[Value, ...]:
    """One string a code point, between two letters."""
    return tuple(
        Value(f"u+{number:04x}", f'"a{chr(number)}b"'.encode(), kind, f"a{chr(number)}b")
        for number in numbers
    )


# Section 3
LITERALS = (
    *_all("literal", "null true false"),
    *_all(
        "malformed", "Null NULL True TRUE tRUE False FALSE nul tru fals n t f nulll truee falsee"
    ),
    *_all("malformed", "none None nil yes no on undefined true1 1true"),
    *_all("malformed", {"tr ue": "tr ue", "true-false": "true false", "quoted-half": '"true'}),
)

# Section 6: number = [ minus ] int [ frac ] [ exp ]
INTEGERS = (
    *_all("number", "0 -0 1 9 -1 -9 10 -10 19 1234567890"),
    *_all("number", {"2^53+1": "9007199254740993", "300-digits": "1" + "0" * 299}),
    *_all(
        "malformed", "- +1 +0 --1 -+1 1- 00 01 -01 -00 007 0x1 0X1A 0b1 0o7 1_000 1n 1L 1f $1 1%"
    ),
    *_all("malformed", {"none": "", "space-after-minus": "- 1", "space-inside": "1 0"}),
    *_all("malformed", {"fullwidth": "１", "arabic-indic": "١", "superscript": "1²"}),
    *_all("malformed", {"minus-sign": "−1", "vulgar-fraction": "½", "in-brackets": "(1)"}),
)
FRACTIONS = (
    *_all("number", "0.0 -0.0 0.5 -0.5 1.5 -1.25 10.010 1.00 0.1 0.00000001 1.0000000000000001"),
    *_all("number", {"50-digits": "3." + "14159" * 10}),
    *_all(
        "malformed", ". -. .5 -.5 +.5 1. -1. 0. 1..5 1.5. 1.5.1 00.5 1.-5 1.+5 1._5 1._ 1.x 1.5x"
    ),
    *_all("malformed", {"space-before-point": "1 .5", "space-after-point": "1. 5"}),
    *_all("malformed", {"fullwidth-digit": "1.５", "arabic-point": "1٫5"}),
)
EXPONENTS = (
    *_all("number", "1e1 1E1 1e+1 1E+1 1e-1 1E-1 1e01 1E+00 1e-00 0e0 -0e-0 12e2 -3E2"),
    *_all("number", "1.5e1 1.5E1 1.5e+1 1.5E+1 1.5e-1 1.5E-1 -0.25e1 0.0e9 100000e-5 0.00001e5"),
    *_all("malformed", "1e 1E 1e+ 1E- 1.5e 1.5e- e1 -e1 .e1 1.e1 .5e1 01e1 1ee1 1eE1 1e1e1 1e1E1"),
    *_all("malformed", "1e1.5 1e.5 1e+-1 1e++1 1e--1 1e0x1 1d1 1p1 1^1 1*10 1e1_0 1einf 1e1f"),
    *_all("malformed", {"space-before-e": "1 e1", "space-after-e": "1e 1", "fullwidth": "1e１"}),
)
_MAX = "17976931348623157"
NUMBER_RANGE = (
    *_all("number", "1.7976931348623157e308 -1.7976931348623157e308 17.976931348623157e+307"),
    *_all("number", "1.7976931348623158e308 2.2250738585072014e-308 4.9e-324 -4.9e-324 2e-324"),
    *_all("number", "1e-400 -1e-400 1e-99999999999 0e400 0e99999999999 0.0e-400"),
    *_all("number", "18446744073709551615 18446744073709551616 -9223372036854775808"),
    *_all("number", "-9223372036854775809 340282366920938463463374607431768211456"),
    *_all("number", {"largest-integer": _MAX + "0" * 292, "small": "0." + "0" * 400 + "1"}),
    *_all("malformed", "1.7976931348623159e308 -1.7976931348623159e308 1.8e308 2e308 1e309 -1e309"),
    *_all("malformed", "1e400 -1e400 1e999 -1e999 1e99999999999 0.1e310 1000e306"),
    *_all("malformed", {"309-zeros": "1" + "0" * 309, "minus-400-zeros": "-1" + "0" * 400}),
    *_all("malformed", {"fraction-after-400": "1" + "0" * 400 + ".5", "5000-digits": "9" * 5000}),
)

# Section 7: strings
ESCAPES = (
    *_strings({"empty": ("", ""), "letter": ("a", "a"), "digits": ("5.1", "5.1")}),
    *_strings({"quote": (r"\"", '"'), "backslash": (r"\\", "\\"), "slash": (r"\/", "/")}),
    *_strings({"b": (r"\b", "\b"), "f": (r"\f", "\f"), "n": (r"\n", "\n")}),
    *_strings({"r": (r"\r", "\r"), "t": (r"\t", "\t"), "two": (r"\\\"", '\\"')}),
    *_strings(
        {"u0000": (r"\u0000", "\0"), "u001f": (r"\u001f", "\x1f"), "u0022": (r"\u0022", '"')}
    ),
    *_strings(
        {"u005c": (r"\u005c", "\\"), "u005cn": (r"\u005cn", "\\n"), "u007f": (r"\u007f", "\x7f")}
    ),
    *_strings({"u0080": (r"\u0080", "\x80"), "u07ff": (r"\u07ff", "\u07ff")}),
    *_strings({"u0800": (r"\u0800", "\u0800"), "uffff": (r"\uffff", "\uffff")}),
    *_strings({"small": (r"\uabcd", "\uabcd"), "capital": (r"\uABCD", "\uabcd")}),
    *_strings({"mixed": (r"\uaBcDe", "\uabcde"), "within": (r"Z\u006f\u00eb", "Zoë")}),
    *_all("malformed", {r"\v": r'"\v"', r"\0": r'"\0"', r"\'": r'"\'"'}),
    *_all("malformed", {"x41": r'"\x41"', "space": r'"\ n"', "raw-line-end": '"\\\n"'}),
    *_all("malformed", {"raw-tab": '"\\\t"', "raw-nul": '"\\\0"', "at-the-end": '"a\\"'}),
    *_all(
        "malformed", {rf"\u{cut}": rf'"\u{cut}"' for cut in ("", "0", "00", "004", "{41}", "+041")}
    ),
    *_all(
        "malformed",
        {rf"\u{odd}": rf'"\u{odd}"' for odd in ("004g", "g041", "0x41", "-041", "00 1")},
    ),
    *_all("malformed", {"fullwidth-digit": '"\\u004１"', "cut-by-escape": r'"\u00\u0041"'}),
)
# Of these all are alike: each stands at one level, in turn.
UNKNOWN_ESCAPES = _all(
    "malformed", {rf"\{char}": rf'"\{char}"' for char in "aexzBFNRTUX189`$&(-;<é"}
)
SURROGATES = (
    *_strings(
        {
            "first-pair": (r"\ud800\udc00", "\U00010000"),
            "last-pair": (r"\udbff\udfff", "\U0010ffff"),
        }
    ),
    *_strings({"capitals": (r"\uD83D\uDE00", "😀"), "within": (r"a\ud83d\ude00b", "a😀b")}),
    *_strings(
        {"two-pairs": (r"\ud83d\ude00\ud83d\ude01", "😀😁"), "before": (r"\ud7ff", "\ud7ff")}
    ),
    *_strings({"after": (r"\ue000", "\ue000"), "escaped-backslash": (r"\\ud800", r"\ud800")}),
    *_all("malformed", {u: rf'"\u{u}"' for u in ("d800", "dbff", "dc00", "dfff", "D83D", "DE00")}),
    *_all("malformed", {"turned": r'"\ude00\ud83d"', "two-high": r'"\ud83d\ud83d"'}),
    *_all("malformed", {"two-low": r'"\ude00\ude00"', "high-letter": r'"\ud83da"'}),
    *_all("malformed", {"high-escape": r'"\ud83d\n"', "high-plain": r'"\ud83d\u0041"'}),
    *_all("malformed", {"high-raw": r'"\ud83d😀"', "high-cut": r'"\ud83d\ude0"'}),
    *_all("malformed", {"high-pair": r'"\ud83d\ud83d\ude00"', "pair-low": r'"\ud83d\ude00\ude00"'}),
    *_all("malformed", {"high-backslash": r'"\ud83d\\ude00"', "in-a-name": r'{"\ud83d":1}'}),
    *_all("malformed", {"raw-low": b'"\\ud83d\xed\xb8\x80"'}),
)
CHARACTERS = (
    *_characters("string", [0x20, 0x21, 0x23, 0x26, 0x27, 0x2F, 0x3C, 0x5B, 0x5D, 0x7E, 0x7F]),
    *_characters("string", [0x85, 0xA0, 0xAD, 0x301, 0x200B, 0x200E, 0x2028, 0x2029, 0xFEFF]),
    *_characters("malformed", [0x00, 0x09, 0x0A, 0x1F]),
    *_all(
        "malformed", {"no-quote": "a", "no-end": '"a', "no-start": 'a"', "quote-inside": '"a"b"'}
    ),
    *_all("malformed", {"single": "'a'", "mixed": "\"a'", "backtick": "`a`", "curly": "“a”"}),
    *_all("malformed", {"double-double": '""a""', "two-strings": '"a" "b"', "joined": '"a"+"b"'}),
    *_all("malformed", {"prefix": 'u"a"', "python-bytes": 'b"a"', "triple": '"""a"""'}),
)
CONTROLS = _characters("malformed", (*range(0x01, 0x09), *range(0x0B, 0x1F)))
UTF_8 = (
    *_characters("string", [0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFD, 0xFFFE, 0xFFFF]),
    *_characters("string", [0x10000, 0x3FFFF, 0x40000, 0xFFFFF, 0x100000, 0x10FFFF]),
    *_all(
        "malformed",
        {
            name.replace(" ", ""): b'"a%bb"' % bytes.fromhex(name)
            for name in (
                # Continuation bytes alone, and characters that lack some.
                *("80", "bf", "c2", "df", "e0 a0", "e2 82", "ef bf", "f0 90 80", "f0 9f 98", "f4"),
                # One continuation byte too many.
                *("c2 80 80", "e2 82 ac 80", "f0 9f 98 80 80"),
                # Longer than need be.
                *("c0 80", "c0 af", "c1 bf", "e0 80 af", "e0 9f bf", "f0 80 80 af", "f0 8f bf bf"),
                # Surrogates, alone and in a pair; beyond Unicode; bytes that are in no UTF-8.
                *("ed a0 80", "ed af bf", "ed b0 80", "ed bf bf", "ed a0 bd ed b8 80"),
                *(
                    "f4 90 80 80",
                    "f5 80 80 80",
                    "f7 bf bf bf",
                    "f8 88 80 80 80",
                    "fc 84 80 80 80 80",
                ),
                *("fe", "ff", "eb", "93"),
            )
        },
    ),
    *_all("malformed", {"between": b"[1,\xff2]", "no-break-space": b"[1,\xa02]"}),
    *_all("malformed", {"in-a-name": b'{"\xff":1}', "for-a-value": b"\xc3"}),
)

# Sections 5 and 4
ARRAYS = (
    *_all("array", '[] [1] [1,2] [[]] [[],[]] [[[1]],2] [{}] ["",1,null,true,{},[]]'),
    *_all("array", {"space": "[ ]", "spaces": "[ 1 , 2 ]", "1000": "[" + "1," * 999 + "1]"}),
    *_all(
        "malformed", "[ ] [1 1] [1,2 [[] []] [[1] [1]] [1} {1] [1) (1) (1,2) <1> [1:2] [1;2] [1|2]"
    ),
    *_all("malformed", '[,1] [1,,2] [1][ []1 1[] ["a":1] ["a [1...] [*]'),
    *_all("malformed", {"two-values": "[1 2]", "two-arrays": "[] []", "turned": "]["}),
    *_all("malformed", {"arabic-comma": "[1،2]", "fullwidth": "［1］"}),
)
OBJECTS = (
    *_all(
        "object", '{} {"a":1} {"":0} {"a":1,"b":2} {"a":{}} {"a":[]} {"a":null} {"a":{"a":{"a":1}}}'
    ),
    *_all("object", {"space": "{ }", "spaces": '{ "a" : 1 , "b" : 2 }', "same": '{"a":1,"a":2}'}),
    *_all("object", {"escaped-name": r'{"\u0061\n":1}', "same-escaped": r'{"a":1,"\u0061":2}'}),
    *_all("object", {"100": "{" + ",".join(f'"{number}":0' for number in range(100)) + "}"}),
    *_all("malformed", '{ } {"a" {"a": {"a":1 {"a":1, "a":1 "a":1} {"a"} {"a":} {"a",1} {"a"=1}'),
    *_all("malformed", '{"a"=>1} {"a";1} {:1} {:} {1} {,"a":1} {"a":1,,"b":2} {"a":1;"b":2}'),
    *_all("malformed", '{"a"::1} {"a":1:2} {"a":1}} {{"a":1} {"a":1] ["a":1} {"a":1,"b"} {"a":1)'),
    *_all(
        "malformed", """{a:1} {'a':1} {1:1} {null:1} {true:1} {[]:1} {{}:1} {"a:1} {a":1} {-:1}"""
    ),
    *_all("malformed", {"no-comma": '{"a":1 "b":2}', "no-colon": '{"a" 1}', "tab": '{"a\t":1}'}),
    *_all("malformed", {"name-twice": '{"a" "b":1}', "two-objects": "{} {}"}),
    *_all("malformed", {"fullwidth-colon": '{"a"：1}', "unknown-escape": r'{"\a":1}'}),
)
TRAILING_COMMAS = (
    *_all(
        "malformed", '[1,] [1,2,] [,] [[1,]] [[],] {"a":1,} {"a":1,"b":2,} {,} {"a":[1,]} {"a":{},}'
    ),
    *_all("malformed", {"space": "[1, ]", "space-before": "[1 ,]", "line-end": '{"a":1,\n}'}),
    *_all("malformed", {"two": "[1,,]", "after": '{"a":1},', "after-a-number": "1,,"}),
)
NOT_A_NUMBER = (
    *_all(
        "malformed", "NaN -NaN +NaN nan NAN Infinity -Infinity +Infinity infinity inf -inf Inf INF"
    ),
    *_all("malformed", '1.#INF 1.#QNAN [NaN] [-Infinity] {"a":NaN} {"a":Infinity} nan(0) 1/0'),
)
