"""Reading a request's content without ever holding more than the limit (RFC 9110 section 8.6)."""

from collections.abc import Callable

from shared.problems import ContentTooLarge, IncompleteContent

# More digits than any length that fits memory has; spares int() a field of thousands of digits.
_LONGEST_LENGTH_DIGITS = 18


def declared_length(value: str | None, limit: int) -> int | None:
    """The bytes that a `Content-Length` value declares; None where it is missing or empty.

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
        """Takes one more chunk; raises `ContentTooLarge` instead of growing past the limit."""
        if self.received_bytes + len(chunk) > self._limit:
            self._buffer.clear()
            raise ContentTooLarge
        self._buffer += chunk

    @property
    def received_bytes(self) -> int:
        """How much has come."""
        return len(self._buffer)

    def bytes(self) -> bytes:
        """The whole content; raises `IncompleteContent` if it is not as long as declared."""
        if self._declared_bytes not in (None, self.received_bytes):
            raise IncompleteContent(self._declared_bytes, self.received_bytes)
        return bytes(self._buffer)


def read_limited(read: Callable[[int], bytes], limit: int, declared_bytes: int | None) -> bytes:
    """The whole content from a file-like `read(size)`, as WSGI's `wsgi.input` has it.

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
