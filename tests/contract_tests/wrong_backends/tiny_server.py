"""A small HTTP/1.1 server around a WSGI application, right to the letter, to be made wrong.

It serves the suite and nothing else: one thread a connection, no time-outs, no limits that a test
does not ask for.
"""

import contextlib
import re
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus

from contract_tests.backends.wsgi_call import WsgiApp, call_environ, environ_of
from contract_tests.http.messages import Answer, Fields, Request

HEAD_LIMIT_BYTES = 16 * 1024
_REQUEST_LINE = re.compile(
    rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) "
    rb"(?:http://[^/? ]+)?(/[\x21-\x7e]*|(?<! )(?:\?[\x21-\x7e]*)?) HTTP/1\.([01])\r\n"
)
_FIELD_LINE = re.compile(
    rb"([!#$%&'*+.^`|~0-9A-Za-z-]+):[ \t]*([\x20-\x7e\x80-\xff\t]*?)[ \t]*\r\n"
)


class Malformed(Exception):
    """A request that is not HTTP to the letter."""


class Gone(Exception):
    """The client has closed its sending side."""


@dataclass(frozen=True)
class Head:
    """The part of a request before its content."""

    method: str
    target: str
    fields: Fields
    keep: bool
    length: int | None
    """Declared length; None for chunked content."""
    expects_continue: bool


class Incoming:
    """The bytes of one connection."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.buffer = bytearray()

    def fill(self) -> None:
        """Receives more; raises `Gone` at the end."""
        received = self.connection.recv(64 * 1024)
        if not received:
            raise Gone
        self.buffer += received

    def line(self) -> bytes:
        """The next line, its end included."""
        while b"\n" not in self.buffer:
            if len(self.buffer) > HEAD_LIMIT_BYTES:
                raise Malformed
            self.fill()
        return self.take(self.buffer.index(b"\n") + 1)

    def take(self, count: int) -> bytes:
        """The next `count` bytes."""
        while len(self.buffer) < count:
            self.fill()
        taken = bytes(self.buffer[:count])
        del self.buffer[:count]
        return taken


class Content:
    """A request's content, read from the connection only when it is asked for.

    Where it breaks off it just ends for the application, as with most servers; `broken` tells.
    """

    chunk_line = re.compile(rb"([0-9A-Fa-f]{1,8})(?:;[\x20-\x7e]*)?\r\n")
    trailer_line = _FIELD_LINE

    def __init__(self, incoming: Incoming, head: Head, ask: Callable[[], None]) -> None:
        self._pieces = (
            self._chunks(incoming) if head.length is None else self._fixed(incoming, head)
        )
        self._left = b""
        self._ask = ask
        self.broken = False

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes, as many as there are."""
        try:
            while size < 0 or len(self._left) < size:
                self._left += next(self._pieces)
        except StopIteration:
            pass
        except (Gone, Malformed):
            self.broken = True
        count = len(self._left) if size < 0 else size
        taken, self._left = self._left[:count], self._left[count:]
        return taken

    def _fixed(self, incoming: Incoming, head: Head) -> Iterator[bytes]:
        left = head.length or 0
        if left:
            self._ask()
        while left:
            piece = incoming.take(min(left, max(1, len(incoming.buffer)), 64 * 1024))
            left -= len(piece)
            yield piece

    def _chunks(self, incoming: Incoming) -> Iterator[bytes]:
        self._ask()
        while size := self._size(incoming):
            yield incoming.take(size)
            if incoming.take(2) != b"\r\n":
                raise Malformed
        while (line := incoming.line()) != b"\r\n":
            if self.trailer_line.fullmatch(line) is None:
                raise Malformed

    def _size(self, incoming: Incoming) -> int:
        found = self.chunk_line.fullmatch(incoming.line())
        if found is None:
            raise Malformed
        return int(found[1], 16)


