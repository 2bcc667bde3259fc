"""The null server: faster than the engine, to measure the engine's ceiling.

`python -m benchmarks.engine.null_server [--cores 1]` reads exchanges as one JSON line on standard
input (`{"exchanges": [[CONTENT, ANSWER], …]}`), prints its port (`{"port": N}`) and exits when its
standard input ends. A POST gets the answer to its content (`{}` if that is not known), a GET the
number of requests so far.
"""

import json
import os
import socket
import sys
from collections.abc import Iterable

from benchmarks.child_process import begin_as_child
from benchmarks.engine.sockets.readiness import READ, open_readiness

READ_BYTES = 1 << 17
BACKLOG = 4096
REMEMBERED = 4096


class NullServer:
    """A server that answers from memory: a request seen before costs one look into a dict."""

    def __init__(self, exchanges: Iterable[tuple[str | None, str | None]] = ()) -> None:
        self.answered = 0
        self._answers = {
            content.encode(): _response(answer.encode())
            for content, answer in exchanges
            if content is not None and answer is not None
        }
        self._whole: dict[bytes, bytes] = {}
        self._parts: dict[int, bytes] = {}
        self._connections: dict[int, socket.socket] = {}
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
        self._listener.setblocking(False)
        self._readiness = open_readiness()
        self._readiness.register(self._listener.fileno(), READ)

    @property
    def port(self) -> int:
        """The port that it listens on, on 127.0.0.1."""
        port: int = self._listener.getsockname()[1]
        return port

    def serve(self, until_fd: int) -> None:
        """Answer until `until_fd` is at its end."""
        self._readiness.register(until_fd, READ)
        listener_fd, whole, parts = self._listener.fileno(), self._whole, self._parts
        while True:
            for fd, _ in self._readiness.poll(60):
                if fd == listener_fd:
                    self._accept()
                    continue
                try:
                    data = os.read(fd, READ_BYTES)
                except OSError:
                    data = b""
                if fd == until_fd:
                    if not data:
                        return
                    continue
                answer = whole.get(data)
                if answer is None or fd in parts:
                    if not data:
                        self._close(fd)
                        continue
                    answer = self._answer(fd, data)
                    if answer is None:
                        continue
                self._write(fd, answer)

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return
        connection.setblocking(True)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connections[connection.fileno()] = connection
        self._readiness.register(connection.fileno(), READ)

    def _write(self, fd: int, answer: bytes) -> None:
        self.answered += 1
        try:
            self._connections[fd].sendall(answer)
        except OSError:
            self._close(fd)

    def _close(self, fd: int) -> None:
        self._readiness.unregister(fd)
        self._parts.pop(fd, None)
        self._connections.pop(fd).close()

    def _answer(self, fd: int, data: bytes) -> bytes | None:
        """Return the answer to the request on `fd`, or `None` while it is not whole."""
        data = self._parts.pop(fd, b"") + data
        head, end, content = data.partition(b"\r\n\r\n")
        if not end or len(content) < _content_length(head):
            self._parts[fd] = data
            return None
        if head.startswith(b"GET"):
            return _response(b'{"count":%d}' % (self.answered + 1))
        answer = self._answers.get(content) or _response(b"{}")
        if len(self._whole) < REMEMBERED:
            self._whole[data] = answer
        return answer


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def _response(content: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
        len(content),
        content,
    )


def main() -> None:
    """Read the exchanges, print the port, serve."""
    begin_as_child(__doc__)
    server = NullServer(json.loads(sys.stdin.readline())["exchanges"])
    print(json.dumps({"port": server.port}), flush=True)
    server.serve(sys.stdin.fileno())


if __name__ == "__main__":
    main()
