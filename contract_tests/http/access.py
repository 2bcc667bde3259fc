"""The way to a foreign backend: prefix, header fields, TLS, and rows for its model."""

import re
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from contract_tests.http.errors import BadField
from contract_tests.http.messages import Fields, Request
from contract_tests.http.sample import IRIS, adapted
from contract_tests.http.secrets import Secrets, secrets_of
from reports.check.results import HIDDEN
from shared.sample import Sample

_FIELD = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x21-\x7e\x80-\xff \t]*?)[ \t]*")
# The cases send these themselves, and what they send is the point.
_OURS = {"host", "content-type", "content-encoding", "content-length", "transfer-encoding"}
_OURS |= {"connection", "expect", "if-none-match"}
_REQUEST_LINE = re.compile(
    rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+ )(/[\x21-\x7e]* HTTP/1\.[01]\r\n(?:Host: [^\r\n]*\r\n)?)"
)


@dataclass(frozen=True)
class Access:
    """The changes that requests get on their way to a backend.

    prefix : goes before every path.
    fields : header fields that every request gets, unless it has one of that name itself.
    tls : settings of TLS; None for a connection without.
    sample : the rows that its model takes.
    """

    prefix: str = ""
    fields: Fields = ()
    tls: ssl.SSLContext | None = None
    sample: Sample = IRIS

    @property
    def secrets(self) -> Secrets:
        """The texts that are never written down."""
        return secrets_of(self.fields)

    def outgoing(self, data: bytes) -> bytes:
        """Return the bytes to send: a right request gets the prefix, and the fields after its host.

        Anything else, be it content or malformed on purpose, is sent as it is.
        """
        return self._outgoing(data, [value.encode("latin-1") for _, value in self.fields])

    def recorded(self, data: bytes) -> bytes:
        """The same, as it may be written down: without the values of the fields."""
        return self._outgoing(data, [HIDDEN.encode()] * len(self.fields))

    def _outgoing(self, data: bytes, values: Sequence[bytes]) -> bytes:
        if not (self.prefix or self.fields):
            return data
        line = _REQUEST_LINE.match(data)
        if line is None:
            return data
        head = data[: data.find(b"\r\n\r\n")].lower()
        added = [
            b"%b: %b\r\n" % (name.encode(), value)
            for (name, _), value in zip(self.fields, values, strict=True)
            if b"\r\n%b:" % name.lower().encode() not in head
        ]
        before = line[1] + self.prefix.encode() + line[2]
        return before + b"".join(added) + data[line.end() :]

    def adapted(self, request: Request) -> Request:
        """The request in the words of the backend's model."""
        return adapted(self.sample, request)


DIRECT = Access()
"""No change at all."""


def field_lines(given: Sequence[str], stdin: IO[str]) -> list[str]:
    """A line for each field of `--header`; raises `OSError` where a file cannot be read.

    `@FILE` and `@-` are read as curl reads them, so that a secret need not stand on the command
    line, where the shell keeps it and other users of the machine see it.
    """
    return [line for one in given for line in _lines(one, stdin)]


def parse_fields(lines: Sequence[str]) -> Fields:
    """Header fields from lines such as `Name: value`; raises `BadField`."""
    fields = []
    for line in lines:
        found = _FIELD.fullmatch(line)
        if found is None:
            raise BadField("a header field has no name, or what cannot be sent")
        if found[1].lower() in _OURS:
            raise BadField(f"the cases send {found[1]} themselves")
        fields.append((found[1], found[2]))
    return tuple(fields)


def tls_settings(ca_file: Path | None = None, *, verified: bool = True) -> ssl.SSLContext:
    """TLS with the system's authorities, or those in a file, or trusting anybody.

    Raises `OSError` where the file cannot be read.
    """
    context = ssl.create_default_context(cafile=ca_file)
    context.set_alpn_protocols(["http/1.1"])
    if not verified:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _lines(given: str, stdin: IO[str]) -> Iterator[str]:
    if not given.startswith("@"):
        yield given
        return
    text = stdin.read() if given == "@-" else Path(given[1:]).read_text(encoding="latin-1")
    yield from filter(None, map(str.strip, text.split("\n")))
