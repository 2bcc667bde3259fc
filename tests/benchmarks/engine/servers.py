"""Real servers that answer as a test wants, each in a thread of its own, on 127.0.0.1."""

import contextlib
import json
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

Handler = Callable[[socket.socket, bytes, int], bool]
"""Answers one whole request, the n-th of the server; `False` closes the connection."""

CONTENT = b'{"right":true}'


def response(content: bytes = CONTENT, status: str = "200 OK", *fields: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(content)}", *fields]
    return "\r\n".join([*lines, "", ""]).encode() + content


def reset(connection: socket.socket) -> None:
    """Close with a reset instead of an orderly end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class Server:
    """One thread a connection; `answered` counts the requests that were read whole."""

    def __init__(
        self, handler: Handler, on_accept: Callable[[socket.socket], bool], host: str
    ) -> None:
        self.answered = 0
        self.accepted = 0
        self._handler = handler
        self._on_accept = on_accept
        self._lock = threading.Lock()
        self._listener = socket.create_server((host, 0), backlog=256)
        self._connections: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        host, port = self._listener.getsockname()[:2]
        return f"http://{host}:{port}"

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in list(self._threads):
            thread.join(10)
            assert not thread.is_alive()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._connections.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            if not self._on_accept(connection):
                return
            data = b""
            while True:
                while not whole(data):
                    piece = connection.recv(65536)
                    if not piece:
                        return
                    data += piece
                request, data = data[: whole(data)], data[whole(data) :]
                with self._lock:
                    self.answered += 1
                    number = self.answered
                if not self._handler(connection, request, number):
                    return


def whole(data: bytes) -> int:
    """The length of the first request in `data`; 0 while it is not whole."""
    head, end, content = data.partition(b"\r\n\r\n")
    if not end:
        return 0
    length = 0
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    return len(head) + 4 + length if len(content) >= length else 0


@contextlib.contextmanager
def serving(
    handler: Handler,
    on_accept: Callable[[socket.socket], bool] = lambda connection: True,
    host: str = "127.0.0.1",
) -> Iterator[Server]:
    server = Server(handler, on_accept, host)
    try:
        yield server
    finally:
        server.close()


def right(connection: socket.socket, request: bytes, number: int) -> bool:
    connection.sendall(response())
    return True


@contextlib.contextmanager
def null_server(exchanges=()) -> Iterator[str]:
    """Our null server in a process of its own; its URL."""
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "benchmarks.engine.null_server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdin
        assert process.stdout
        try:
            process.stdin.write(json.dumps({"exchanges": list(exchanges)}).encode() + b"\n")
            process.stdin.flush()
            yield f"http://127.0.0.1:{json.loads(process.stdout.readline())['port']}"
        finally:
            process.stdin.close()
            process.wait(10)
