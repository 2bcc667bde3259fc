"""JSON in and out exactly as the contract wants it (RFC 8259): orjson keeps it to the letter."""

import orjson

from shared.problems import MalformedJson


def loads(content: bytes | bytearray | memoryview | str) -> object:
    """The value of one JSON text; raises `MalformedJson` for anything RFC 8259 does not allow."""
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as exc:
        raise MalformedJson from exc


def dumps(value: object) -> bytes:
    """The JSON text of `value`: UTF-8, no white space, members in the order given."""
    return orjson.dumps(value)
