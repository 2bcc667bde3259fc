"""Keep-alive connections to one target, and the answers that arrive on them.

A request is *started* on a connection when it is due; it is sent at once, or when the connection
is established. Each ends in exactly one way: answered, or failed as one of `FAILURE_KINDS`.
"""

import errno
import os
import socket
from collections.abc import Iterator
from os import read, write
from time import perf_counter_ns as clock_ns

import httptools

from benchmarks.engine.counts.tally import Tally
from benchmarks.engine.sockets.address import TargetAddress
from benchmarks.engine.sockets.answer_parser import AnswerParser
from benchmarks.engine.sockets.connection import IDLE, PooledConnection
from benchmarks.engine.sockets.readiness import (
    READ,
    WRITE,
    Readiness,
    ReadinessName,
    open_readiness,
    original_socket,
)
from benchmarks.engine.sockets.request import EncodedExchange
from benchmarks.workload.answer_check import excerpt
from reports.study.histogram import EXACT_BELOW_US, bucket
from reports.study.records import ON_TIME_US

PENDING, FREE, LOST = 0, 1, 2
"""Results of `receive`: the exchange goes on; the connection can take another; it is closed."""

READ_BYTES = 65536
HEADS_REMEMBERED = 256
ON_TIME_NS = round(ON_TIME_US * 1000)
"""A request of an open loop that starts no later than this after its due time is on time."""


