"""A server that does next to nothing, to measure the generator's own ceiling against.

`python -m benchmarks.null_server [--cores 1]` is told the workloads as JSON lines on standard
input and answers with its port; over HTTP it looks the right answer up by the request's content.
It ends with its standard input. Standard library only: one thread, one selector.
"""

import argparse
import json
import os
import selectors
import socket
import sys
from collections.abc import Mapping
from typing import Any

from benchmarks.parentage import die_with_parent

READ_BYTES = 1 << 18


class NullServer:
    """Answers each request as the bank says; `count` counts."""

    def __init__(self) -> None:
        self.answers: dict[bytes, bytes] = {}
        self._count = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self._listener.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._received: dict[socket.socket, bytes] = {}

    @property
    def port(self) -> int:
        """Where it answers, on 127.0.0.1."""
        port: int = self._listener.getsockname()[1]
        return port

    def add(self, exchanges: list[list[str | None]]) -> None:
        """Learns what to answer."""
        for content, answer in exchanges:
            if content is not None and answer is not None:
                self.answers[content.encode()] = _response(answer.encode())

    def serve(self) -> None:
        """Answers until the end of standard input."""
        self._selector.register(sys.stdin.fileno(), selectors.EVENT_READ)
        while True:
            for key, _ in self._selector.select():
                if key.fileobj == self._listener:
                    self._accept()
                elif isinstance(key.fileobj, socket.socket):
                    self._answer(key.fileobj)
                elif not os.read(sys.stdin.fileno(), READ_BYTES):
                    return

    def _accept(self) -> None:
        accepted, _ = self._listener.accept()
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received[accepted] = b""
        self._selector.register(accepted, selectors.EVENT_READ)

    def _answer(self, connection: socket.socket) -> None:
        try:
            data = connection.recv(READ_BYTES)
            if data:
                self._received[connection] = self._take(
                    connection, self._received[connection] + data
                )
                return
        except OSError:
            pass
        self._selector.unregister(connection)
        del self._received[connection]
        connection.close()

    def _take(self, connection: socket.socket, received: bytes) -> bytes:
        """Answers `received` if it is a whole request; returns what is left of it."""
        head, end, content = received.partition(b"\r\n\r\n")
        if not end:
            return received
        if head.startswith(b"GET"):
            self._count += 1
            connection.sendall(_response(b'{"count":%d}' % self._count))
            return content
        answer = self.answers.get(content)
        if answer is None:  # the rest is still on its way
            return received
        self._count += 1
        connection.sendall(answer)
        return b""


def _response(content: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
        len(content),
        content,
    )


def main() -> None:
    """Learns the bank, says its port, serves."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cores", help="run on these cores only, such as 0,2")
    cores = parser.parse_args().cores
    if cores:
        os.sched_setaffinity(0, {int(core) for core in cores.split(",")})
    die_with_parent()
    server = NullServer()
    message: Mapping[str, Any] = json.loads(sys.stdin.readline())
    server.add(message["exchanges"])
    print(json.dumps({"port": server.port}), flush=True)
    server.serve()


if __name__ == "__main__":
    main()
