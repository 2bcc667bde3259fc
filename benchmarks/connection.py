"""One keep-alive HTTP/1.1 connection of the load process, over a gevent socket.

Requests are encoded beforehand; every response is parsed by httptools. Nothing is ever sent again
by itself: what fails is counted as what it is. (geventhttpclient, which Locust's `FastHttpUser`
is made of, resends a GET on a connection that was reset, and takes twice the time.)
"""

import ssl
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

import gevent.socket
import gevent.ssl
import httptools

ANSWER_TIMEOUT_S = 10.0
READ_BYTES = 65_536


class ExchangeFailed(Exception):
    """A request got no whole answer; `kind` is one of the study's kinds of failure."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(kind, detail)
        self.kind = kind
        self.detail = detail


@dataclass(frozen=True)
class Address:
    """Where a service answers: the parts of its URL that a request needs."""

    host: str
    port: int
    authority: str
    base_path: str
    tls: bool

    @classmethod
    def of(cls, url: str) -> "Address":
        """The address in `url`, such as `http://127.0.0.1:5000` or `https://host/base`."""
        parts = urlsplit(url)
        tls = parts.scheme == "https"
        port = parts.port or (443 if tls else 80)
        authority = parts.netloc.rpartition("@")[2]
        return cls(parts.hostname or "", port, authority, parts.path.rstrip("/"), tls)

    def encode(self, method: str, path: str, content: str | None) -> bytes:
        """The whole request as bytes."""
        lines = [f"{method} {self.base_path}{path} HTTP/1.1", f"Host: {self.authority}"]
        body = b"" if content is None else content.encode()
        if content is not None:
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        return "\r\n".join([*lines, "", ""]).encode("ascii") + body


class _Response:
    """What httptools calls back while it parses the responses of one connection."""

    def __init__(self) -> None:
        self.parser = httptools.HttpResponseParser(self)
        self.begin()

    def begin(self) -> None:
        """Makes ready for the next response."""
        self.content = b""
        self.complete = False
        self.surplus = False
        self.keep_alive = False

    def on_message_begin(self) -> None:
        self.surplus = self.complete

    def on_body(self, content: bytes) -> None:
        self.content = self.content + content if self.content else content

    def on_message_complete(self) -> None:
        # An interim response (RFC 9110 section 15.2) is not the answer yet.
        self.complete = self.parser.get_status_code() >= 200
        # The parser forgets this as soon as the message is over.
        self.keep_alive = self.parser.should_keep_alive()


class Connection:
    """Opened when first needed, kept open between exchanges and between slices."""

    def __init__(self, address: Address, timeout_s: float = ANSWER_TIMEOUT_S) -> None:
        self._address = address
        self._timeout_s = timeout_s
        self._socket: gevent.socket.socket | None = None
        self._response = _Response()

    def exchange(self, request: bytes) -> tuple[int, bytes]:
        """Sends one request; returns the answer's status and content. Raises `ExchangeFailed`."""
        try:
            return self._exchange(self._socket or self._open(), request)
        except BaseException:
            self.close()
            raise

    def closed_while_idle(self) -> bool:
        """Whether the server has closed the open connection; it is then closed here too.

        Over TLS it cannot be told without reading, and is found out by the next exchange.
        """
        if self._socket is None or self._address.tls or not self._readable(self._socket):
            return False
        self.close()
        return True

    def close(self) -> None:
        """Closes the connection; the next exchange opens another."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _open(self) -> gevent.socket.socket:
        address = self._address
        try:
            opened = gevent.socket.create_connection((address.host, address.port), self._timeout_s)
            opened.setsockopt(gevent.socket.IPPROTO_TCP, gevent.socket.TCP_NODELAY, 1)
            if address.tls:
                context = gevent.ssl.create_default_context()
                opened = context.wrap_socket(opened, server_hostname=address.host)
        except TimeoutError as exc:
            raise ExchangeFailed("timeout", f"no connection within {self._timeout_s} s") from exc
        except (OSError, ssl.SSLError) as exc:
            raise ExchangeFailed("refused", str(exc)) from exc
        self._response = _Response()
        self._socket = opened
        return opened

    def _readable(self, sock: gevent.socket.socket) -> bool:
        """Whether the end, or anything else, has come while nothing was asked."""
        sock.settimeout(0.0)
        try:
            sock.recv(1, gevent.socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True
        finally:
            sock.settimeout(self._timeout_s)
        return True

    def _exchange(self, sock: gevent.socket.socket, request: bytes) -> tuple[int, bytes]:
        response = self._response
        response.begin()
        deadline = time.perf_counter() + self._timeout_s
        try:
            sock.sendall(request)
            while not response.complete:
                self._feed(sock.recv(READ_BYTES), deadline)
        except TimeoutError as exc:
            detail = f"no whole answer within {self._timeout_s} s"
            raise ExchangeFailed("timeout", detail) from exc
        except OSError as exc:
            raise ExchangeFailed("reset", str(exc)) from exc
        except httptools.HttpParserError as exc:
            raise ExchangeFailed("wrong_content", f"not HTTP: {exc}") from exc
        if response.surplus:
            raise ExchangeFailed("wrong_content", "bytes after the end of the answer")
        status: int = response.parser.get_status_code()
        if not response.keep_alive:
            self.close()
        return status, response.content

    def _feed(self, data: bytes, deadline: float) -> None:
        if not data:
            raise self._cut_short()
        self._response.parser.feed_data(data)
        if not self._response.complete and time.perf_counter() > deadline:
            raise TimeoutError

    def _cut_short(self) -> ExchangeFailed:
        if self._response.content:
            received = len(self._response.content)
            return ExchangeFailed("short", f"closed after {received} bytes of content")
        return ExchangeFailed("reset", "closed without an answer")