class ConnectionPool:
    """The connections to one target, their readiness, and the tally that they count into."""

    def __init__(
        self, address: TargetAddress, timeout_s: float, readiness: ReadinessName | None = None
    ) -> None:
        self.address = address
        self.timeout_ns = int(timeout_s * 1e9)
        self.readiness: Readiness = open_readiness(readiness)
        self.by_fd: dict[int, PooledConnection] = {}
        self.connections: list[PooledConnection] = []
        self.tally = Tally()
        self.started = 0
        self._late = 0
        self.idle_closes = 0
        self.most_connections = 0
        self.empty_costs_ns: dict[bool, float] = {}
        """The CPU time of a poll that finds nothing, by whether the loop is open, once measured."""
        self._made = 0
        # Heads of right answers seen, byte for byte, and the length of the content they announce:
        # parsed once by llhttp, then known. Only the date changes, once a second. `_head` is the
        # last head's own length: most heads are equally long, so try it before searching.
        self._lengths: dict[bytes, int] = {}
        self._head = 0

    def reset(self) -> None:
        """Reset the counters; nothing must be in flight."""
        self.started = self.idle_closes = 0
        self.most_connections = len(self.connections)

    def resize(self, connections: int) -> None:
        """Set the number of connections: add new ones, or close the last ones."""
        while len(self.connections) > connections:
            self.close(self.connections.pop())
        while len(self.connections) < connections:
            self.add()

    def add(self) -> PooledConnection:
        """Add a connection, not connected yet."""
        connection = PooledConnection(self._made)
        self._made += 1
        self.connections.append(connection)
        self.most_connections = max(self.most_connections, len(self.connections))
        return connection

    def remove(self, connection: PooledConnection) -> None:
        """Close a connection and drop it from the pool."""
        self.close(connection)
        self.connections.remove(connection)

    def close_all(self) -> None:
        self.resize(0)
        self.readiness.close()

    def close(self, connection: PooledConnection) -> None:
        if connection.socket is not None:
            self.readiness.unregister(connection.fd)
            del self.by_fd[connection.fd]
            connection.socket.close()
            connection.socket = None
            connection.fd = -1
        connection.exchange = IDLE
        connection.fresh = connection.connecting = False
        connection.unsent = b""
        self._release_parser(connection)

    def connect(self, connection: PooledConnection) -> None:
        """Begin to connect; raises `OSError` if that fails at once."""
        sock = original_socket(self.address.family, socket.SOCK_STREAM)
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        code = sock.connect_ex(self.address.socket_address)
        if code not in (0, errno.EINPROGRESS):
            sock.close()
            raise OSError(code, os.strerror(code))
        connection.socket = sock
        connection.fd = sock.fileno()
        connection.connecting = True
        self.by_fd[connection.fd] = connection
        self.readiness.register(connection.fd, READ | WRITE)

    def start(
        self, connection: PooledConnection, exchange: EncodedExchange, due_ns: int = 0
    ) -> bool:
        """Send `exchange` on a free connection, connecting first if it is closed.

        `due_ns` is 0 for one that is due now. Returns `False` if it failed at once and was counted.

        A request is on time if it starts within `ON_TIME_NS` and none that is not is unanswered
        here: a server that answers in the order of arrival answers it no later than if all had
        been on time, but for that much.
        """
        self.started += 1
        connection.exchange = exchange
        connection.sent_ns = connection.due_ns = now = clock_ns()
        if due_ns:
            connection.due_ns = due_ns
            lag_ns = now - due_ns
            self.tally.lag[bucket(lag_ns // 1000)] += 1
            if self._late or lag_ns > ON_TIME_NS:
                connection.late = True
                self._late += 1
        request = exchange.request
        try:
            if connection.fd < 0:
                self.connect(connection)
                return True
            sent = write(connection.fd, request)
        except BlockingIOError:
            sent = 0
        except OSError as exc:
            kind = _connect_kind(exc) if connection.fd < 0 else "reset"
            return self._fail(connection, kind, str(exc)) == PENDING
        if sent == len(request):
            connection.fresh = exchange.status == 200
        else:
            self._wait_to_send(connection, request[sent:])
        return True

    def receive(self, connection: PooledConnection, mask: int) -> int:
        """Handle readiness of `connection`; return `PENDING`, `FREE` or `LOST`."""
        if not connection.fresh:
            return self._on_ready(connection, mask)
        try:
            data = read(connection.fd, READ_BYTES)
        except BlockingIOError:
            return PENDING
        except OSError as exc:
            return self._fail(connection, "reset", str(exc))
        now = clock_ns()
        head = self._head
        size = len(data) - head
        if self._lengths.get(data[:head]) != size or data[head:] != connection.exchange.expected:
            return self._match_known_head(connection, data, now)
        connection.fresh = False
        connection.exchange = IDLE
        self._record(connection, now, size)
        return FREE

    def _record(self, connection: PooledConnection, now: int, size: int) -> None:
        tally = self.tally
        tally.content_bytes += size
        elapsed = now - connection.due_ns
        tally.sum_ns += elapsed
        elapsed //= 1000
        if elapsed < EXACT_BELOW_US:
            tally.times[elapsed] += 1
        else:
            tally.times[bucket(elapsed)] += 1
        if tally.open_loop:
            tally.service[bucket((now - connection.sent_ns) // 1000)] += 1
            if connection.late:
                self._answered_late(connection)
            else:
                tally.on_time[bucket(elapsed)] += 1
        if connection.streak:
            connection.streak = 0

    def overdue(self, now: int) -> Iterator[PooledConnection]:
        """Fail requests that have timed out; yield their connections, now closed."""
        limit = now - self.timeout_ns
        for connection in self.connections:
            if connection.exchange is not IDLE and connection.sent_ns < limit:
                self._fail(connection, "timeout", f"no answer in {self.timeout_ns / 1e9:g} s")
                yield connection

    def cut(self) -> None:
        """Fail all requests in flight as `unfinished`."""
        for connection in self.connections:
            if connection.exchange is not IDLE:
                self._fail(connection, "unfinished", "the run ended before the answer had come")

    @property
    def in_flight(self) -> int:
        return sum(connection.exchange is not IDLE for connection in self.connections)

    def _answered_late(self, connection: PooledConnection) -> None:
        """Note that a request that was not on time has ended."""
        connection.late = False
        self._late -= 1

    # The rare cases: connecting, long requests, answers in pieces, anything wrong.

    def _match_known_head(self, connection: PooledConnection, data: bytes, now: int) -> int:
        """Take an answer whose head is known, but of another length, or whose content differs."""
        connection.fresh = False
        head = data.find(b"\r\n\r\n") + 4
        content = data[head:]
        if self._lengths.get(data[:head]) != len(content) or connection.exchange.wrong(
            connection.number, content
        ):
            return self._parse(connection, data, now)
        self._head = head
        connection.exchange = IDLE
        self._record(connection, now, len(content))
        return FREE

    def _wait_to_send(self, connection: PooledConnection, rest: bytes) -> None:
        if not connection.unsent:
            self.readiness.modify(connection.fd, READ | WRITE)
        connection.unsent = rest

    def _send_rest(self, connection: PooledConnection, rest: bytes) -> int:
        try:
            sent = write(connection.fd, rest)
        except BlockingIOError:
            sent = 0
        except OSError as exc:
            return self._fail(connection, "reset", str(exc))
        if sent < len(rest):
            self._wait_to_send(connection, rest[sent:])
            return PENDING
        connection.fresh = connection.exchange.status == 200
        if connection.unsent:
            connection.unsent = b""
            self.readiness.modify(connection.fd, READ)
        return PENDING

    def _on_ready(self, connection: PooledConnection, mask: int) -> int:
        if connection.connecting:
            return self._connected(connection)
        if connection.unsent and mask & WRITE and not mask & READ:
            return self._send_rest(connection, connection.unsent)
        try:
            data = read(connection.fd, READ_BYTES)
        except BlockingIOError:
            return PENDING
        except OSError as exc:
            if connection.exchange is not IDLE:
                return self._fail(connection, self._cut_kind(connection), str(exc))
            data = b""
        now = clock_ns()
        if connection.exchange is IDLE:
            # Closed while idle, or sent bytes that answer no request: of no more use either way.
            self.idle_closes += 1
            self.close(connection)
            return LOST
        return self._parse(connection, data, now)

    def _connected(self, connection: PooledConnection) -> int:
        code = connection.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            exc = OSError(code, os.strerror(code))
            return self._fail(connection, _connect_kind(exc), str(exc))
        connection.connecting = False
        self.readiness.modify(connection.fd, READ)
        if connection.exchange is IDLE:
            return FREE
        connection.sent_ns = clock_ns()
        return self._send_rest(connection, connection.exchange.request)

    def _parse(self, connection: PooledConnection, data: bytes, now: int) -> int:
        parser = connection.parser = connection.parser or AnswerParser()
        exchange = connection.exchange
        if broken := self._feed(connection, parser, data):
            return self._fail(connection, *broken)
        if not parser.whole:
            return PENDING
        content = parser.content
        if parser.status != exchange.status:
            wrong = "wrong_status", f"{parser.status} {excerpt(content)}"
        elif connection.unsent:
            wrong = "wrong_content", "answered before the request was sent whole"
        elif parser.leftover:
            wrong = "wrong_content", f"more than one answer: {excerpt(data)}"
        elif fault := exchange.wrong(connection.number, content):
            wrong = "wrong_content", fault
        else:
            self._record(connection, now, len(content))
            self._remember(parser, data)
            return self._freed(connection, parser)
        usable = parser.plain and not parser.leftover and not connection.unsent
        outcome = self._fail(connection, *wrong, keep=usable)
        return self._freed(connection, parser) if usable else outcome

    def _feed(
        self, connection: PooledConnection, parser: AnswerParser, data: bytes
    ) -> tuple[str, str] | None:
        """Feed what has come, b"" at the end of the connection; return how the answer failed."""
        if not data:
            if parser.end():
                return None
            why = "closed by the server" + (" in its answer" if parser.has_head else "")
            return self._cut_kind(connection), why
        try:
            parser.feed(data)
        except httptools.HttpParserError as exc:
            if not parser.whole:
                return "wrong_content", f"not HTTP: {exc}"
            parser.leftover = True
        if not parser.whole and parser.fed_bytes > connection.exchange.longest_answer_bytes:
            return "wrong_content", f"no end after {parser.fed_bytes} bytes"
        return None

    def _freed(self, connection: PooledConnection, parser: AnswerParser) -> int:
        self._release_parser(connection)
        connection.exchange = IDLE
        if parser.keep_alive:
            return FREE
        self.close(connection)
        return LOST

    @staticmethod
    def _release_parser(connection: PooledConnection) -> None:
        if connection.parser is not None:
            connection.parser.release()
            connection.parser = None

    def _remember(self, parser: AnswerParser, data: bytes) -> None:
        head = data.find(b"\r\n\r\n") + 4
        length = parser.content_length
        whole_in_one = parser.feeds == 1 and length == len(data) - head
        if parser.plain and length is not None and parser.status == 200 and whole_in_one:
            if len(self._lengths) >= HEADS_REMEMBERED:
                self._lengths.clear()
            self._lengths[data[:head]] = length

    def _cut_kind(self, connection: PooledConnection) -> str:
        return "short" if connection.parser is not None and connection.parser.feeds else "reset"

    def _fail(
        self, connection: PooledConnection, kind: str, example: str, *, keep: bool = False
    ) -> int:
        if connection.exchange is not IDLE:
            self.tally.fail(kind, example)
        if connection.late:
            self._answered_late(connection)
        connection.streak += 1
        if not keep:
            self.close(connection)
        return LOST


CONNECT_KINDS = {
    errno.ECONNREFUSED: "refused",
    errno.EHOSTUNREACH: "refused",
    errno.ECONNRESET: "reset",  # it had been accepted
    errno.EPIPE: "reset",
    errno.ETIMEDOUT: "timeout",
    errno.EADDRNOTAVAIL: "no_port",
    errno.EADDRINUSE: "no_port",
    errno.EMFILE: "no_descriptor",
    errno.ENFILE: "no_descriptor",
    errno.ENOBUFS: "no_memory",
    errno.ENOMEM: "no_memory",
}
"""The kind of each error of connect(2) and socket(2); any other is our own, `no_route`."""


def _connect_kind(exc: OSError) -> str:
    return CONNECT_KINDS.get(exc.errno or 0, "no_route")
