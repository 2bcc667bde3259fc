"""A request as a test writes it down, and an answer as a test compares it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http.client import responses
from typing import Any, TypeVar

import orjson

from contract_tests.http.errors import BrokenAnswer
from shared.contract import JSON_TYPE

Fields = tuple[tuple[str, str], ...]
Value = TypeVar("Value", int, str, list[Any], dict[str, Any])

_KINDS = {int: "a whole number", str: "a string", list: "an array", dict: "an object"}

# Header fields that the contract speaks of, and those that would change what an answer means.
LISTED_FIELDS = (
    "Content-Type",
    "Content-Length",
    "Content-Encoding",
    "Cache-Control",
    "Allow",
    "ETag",
    "Location",
    "Retry-After",
    "WWW-Authenticate",
)


@dataclass(frozen=True)
class Request:
    """One request; `target` is as on the wire, `chunks` (not None) are sent with chunked coding."""

    method: str
    target: str
    fields: Fields = ()
    content: bytes = b""
    chunks: tuple[bytes, ...] | None = None

    @property
    def framed_fields(self) -> Fields:
        """The header fields with the one that frames the content (RFC 9112 section 6).

        A `Content-Length` among `fields` is sent as it is, be it true or not.
        """
        if any(name.lower() == "content-length" for name, _ in self.fields):
            return self.fields
        if self.chunks is not None:
            return (*self.fields, ("Transfer-Encoding", "chunked"))
        if self.content or self.method == "POST":
            return (*self.fields, ("Content-Length", str(len(self.content))))
        return self.fields

    def fields_with_host(self, host: str) -> Fields:
        """Return the framed header fields, after a `Host` of its own or else `host`."""
        own = [field for field in self.fields if field[0].lower() == "host"]
        others = [field for field in self.framed_fields if field not in own]
        return (*(own or [("Host", host)]), *others)

    @property
    def whole_content(self) -> bytes:
        """The content without its framing."""
        return self.content if self.chunks is None else b"".join(self.chunks)

    def head_bytes(self, host: str, version: str = "1.1") -> bytes:
        """Request line and header fields as sent, the empty line included."""
        fields = self.fields_with_host(host)
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields)
        return f"{self.method} {self.target} HTTP/{version}\r\n{lines}\r\n".encode("latin-1")

    def content_bytes(self) -> bytes:
        """The content as sent: framed, where it is chunked."""
        if self.chunks is None:
            return self.content
        framed = (b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in self.chunks if chunk)
        return b"".join(framed) + b"0\r\n\r\n"

    def with_fields(self, *fields: tuple[str, str]) -> "Request":
        """The same request with more header fields."""
        return replace(self, fields=(*self.fields, *fields))

    def in_chunks(self, size_bytes: int = 7) -> "Request":
        """The same request with its content in chunks of at most `size_bytes`."""
        chunks = tuple(
            self.content[start : start + size_bytes]
            for start in range(0, len(self.content), size_bytes)
        )
        return replace(self, content=b"", chunks=chunks)

    def __str__(self) -> str:
        fields = "".join(f" {name}: {_short(value)};" for name, value in self.framed_fields)
        content = self.whole_content
        tail = f" {content[:200]!r}" if content else ""
        more = f" and {len(content) - 200} bytes more" if len(content) > 200 else ""
        return f"{self.method} {_short(self.target)}{fields}{tail}{more}"


@dataclass(frozen=True)
class Answer:
    """One answer, whole; `interim` are the statuses of the 1xx answers before it."""

    status: int
    fields: Fields
    content: bytes
    interim: tuple[int, ...] = ()

    def values(self, name: str) -> list[str]:
        """The values of all header fields called `name`, in any case."""
        return [value for own, value in self.fields if own.lower() == name.lower()]

    def field(self, name: str) -> str | None:
        """The value of the header field `name`; None without one, joined where it is repeated."""
        return ", ".join(values) if (values := self.values(name)) else None

    def json(self) -> Any:
        """The content read as JSON; raises `BrokenAnswer` where it is none."""
        try:
            return orjson.loads(self.content)
        except orjson.JSONDecodeError as exc:
            raise BrokenAnswer("the content is no JSON", self.wire_bytes(), "JSON") from exc

    def compact(self) -> bytes:
        """The content as JSON without white space; raises `BrokenAnswer` where it is none."""
        try:
            return orjson.dumps(self.json())
        except orjson.JSONEncodeError as exc:
            fault = "the content is nested deeper than any answer"
            raise BrokenAnswer(fault, self.wire_bytes(), "JSON that is not nested so deep") from exc

    def members(self) -> dict[str, Any]:
        """The content read as a JSON object; raises `BrokenAnswer` where it is none."""
        value = self.json()
        if not isinstance(value, dict):
            raise BrokenAnswer("the content is no object", self.wire_bytes(), "a JSON object")
        return value

    def member(self, name: str, kind: type[Value]) -> Value:
        """The member `name` of the content; raises `BrokenAnswer` unless it is of this kind."""
        value = self.members().get(name)
        if not isinstance(value, kind) or isinstance(value, bool):
            wanted = f"an object whose member {name!r} is {_KINDS[kind]}"
            raise BrokenAnswer(f"it is not {wanted}", self.wire_bytes(), wanted)
        return value

    def number_rows(self, name: str) -> list[list[float]]:
        """The member `name`, which must hold arrays of numbers; raises `BrokenAnswer`."""
        rows = self.member(name, list)
        if not all(isinstance(row, list) and all(map(_is_number, row)) for row in rows):
            wanted = f"an object whose member {name!r} holds arrays of numbers"
            raise BrokenAnswer(f"it is not {wanted}", self.wire_bytes(), wanted)
        return rows

    def wire_bytes(self) -> bytes:
        """The answer as a server would write it."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in self.fields)
        head = f"HTTP/1.1 {self.status} {responses.get(self.status, '')}\r\n{lines}\r\n"
        return head.encode("latin-1") + self.content

    @property
    def listed(self) -> "Expected":
        """The parts that the contract is about: status, listed header fields, content."""
        present = {name: self.field(name) for name in LISTED_FIELDS}
        listed = {name: value for name, value in present.items() if value is not None}
        return Expected(self.status, listed, self.content)

    def __str__(self) -> str:
        fields = "".join(f" {name}: {_short(value)};" for name, value in self.fields)
        return f"{self.status}{fields} {self.content[:300]!r}"


@dataclass(frozen=True)
class Expected:
    """An answer as it must be, byte for byte."""

    status: int
    fields: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""

    def without_content(self) -> "Expected":
        """The same answer to `HEAD` (RFC 9110 section 9.3.2)."""
        return replace(self, content=b"")

    def __str__(self) -> str:
        lines = [str(self.status), *(f"{name}: {self.fields[name]}" for name in self.fields)]
        return "\n".join(lines) + "\n\n" + self.content.decode("utf-8", "backslashreplace")


def get(target: str, *fields: tuple[str, str]) -> Request:
    """A `GET` request."""
    return Request("GET", target, fields)


def post(target: str, content: bytes, *fields: tuple[str, str]) -> Request:
    """A `POST` request of JSON; `fields` come after its `Content-Type`."""
    return Request("POST", target, (("Content-Type", JSON_TYPE), *fields), content)


def post_value(target: str, value: object) -> Request:
    """A `POST` request of `value` as JSON."""
    return post(target, orjson.dumps(value))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _short(text: str) -> str:
    return text if len(text) <= 100 else f"{text[:60]}… ({len(text)} characters)"
