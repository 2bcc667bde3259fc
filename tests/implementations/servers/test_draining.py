"""SIGTERM: what was sent whole is answered, health says 503 where it is reached, exit 0."""

import http.client
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from implementations.catalogue import find_stack

# Each answers /slow when the file `go` is there, and says with `entered` that it has begun.
SLOW_WSGI = """
import time
from pathlib import Path
from implementations.wsgi.app import create_app as create_whole_app

HERE = Path(__file__).parent

def create_app(service):
    whole = create_whole_app(service)

    def app(environ, start_response):
        if environ["PATH_INFO"] != "/slow":
            return whole(environ, start_response)
        (HERE / "entered").touch()
        while not (HERE / "go").exists():
            time.sleep(0.01)
        start_response("200 OK", [("Content-Length", "4")])
        return [b"done"]
    return app
"""
SLOW_ASGI = """
import asyncio
from pathlib import Path
from implementations.asgi.app import create_app as create_whole_app

HERE = Path(__file__).parent

def create_app(service):
    whole = create_whole_app(service)

    async def app(scope, receive, send):
        if scope.get("path") != "/slow":
            return await whole(scope, receive, send)
        (HERE / "entered").touch()
        while not (HERE / "go").exists():
            await asyncio.sleep(0.01)
        fields = [(b"content-length", b"4")]
        await send({"type": "http.response.start", "status": 200, "headers": fields})
        await send({"type": "http.response.body", "body": b"done"})
    return app
"""
# Answers /busy after it has kept the event loop until the service drains, with the server's own
# work behind it.
BUSY_ASGI = """
import asyncio
import time
from pathlib import Path
from implementations.asgi.app import create_app as create_whole_app
from shared.problems import Problem

HERE = Path(__file__).parent
TICK_S = 0.1  # uvicorn looks so often whether it is to end

def is_draining(service):
    try:
        service.health()
    except Problem:
        return True
    return False

def create_app(service):
    whole = create_whole_app(service)

    async def app(scope, receive, send):
        if scope.get("path") == "/busy":
            time.sleep(2 * TICK_S)
            await asyncio.sleep(0)
            (HERE / "entered").touch()
            while not is_draining(service):
                time.sleep(0.01)
        await whole(scope, receive, send)
    return app
"""


def long(value):
    return pytest.param(value, marks=pytest.mark.long)


FORMS = [
    "gunicorn:1",
    "uvicorn:2",
    "granian:1",
    *(long(form) for form in ("gunicorn:2", "uvicorn:1", "granian:2")),
]


def refused(port: int) -> bool:
    """Whether a new connection is refused, or closed without an answer."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=0.2) as client:
            client.sendall(b"GET /api/health HTTP/1.1\r\nHost: podium\r\n\r\n")
            return client.recv(1) == b""
    except ConnectionError:
        return True
    except TimeoutError:
        return True  # nobody accepts it any more; the kernel's queue is reset at the exit


@pytest.mark.parametrize("form", FORMS)
def test_slow_request_is_answered_after_sigterm(form, start, write_entry, eventually) -> None:
    asynchronous = form.startswith("uvicorn")
    entry = write_entry(*((SLOW_ASGI, "asgi") if asynchronous else (SLOW_WSGI, "wsgi")))
    running = start(find_stack(f"mine:{form}", [entry]))
    slow = http.client.HTTPConnection(running.host, running.port, timeout=30)
    slow.request("GET", "/slow")
    assert eventually((entry / "entered").exists)
    running.ask_to_stop()
    assert eventually(lambda: refused(running.port))
    (entry / "go").touch()
    answer = slow.getresponse()
    assert (answer.status, answer.read()) == (200, b"done")
    slow.close()
    assert running.stop() == 0, running.output()
    assert running.output() == ""


def test_request_that_came_while_the_loop_was_busy_is_answered(
    start, write_entry, eventually
) -> None:
    entry = write_entry(BUSY_ASGI, "asgi")
    running = start(find_stack("mine:uvicorn", [entry]))
    address = (running.host, running.port)
    with (
        closing(http.client.HTTPConnection(*address, timeout=30)) as kept,
        closing(http.client.HTTPConnection(*address, timeout=30)) as busy,
    ):
        kept.request("GET", "/api/count")
        assert kept.getresponse().read() == b'{"count":1}'
        busy.request("GET", "/busy")
        assert eventually((entry / "entered").exists)
        kept.request("GET", "/api/count")
        running.ask_to_stop()
        assert kept.getresponse().read() == b'{"count":2}'
        assert busy.getresponse().status == 404
    assert running.stop() == 0, running.output()


@pytest.mark.parametrize("name", ["wsgi:gunicorn", "asgi:uvicorn", long("wsgi:granian")])
def test_health_turns_from_200_to_503_and_never_back(name, start) -> None:
    running = start(name)
    connection = http.client.HTTPConnection(running.host, running.port, timeout=10)
    statuses = []
    for number in range(100_000):
        if number == 10:
            running.ask_to_stop()
        try:
            connection.request("GET", "/api/health")
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            break
        statuses.append(answer.status)
    connection.close()
    assert set(statuses[:10]) == {200}
    assert statuses == sorted(statuses)
    assert set(statuses) <= {200, 503}
    if name.endswith("gunicorn"):  # which serves kept connections for 2 s more
        assert 503 in statuses
    if name.endswith("granian"):  # which takes no request once it has the signal
        assert 503 not in statuses
    assert running.stop() == 0, running.output()


@pytest.mark.parametrize(
    "name",
    ["falcon-asgi:uvicorn", long("falcon:gunicorn"), long("falcon:granian")],
)
def test_request_that_never_arrives_whole_does_not_hold_up_the_exit(name, start) -> None:
    running = start(name, grace_s=7)
    with socket.create_connection((running.host, running.port)) as client:
        client.sendall(
            b"POST /api/letter_count HTTP/1.1\r\nHost: podium\r\n"
            b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
        )
        assert running.stop() == 0, running.output()


@pytest.mark.long
@pytest.mark.parametrize("name", ["wsgi:gunicorn:2", "asgi:uvicorn:2", "wsgi:granian:2"])
def test_drain_under_load_breaks_no_answer_off(name, start) -> None:
    running = start(name)
    begun = threading.Barrier(9)

    def ask_until_refused() -> int:
        answered = 0
        connection = http.client.HTTPConnection(running.host, running.port, timeout=10)
        begun.wait()
        while True:
            try:
                connection.request("GET", "/api/count")
                answer = connection.getresponse()
            except (OSError, http.client.HTTPException):
                return answered
            answer.read()  # an answer that has begun comes whole, or this raises
            answered += 1

    with ThreadPoolExecutor(8) as pool:
        clients = [pool.submit(ask_until_refused) for _ in range(8)]
        begun.wait()
        assert running.stop() == 0, running.output()
        assert all(client.result() >= 0 for client in clients)
