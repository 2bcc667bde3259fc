"""Request content: the media type, the length, the bytes and the JSON text in them.

Content is never held beyond the limit (RFC 9110 section 8.6), and orjson keeps JSON to the letter
of RFC 8259, in and out.
"""

import re
from collections.abc import Callable, Sequence

import orjson

from shared.contract import JSON_TYPE
from shared.problems import (
    ContentTooLarge,
    IncompleteContent,
    MalformedJson,
    UnsupportedMediaType,
)

_BLANKS = " \t"
# A parameter's value is a token or a quoted string, in which a backslash may stand before any
# character (RFC 9110 sections 5.6.4 and 5.6.6).
_UTF_8 = re.compile(r'charset=(?:utf-8|"\\?u\\?t\\?f\\?-\\?8")')
# More digits than any length that fits memory has; spares int() a field of thousands of digits.
_LONGEST_LENGTH_DIGITS = 18


def require_json(content_types: Sequence[str], content_encodings: Sequence[str]) -> None:
    """Raise `UnsupportedMediaType` unless the content is plain `application/json`.

    content_types, content_encodings : the raw values of all fields named `Content-Type` and
        `Content-Encoding`, one item a field; empty where the field is missing.
    """
    if len(content_types) != 1 or not (
        content_types[0] == JSON_TYPE or _is_json(content_types[0].lower())
    ):
        raise UnsupportedMediaType
    if content_encodings and (
        len(content_encodings) != 1 or content_encodings[0].strip(_BLANKS).lower() != "identity"
    ):
        raise UnsupportedMediaType


def _is_json(content_type: str) -> bool:
    """Whether a media type in lower case is JSON; its only parameter may be UTF-8 as charset."""
    media_type, *parameters = (part.strip(_BLANKS) for part in content_type.split(";"))
    # Empty parameters, as in `application/json;`, are allowed and mean nothing (section 5.6.6).
    named = [parameter for parameter in parameters if parameter]
    return media_type == JSON_TYPE and (
        not named or (len(named) == 1 and _UTF_8.fullmatch(named[0]) is not None)
    )


def declared_length(value: str | None, limit: int) -> int | None:
    """Return the bytes that a `Content-Length` declares; None where it is missing or empty.

    Raises `ContentTooLarge` over `limit` bytes, and `IncompleteContent` for what is no length:
    content of unknown length can never be known to be whole.
    """
    if not value:
        return None
    digits = value.strip(" \t").lstrip("0")
    if not (value.isascii() and value.strip(" \t").isdigit()):
        raise IncompleteContent(declared=value, received_bytes=0)
    if len(digits) > _LONGEST_LENGTH_DIGITS or int(digits or "0") > limit:
        raise ContentTooLarge
    return int(digits or "0")


class ContentBuffer:
    """Content that arrives in chunks, of at most `limit` bytes.

    declared_bytes : what `declared_length` gave; None for chunked content, which is as long as
        it is.
    """

    def __init__(self, limit: int, declared_bytes: int | None = None) -> None:
        self._limit = limit
        self._declared_bytes = declared_bytes
        self._buffer = bytearray()

    def append(self, chunk: bytes) -> None:
        """Add a chunk; raises `ContentTooLarge` instead of growing past the limit."""
        if self.received_bytes + len(chunk) > self._limit:
            self._buffer.clear()
            raise ContentTooLarge
        self._buffer += chunk

    @property
    def received_bytes(self) -> int:
        """The number of bytes that have come."""
        return len(self._buffer)

    def bytes(self) -> bytes:
        """Return the whole content; raises `IncompleteContent` if it is not as long as declared."""
        if self._declared_bytes not in (None, self.received_bytes):
            raise IncompleteContent(self._declared_bytes, self.received_bytes)
        return bytes(self._buffer)


def read_limited(read: Callable[[int], bytes], limit: int, declared_bytes: int | None) -> bytes:
    """Return the whole content from a file-like `read(size)`, as of WSGI's `wsgi.input`.

    Reads `declared_bytes`, or where that is None (chunked content) up to its end, and in no case
    more than `limit` + 1 bytes. Raises `ContentTooLarge`, and `IncompleteContent` where the
    content ends before its declared length or cannot be read to its end.
    """
    content = ContentBuffer(limit, declared_bytes)
    left = limit + 1 if declared_bytes is None else min(declared_bytes, limit + 1)
    while left > 0:
        try:
            chunk = read(left)
        except Exception as exc:
            # The server's own exception for broken chunks or a lost connection, such as
            # gunicorn's ParseException: PEP 3333 names none, but content ends here in any case.
            raise IncompleteContent(declared_bytes, content.received_bytes) from exc
        if not chunk:
            break
        content.append(chunk)
        left -= len(chunk)
    return content.bytes()


def loads(content: bytes | bytearray | memoryview | str) -> object:
    """Return the value of one JSON text; raises `MalformedJson` for all else (RFC 8259)."""
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as exc:
        raise MalformedJson from exc


def dumps(value: object) -> bytes:
    """Return the JSON text of `value`: UTF-8, no white space, members in the order given."""
    return orjson.dumps(value)
