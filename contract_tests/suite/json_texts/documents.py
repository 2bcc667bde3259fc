"""JSON texts, right and wrong, that are not about one value: what is between tokens and around.

A right text of `letter_count` has its name beside it.
"""

from itertools import product

_ALICE = b'{"name":"Alice"}'
ROW = b'{"instances":[[5.1,3.5,1.4,0.2]]}'
DEEPEST = 1024

# White space: section 2 of RFC 8259; it may be between any two tokens.
_TOKENS = (
    "", "{", '"name"', ":", '"Alice"', ",", '"x"', ":", "[",
    "1", ",", "{", "}", ",", "[", "]", "]", "}", "",
)  # fmt: skip
_PLACES = range(len(_TOKENS) - 1)


def _put(between: dict[str, str], places: range) -> dict[str, bytes]:
    """A text for each that is put between two tokens, and each place; places count from 0."""
    return {
        f"{name}-{place}": (
            "".join(_TOKENS[: place + 1]) + text + "".join(_TOKENS[place + 1 :])
        ).encode()
        for (name, text), place in product(between.items(), places)
    }


_SPACES = {"space": " ", "tab": "\t", "line-feed": "\n", "carriage-return": "\r"}
SPACED = {
    name: (content, "Alice")
    for name, content in {
        **_put(_SPACES, _PLACES),
        "all-everywhere": "".join(_SPACES.values()).join(_TOKENS).encode(),
    }.items()
}
# What some parsers, and many a `strip`, take for white space.
OTHER_SPACES = _put({"vertical-tab": "\v", "form-feed": "\f", "byte-order-mark": "\ufeff"}, _PLACES)
OTHER_SPACES |= _put({"nul": "\0", "no-break-space": "\xa0", "backslash-n": r"\n"}, _PLACES)
OTHER_SPACES |= _put({"next-line": "\x85", "line-separator": "\u2028"}, _PLACES[::3])
OTHER_SPACES |= _put({"file-separator": "\x1c", "ideographic": "\u3000"}, _PLACES[1::3])
OTHER_SPACES |= _put({"zero-width": "\u200b", "delete": "\x7f", "backspace": "\b"}, _PLACES[2::3])

COMMENTED = _put({"line": "//c\n", "block": "/*c*/"}, _PLACES)
COMMENTED |= _put({"hash": "#c\n", "empty-block": "/**/", "open-block": "/*c"}, _PLACES[::4])
COMMENTED |= _put({"markup": "<!--c-->", "sql": "--c\n", "semicolon": ";c\n"}, _PLACES[1::4])
COMMENTED |= {"line-without-end": _ALICE + b"//", "slash": _ALICE + b"/", "star": b"*/" + _ALICE}

EMPTY = {
    "nothing": b"",
    "space": b" ",
    "line-end": b"\r\n",
    "all-spaces": b" \t\n\r",
    "nul": b"\0",
    "comma": b",",
    "comment": b"//",
}
_AROUND = {
    "two-objects": b"{}%b",
    "two-lines": b"%b\n{}\n",
    "word-after": b"%b x",
    "letter-after": b"%bx",
    "nul-after": b"%b\0",
    "brace-after": b"%b}",
    "bracket-after": b"%b]",
    "comma-after": b"%b,",
    "colon-after": b"%b:",
    "semicolon-after": b"%b;",
    "number-after": b"%b1",
    "null-after": b"%b null",
    "string-after": b'%b""',
    "member-after": b'%b,"x":1',
    "end-of-file-after": b"%b\x1a",
    "high-byte-after": b"%b\xff",
    "comma-before": b",%b",
    "colon-before": b":%b",
    "word-before": b"x%b",
    "brace-before": b"{%b",
    "record-separator-before": b"\x1e%b\n",
    "guard-before": b")]}',\n%b",
    "loop-before": b"for(;;);%b",
    "yaml-before": b"---\n%b",
    "call": b"callback(%b)",
    "parentheses": b"(%b)",
    "assignment": b"x=%b",
    "half-string": b'"%b',
}
NOT_ONE_ROW = {name: around % ROW for name, around in _AROUND.items()}
NOT_ONE_OBJECT = {name: around % _ALICE for name, around in _AROUND.items()}
# No beginning of an object is JSON.
NOT_ONE_OBJECT |= {f"first-{cut}-bytes": _ALICE[:cut] for cut in range(1, len(_ALICE))}

_MARK = b"\xef\xbb\xbf"
_LOVE = '{"name":"愛"}'
ENCODED = {
    "mark": _MARK + _ALICE,
    "two-marks": _MARK * 2 + _ALICE,
    "mark-alone": _MARK,
    "half-a-mark": _MARK[:2] + _ALICE,
    "mark-after-space": b" " + _MARK + _ALICE,
    "mark-at-the-end": _ALICE + _MARK,
    "mark-before-a-row": _MARK + ROW,
    "utf-16-mark": b"\xff\xfe" + _ALICE,
    "utf-16-mark-alone": b"\xfe\xff",
    "latin-1": '{"name":"Zoë"}'.encode("latin-1"),
    "message-pack": b"\x81\xa4name\xa5Alice",
} | {
    name: _LOVE.encode(name)
    for name in (
        *("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"),
        *("shift-jis", "gb18030", "big5"),
    )
}
# Without a character beyond ASCII, where a parser may guess from the first bytes.
ENCODED |= {f"{name}-ascii": _ALICE.decode().encode(name) for name in ("utf-16-le", "utf-32-be")}
ENCODED |= {"ebcdic": _ALICE.decode().encode("cp500")}