class TinyServer:
    """Serves an application on a free port until it is closed."""

    content_type = Content

    def __init__(self, app: WsgiApp) -> None:
        self.app = app
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._open: set[socket.socket] = set()
        self.closing = threading.Event()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """The URL at which it answers."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        """Stops listening and drops what is open."""
        self.closing.set()
        # `close` alone would not wake the thread that waits in `accept`.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def take(self, connection: socket.socket) -> None:
        """Lets a new connection be served; whoever comes next waits until this returns."""
        threading.Thread(target=self.serve, args=[connection], daemon=True).start()

    def serve(self, connection: socket.socket) -> None:
        """Serves a connection to its end."""
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Whoever vanishes, and whatever a wrong server stumbles over, ends this connection only.
        with connection, contextlib.suppress(OSError, Gone):
            self.serve_connection(Incoming(connection))
            self._linger(connection)
        self._open.discard(connection)

    def serve_connection(self, incoming: Incoming) -> None:
        """Answers one request after the other."""
        while self.serve_request(incoming):
            pass

    def serve_request(self, incoming: Incoming) -> bool:
        """Answers one request; whether the connection may go on."""
        try:
            head = self.read_head(incoming)
            answer, content = self.answer(incoming, head)
        except Malformed:
            self.refuse(incoming)
            return False
        if content.broken:
            self.refuse(incoming)
            return False
        self.write(incoming, head, answer)
        # What the application left unread is not the next request.
        while content.read(64 * 1024):
            pass
        return head.keep and not content.broken

    def answer(self, incoming: Incoming, head: Head) -> tuple[Answer, Content]:
        """The application's answer, and what is left of the content."""

        def ask() -> None:
            if head.expects_continue and not incoming.buffer:
                self.ask_for_content(incoming)

        content = self.content_type(incoming, head, ask)
        chunks = () if head.length is None else None
        request = Request(head.method, head.target, head.fields, chunks=chunks)
        return call_environ(self.app, environ_of(request, content)), content

    def ask_for_content(self, incoming: Incoming) -> None:
        """Tells a client that waits to go on (RFC 9110 section 10.1.1)."""
        incoming.connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

    def refuse(self, incoming: Incoming) -> None:
        """Answers what is malformed."""
        incoming.connection.sendall(
            b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )

    def write(self, incoming: Incoming, head: Head, answer: Answer) -> None:
        """Sends an answer."""
        incoming.connection.sendall(self.encode(head, answer))

    def encode(self, head: Head, answer: Answer) -> bytes:
        """An answer as bytes."""
        fields = [
            ("Date", formatdate(usegmt=True)),
            *answer.fields,
            *([] if head.keep else [("Connection", "close")]),
        ]
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields)
        phrase = HTTPStatus(answer.status).phrase
        start = f"HTTP/1.1 {answer.status} {phrase}\r\n{lines}\r\n"
        return start.encode("latin-1") + answer.content

    def read_head(self, incoming: Incoming) -> Head:
        """The next request's head; raises `Malformed` and `Gone`."""
        found = _REQUEST_LINE.fullmatch(self.request_line(incoming))
        if found is None:
            raise Malformed
        fields: list[tuple[str, str]] = []
        while (line := incoming.line()) != b"\r\n":
            field = _FIELD_LINE.fullmatch(line)
            if field is None or len(fields) == 100:
                raise Malformed
            fields.append((field[1].decode("ascii"), field[2].decode("latin-1")))
        method, target, minor = (part.decode("ascii") for part in found.groups())
        # An empty path is `/` (RFC 9110 section 4.2.3).
        target = target if target.startswith("/") else f"/{target}"
        return self.understand(method, target, minor, fields)

    def request_line(self, incoming: Incoming) -> bytes:
        """The first line that is not empty (RFC 9112 section 2.2)."""
        line = incoming.line()
        return incoming.line() if line == b"\r\n" else line

    def understand(
        self, method: str, target: str, minor: str, fields: list[tuple[str, str]]
    ) -> Head:
        """Read the head's fields (RFC 9112 sections 3.2, 6.3 and 9.3); raise `Malformed`."""

        def values(name: str) -> list[str]:
            return [value for own, value in fields if own.lower() == name]

        lengths, codings = values("content-length"), values("transfer-encoding")
        hosts, kept, expected = values("host"), values("connection"), values("expect")
        chunked = [coding.lower() for coding in codings] == ["chunked"]
        wrong = (
            len(hosts) > 1
            or (minor == "1" and not hosts)
            or len(values("content-type")) > 1
            or (codings and (lengths or minor == "0" or not chunked))
            or (lengths and re.fullmatch("[0-9]{1,18}", ",".join(lengths), re.ASCII) is None)
            or any(value.lower() != "100-continue" for value in expected)
        )
        if wrong:
            raise Malformed
        return Head(
            method,
            target,
            # `environ_of` adds these two.
            tuple(f for f in fields if f[0].lower() not in {"host", "transfer-encoding"}),
            keep=minor == "1" and "close" not in ",".join(kept).lower(),
            length=None if chunked else int(lengths[0]) if lengths else 0,
            expects_continue=bool(expected) and minor == "1",
        )

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.add(connection)
            self.take(connection)

    def _linger(self, connection: socket.socket) -> None:
        """Lets the client read the answer: closing with unread bytes would reset it away."""
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(1.0)
        while connection.recv(64 * 1024):
            pass
