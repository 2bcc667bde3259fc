"""However much clients send, a server holds no more of it than the limit."""

import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from implementations.catalogue import all_stacks
from shared.contract import DEFAULT_CONTENT_LIMIT_BYTES

CLIENTS = 8
ROUNDS = 3
UPLOAD_BYTES = 64 * 1024 * 1024
PIECE = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
# For each request the content, a copy of it while it grows, and what the server has read ahead.
GROWTH_BYTES = CLIENTS * 4 * DEFAULT_CONTENT_LIMIT_BYTES + 16 * 1024 * 1024
HEADS = {
    "chunked": b"Transfer-Encoding: chunked\r\n",
    "declared": b"Content-Length: %d\r\n" % UPLOAD_BYTES,
}


def upload(port: int, path: str, head: bytes) -> bytes:
    """Sends and sends, until the server answers or closes; gives the beginning of its answer."""
    fields = b"Host: x\r\nContent-Type: application/json\r\n" + head
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(b"POST %b HTTP/1.1\r\n%b\r\n" % (path.encode(), fields))
        sent_bytes = 0
        try:
            while sent_bytes < UPLOAD_BYTES:
                connection.sendall(PIECE)
                sent_bytes += len(PIECE)
        except (BrokenPipeError, ConnectionResetError):
            return b""
        return connection.recv(100)


class Peak:
    """The most memory that processes had together while it watched."""

    def __init__(self, pids: tuple[int, ...]) -> None:
        self._processes = [psutil.Process(pid) for pid in pids]
        self._end = threading.Event()
        self.before_bytes = self.peak_bytes = self._resident()

    def __enter__(self) -> "Peak":
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._end.wait(0.005):
            self.peak_bytes = max(self.peak_bytes, self._resident())

    def _resident(self) -> int:
        return sum(process.memory_info().rss for process in self._processes)


UPLOADS = [(stack.name, head) for stack in all_stacks() for head in HEADS]
# One in every run: where connections end by code of ours, and most of the content was not read.
QUICK = ("wsgi:gunicorn", "chunked")


@pytest.mark.parametrize(
    ("name", "head"),
    [pytest.param(*one, marks=[] if one == QUICK else pytest.mark.long) for one in UPLOADS],
)
def test_uploads_over_the_limit_are_not_held(name, head, start) -> None:
    running = start(name)
    paths = ["/api/letter_count", "/api/predict", "/nowhere", "/api/count"] * (CLIENTS // 4)
    with ThreadPoolExecutor(CLIENTS) as clients:

        def round_of_uploads() -> list[bytes]:
            return list(clients.map(lambda path: upload(running.port, path, HEADS[head]), paths))

        round_of_uploads()
        with Peak(running.pids()) as memory:
            answers = [answer for _ in range(ROUNDS) for answer in round_of_uploads()]
    assert memory.peak_bytes - memory.before_bytes < GROWTH_BYTES
    assert all(answer[9:12] in {b"", b"413", b"404", b"405"} for answer in answers), answers
    assert running.stop() == 0
