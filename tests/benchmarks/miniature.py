"""A backend in miniature on a real socket, right by itself, and wrong wherever a test wants it."""

import json
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from shared.sample import Sample

# Sends the right answer (all its bytes) for the nth request, or does something else instead.
Sender = Callable[[socket.socket, int, bytes], None]


def reference(rows: Sequence[Sequence[float]]) -> Mapping[str, Any]:
    """What the miniature predicts: classes by the third measurement."""
    names = ["short" if row[2] < 3 else "long" for row in rows]
    return {
        "model": {"name": "miniature", "version": "1"},
        "predictions": names,
        "probabilities": [[0.75, 0.25] if name == "short" else [0.25, 0.75] for name in names],
    }


_ROWS = tuple((5.0, 3.0, number / 50, 0.2) for number in range(300))
SAMPLE = Sample(
    rows=_ROWS,
    predictions=tuple(reference(_ROWS)["predictions"]),
    probabilities=tuple(reference(_ROWS)["probabilities"]),
    model=("miniature", "1"),
)
"""Rows for the miniature, with its answers."""


def send_right(connection: socket.socket, number: int, answer: bytes) -> None:
    """What a backend does."""
    connection.sendall(answer)


class Miniature:
    """Counts what it is asked, which connections it got, and answers as the contract says."""

    def __init__(self, send: Sender = send_right, first_count: int = 1) -> None:
        self.send = send
        self.accepted = 0
        self.asked = 0
        self._count = first_count - 1
        self._lock = threading.Lock()
        miniature = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                miniature.serve(self.request)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, request: Any, client_address: Any) -> None:
                """A client that went away is no event."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def serve(self, connection: socket.socket) -> None:
        """Answers the requests of one connection until it ends."""
        with self._lock:
            self.accepted += 1
        received = b""
        while True:
            while b"\r\n\r\n" not in received:
                data = connection.recv(65536)
                if not data:
                    return
                received += data
            head, _, received = received.partition(b"\r\n\r\n")
            fields = dict(line.split(": ", 1) for line in head.decode().lower().split("\r\n")[1:])
            length = int(fields.get("content-length", 0))
            while len(received) < length:
                received += connection.recv(65536)
            content, received = received[:length], received[length:]
            method, path, _ = head.decode().split("\r\n")[0].split(" ")
            with self._lock:
                self.asked += 1
                number = self.asked
                answer = self.answer(method, path, content)
            try:
                self.send(connection, number, response(answer))
            except ConnectionError:
                return

    def answer(self, method: str, path: str, content: bytes) -> bytes:
        """The right answer's content."""
        self._count += 1
        if path.endswith("/api/count"):
            return b'{"count":%d}' % self._count
        document = json.loads(content)
        if path.endswith("/api/letter_count"):
            name = document.get("name", "")
            answer: Any = {"name": name, "letter_count": len(name)}
        else:
            answer = reference(document["instances"])
        return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()

    @contextmanager
    def running(self) -> Iterator["Miniature"]:
        """Serves in a thread meanwhile."""
        thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()


def response(content: bytes, status: str = "200 OK") -> bytes:
    """A whole response with this content."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(content)}"
    return head.encode() + b"\r\n\r\n" + content


def wrong_once_in(every: int, wrong: Sender) -> Sender:
    """Right, but for each `every`th answer."""

    def send(connection: socket.socket, number: int, answer: bytes) -> None:
        (wrong if number % every == 0 else send_right)(connection, number, answer)

    return send
