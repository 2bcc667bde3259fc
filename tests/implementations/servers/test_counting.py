"""The count is exact over threads, workers and clients, also while workers are killed."""

import http.client
import json
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import psutil
import pytest

pytestmark = pytest.mark.early

CLIENTS = 8
FORMS = [
    f"{pair}:{workers}"
    for pair in ("wsgi:gunicorn", "asgi:uvicorn", "wsgi:granian", "asgi:granian")
    for workers in (1, 2, 4)
]
QUICK = {"wsgi:gunicorn:2", "asgi:uvicorn:2", "wsgi:granian:2"}
# uvicorn with one worker has nobody to replace it.
REPLACED = [name for name in FORMS if name != "asgi:uvicorn:1"]


@dataclass
class Client:
    """Asks for the count over a kept connection; a connection that breaks is opened again."""

    host: str
    port: int
    counts: list[int] = field(default_factory=list)
    unanswered: int = 0

    def ask(self, requests: int, end: threading.Event | None = None) -> None:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=10)
        while requests and not (end and end.is_set()):
            try:
                connection.request("GET", "/api/count")
                answer = connection.getresponse()
                content = answer.read()
            except (OSError, http.client.HTTPException):
                self.unanswered += 1
                connection.close()
                continue
            assert answer.status == 200, content
            self.counts.append(json.loads(content)["count"])
            requests -= 1
        connection.close()


@pytest.mark.parametrize(
    ("name", "requests"),
    [
        *((name, 250) for name in sorted(QUICK)),
        *(pytest.param(name, 2000, marks=pytest.mark.long) for name in FORMS),
    ],
)
def test_count_is_exact(name, requests, start) -> None:
    running = start(name)
    clients = [Client("127.0.0.1", running.port) for _ in range(CLIENTS)]
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(lambda client: client.ask(requests), clients))
    for client in clients:
        assert client.unanswered == 0
        assert client.counts == sorted(client.counts), "a client saw a smaller number"
    counts = sorted(count for client in clients for count in client.counts)
    assert counts == list(range(1, CLIENTS * requests + 1))
    assert running.stop() == 0


def kill_a_worker(running, clients, eventually):
    """Kills the oldest worker; waits until another serves in its place and all clients go on."""
    workers = sorted(running.worker_pids(), key=lambda pid: psutil.Process(pid).create_time())
    os.kill(workers[0], signal.SIGKILL)
    assert eventually(lambda: workers[0] not in running.pids())
    assert eventually(lambda: len(running.worker_pids()) == len(workers))
    answered = [len(client.counts) for client in clients]
    assert eventually(
        lambda: all(
            len(client.counts) > before for client, before in zip(clients, answered, strict=True)
        )
    )


@pytest.mark.parametrize(
    ("name", "kills", "pause_s"),
    [
        ("asgi:uvicorn:2", 1, 0.5),
        # granian gives up on a worker that dies twice within 5.5 s.
        *(
            pytest.param(name, 10, 6.0 if "granian:1" in name else 1.0, marks=pytest.mark.long)
            for name in REPLACED
        ),
    ],
)
@pytest.mark.timeout(240)
def test_every_answer_was_counted_once_while_workers_are_killed(
    name, kills, pause_s, start, eventually
) -> None:
    running = start(name)
    clients = [Client("127.0.0.1", running.port) for _ in range(CLIENTS)]
    end = threading.Event()
    with ThreadPoolExecutor(CLIENTS) as pool:
        asking = [pool.submit(client.ask, 10**9, end) for client in clients]
        try:
            for _ in range(kills):
                end.wait(pause_s)
                kill_a_worker(running, clients, eventually)
        finally:
            end.set()
        for future in asking:
            future.result()
    last = Client("127.0.0.1", running.port)
    last.ask(1)
    counts = [count for client in (*clients, last) for count in client.counts]
    assert len(set(counts)) == len(counts), "an answer was given twice"
    for client in clients:
        assert client.counts == sorted(client.counts), "a client saw a smaller number"
    unanswered = sum(client.unanswered for client in clients)
    [count] = last.counts
    assert count == max(counts)
    # What was counted but never answered was asked for by somebody who got no answer.
    assert 0 <= count - len(counts) <= unanswered
    assert running.stop() == 0