def _arrays(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


def _objects(depth: int) -> bytes:
    return b'{"x":' * (depth - 1) + b"{}" + b"}" * (depth - 1)


def _named(inner: bytes) -> tuple[bytes, str]:
    return b'{"x":%b,"name":"Alice"}' % inner, "Alice"


DEEP = {
    **{f"{depth}-arrays": _named(_arrays(depth - 1)) for depth in (2, 17, 101, 513, 1023, 1024)},
    **{f"{depth}-objects": _named(_objects(depth - 1)) for depth in (2, 101, 1024)},
    "1024-both": _named(b'[{"x":' * 511 + b"[]" + b"}]" * 511),
    "often-1024": _named(b"[" + b",".join([_arrays(1022)] * 5) + b"]"),
}
TOO_DEEP = {
    "1025-arrays": _arrays(DEEPEST + 1),
    "1025-arrays-in-a-member": _named(_arrays(DEEPEST))[0],
    "1025-objects": _objects(DEEPEST + 1),
    "1025-objects-in-a-member": _named(_objects(DEEPEST))[0],
    "1025-both": b'[{"x":' * 512 + b"[]" + b"}]" * 512,
    "1026-arrays": _arrays(DEEPEST + 2),
    "2048-arrays": _arrays(2 * DEEPEST),
    "100000-arrays": _arrays(100_000),
    "100000-objects": _objects(100_000),
    "open-1024-arrays": b"[" * DEEPEST,
    "open-100000-arrays": b"[" * 100_000,
    "open-100000-objects": b'{"x":' * 100_000,
    "one-closed-too-often": _arrays(100) + b"]",
    "one-closed-too-seldom": b"[" + _arrays(100),
}

# Members: the last of several with one name counts, and unknown ones do not.
NAMED_MEMBERS = {
    "two-names": (b'{"name":"Alice","name":"Bob"}', "Bob"),
    "three-names": (b'{"name":"Alice","name":"Bob","name":""}', ""),
    "first-name-is-wrong": (b'{"name":1,"name":"Bob"}', "Bob"),
    "second-name-is-escaped": (b'{"name":"Alice","n\\u0061me":"Bob"}', "Bob"),
    "first-name-is-escaped": (b'{"n\\u0061me":"Alice","name":"Bob"}', "Bob"),
    "unknown": (b'{"surname":null,"name":"Alice","":{},"letter_count":9}', "Alice"),
    "unknown-after": (b'{"name":"Alice","Name":"Bob","name ":1,"NAME":2}', "Alice"),
    "unknown-alone": (b'{"Name":"Alice"," name":"Bob","nam":1}', ""),
    "unknown-twice": (b'{"x":1,"name":"Alice","x":[]}', "Alice"),
    "inside-unknown": (b'{"x":{"name":"Bob"},"name":"Alice"}', "Alice"),
    "of-predict": (b'{"instances":1,"name":"Alice"}', "Alice"),
    "of-python": (b'{"__proto__":{"name":1},"__class__":1,"self":1,"name":"Alice"}', "Alice"),
    "1000-unknown": (
        b'{"name":"Alice",%b}' % b",".join(b'"%d":%d' % (n, n) for n in range(1000)),
        "Alice",
    ),
}
ROW_MEMBERS = {
    "two-rows-members": b'{"instances":[],"instances":[[5.1,3.5,1.4,0.2]]}',
    "escaped-rows-member": b'{"inst\\u0061nces":7,"instances":[[5.1,3.5,1.4,0.2]]}',
    "model-version": b'{"model_versions":7,"instances":[[5.1,3.5,1.4,0.2]]}',
    "parameters": b'{"instances":[[5.1,3.5,1.4,0.2]],"parameters":{"a":[]},"id":null}',
    "of-letter-count": b'{"name":5,"instances":[[5.1,3.5,1.4,0.2]]}',
}
_ROWS, _STRING = "must be an array", "must be a string"
WRONG_MEMBERS = {
    "second-name-is-wrong": (b'{"name":"Alice","name":1}', "/name", _STRING),
    "name-is-null": (b'{"name":null}', "/name", _STRING),
    "last-rows-are-none": (
        b'{"instances":[[5.1,3.5,1.4,0.2]],"instances":[]}',
        "/instances",
        "must have 1 to 1024 rows",
    ),
    "last-rows-are-wrong": (b'{"instances":[[1,2,3,4]],"instances":"x"}', "/instances", _ROWS),
    "rows-of-another-name": (b'{"Instances":[[1,2,3,4]]}', "/instances", "is required"),
    "rows-in-a-string": (b'{"instances":"[[1,2,3,4]]"}', "/instances", _ROWS),
    "a-row-in-an-object": (b'{"instances":[{"0":1}]}', "/instances/0", _ROWS),
}
