"""Each fault of a server is counted as what it is, and requests always add up.

Every test runs on epoll and on poll. `Timing.end` itself raises `Miscounted` when requests started
and requests ended differ; the servers count what reached them.
"""

import itertools
import socket
import time

import pytest

from benchmarks.engine.loops.arrivals import Arrivals
from benchmarks.engine.loops.slices import run_closed, run_open
from benchmarks.engine.loops.timing import Outcome
from benchmarks.engine.sockets.address import TargetAddress
from benchmarks.engine.sockets.pool import ConnectionPool
from benchmarks.engine.sockets.request import EncodedExchange
from tests.benchmarks.engine.servers import CONTENT, reset, response, right, serving

SLICE_S = 0.15
SMALL = b'{"a":1}'
LARGE = b"x" * 8_000_000


@pytest.fixture(params=["epoll", "poll"])
def readiness(request):
    return request.param


def load(
    url, readiness, *, content=SMALL, connections=4, timeout_s=5.0, rate=None, duration_s=SLICE_S
) -> Outcome:
    address = TargetAddress.of(url)
    pool = ConnectionPool(address, timeout_s, readiness)
    stream = itertools.repeat(EncodedExchange(address.encode("POST", "/", content), CONTENT))
    try:
        if rate is None:
            outcome = run_closed(pool, stream, connections, duration_s)
        else:
            outcome = run_open(
                pool,
                stream,
                connections,
                most=8,
                arrivals=Arrivals(rate, seed=1),
                duration_s=duration_s,
            )
    finally:
        pool.close_all()
    assert outcome.started == outcome.counted.sent + outcome.warm.sent
    return outcome


def kinds(outcome: Outcome) -> set[str]:
    """The kinds of failure, each of which must have its example."""
    for counted in (outcome.counted, outcome.warm):
        assert set(counted.failures) == set(counted.examples)
        assert all(counted.examples.values())
    return set(outcome.counted.failures) | set(outcome.warm.failures)


def test_right_answers_are_all_counted(readiness):
    with serving(right) as server:
        outcome = load(server.url, readiness)
    assert kinds(outcome) == set()
    assert outcome.counted.answered > 0
    assert outcome.started == server.answered


def test_open_loop_answers_are_all_counted(readiness):
    with serving(right) as server:
        outcome = load(server.url, readiness, rate=500)
    arrivals = Arrivals(500, seed=1).offsets_ns()
    due = sum(1 for _ in itertools.takewhile(lambda at: at <= SLICE_S * 1e9, arrivals))
    assert kinds(outcome) == set()
    assert outcome.counted.answered == outcome.counted.lag.total == due
    assert outcome.counted.service.total == due
    assert outcome.started == server.answered


def test_a_server_that_closes_in_the_middle_of_the_content_is_short(readiness):
    def handler(connection, request, number):
        connection.sendall(response()[:-4])
        return False

    with serving(handler) as server:
        outcome = load(server.url, readiness)
    assert kinds(outcome) == {"short"}
    assert outcome.counted.answered == 0
    assert outcome.started == server.answered


def test_a_server_that_closes_in_the_middle_of_the_head_is_short(readiness):
    def handler(connection, request, number):
        connection.sendall(response()[:20])
        return False

    with serving(handler) as server:
        assert kinds(load(server.url, readiness)) == {"short"}


def test_one_answer_of_500_in_many_is_a_wrong_status(readiness):
    def handler(connection, request, number):
        connection.sendall(
            response(b"broken", "500 Internal Server Error") if number % 50 == 0 else response()
        )
        return True

    with serving(handler) as server:
        outcome = load(server.url, readiness)
        connections = server.accepted
    failed = outcome.counted.failed + outcome.warm.failed
    assert kinds(outcome) == {"wrong_status"}
    assert failed == server.answered // 50
    assert outcome.started == server.answered
    assert connections == 4, "a wrong answer that is whole leaves the connection usable"


def test_someone_elses_content_is_wrong_content(readiness):
    other = CONTENT.replace(b"right", b"wrong")

    def handler(connection, request, number):
        connection.sendall(response(other if number % 7 == 0 else CONTENT))
        return True

    with serving(handler) as server:
        outcome = load(server.url, readiness)
    assert kinds(outcome) == {"wrong_content"}
    assert outcome.counted.failed + outcome.warm.failed == server.answered // 7
    assert '\\"wrong\\"' in outcome.counted.examples["wrong_content"]


def test_answers_in_one_byte_pieces_are_right(readiness):
    def handler(connection, request, number):
        for byte in response():
            connection.sendall(bytes([byte]))
        return True

    with serving(handler) as server:
        outcome = load(server.url, readiness)
    assert kinds(outcome) == set()
    assert outcome.started == server.answered


def test_chunked_answers_are_right(readiness):
    chunked = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n%s\r\na\r\n%s\r\n0\r\n\r\n"
        % (
            CONTENT[:4],
            CONTENT[4:],
        )
    )

    def handler(connection, request, number):
        connection.sendall(chunked)
        return True

    with serving(handler) as server:
        outcome = load(server.url, readiness)
    assert kinds(outcome) == set()
    assert outcome.counted.answered > 0


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"400\r\n%b\r\n" % (b"a" * 1024),
        ),
        (b"HTTP/1.1 200 OK\r\n", b"x-more: %b\r\n" % (b"a" * 1024)),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 40),
    ],
    ids=["chunks", "header fields", "interim answers"],
)
def test_an_answer_without_end_is_given_up_as_wrong_content(readiness, head, piece):
    def handler(connection, request, number):
        connection.sendall(head)
        while True:  # until the engine closes
            connection.sendall(piece)

    with serving(handler) as server:
        outcome = load(server.url, readiness, connections=2)
    assert kinds(outcome) == {"wrong_content"}
    failures = outcome.counted.examples | outcome.warm.examples
    assert failures["wrong_content"].startswith(("no end after ", "not HTTP: "))


def test_a_server_that_closes_after_each_answer_is_no_error(readiness):
    def handler(connection, request, number):
        connection.sendall(response(CONTENT, "200 OK", "Connection: close"))
        return False

    with serving(handler) as server:
        outcome = load(server.url, readiness)
    assert kinds(outcome) == set()
    assert outcome.started == server.answered == server.accepted


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (response(), "wrong_content"),
        (response(b"", "413 Content Too Large"), "wrong_status"),
    ],
    ids=["right", "error"],
)
def test_an_early_answer_to_half_a_request_is_a_failure(readiness, answer, kind):
    def answer_at_once(connection: socket.socket) -> bool:
        connection.recv(1024)
        connection.sendall(answer)
        connection.recv(1)  # keeps the request from being sent whole until the answer is read
        time.sleep(0.01)
        return False

    with serving(right, answer_at_once) as server:
        outcome = load(server.url, readiness, content=LARGE, connections=1)
    assert kind in kinds(outcome)
    assert kinds(outcome) <= {kind, "reset"}
    assert outcome.counted.answered == 0


def test_long_requests_are_sent_whole(readiness):
    def handler(connection, request, number):
        connection.sendall(response() if request.endswith(LARGE) else response(b"cut"))
        return True

    with serving(handler) as server:
        outcome = load(server.url, readiness, content=LARGE, connections=1, duration_s=0.05)
    assert kinds(outcome) == set()
    assert outcome.started == server.answered


def test_a_server_that_never_answers_is_a_timeout(readiness, monkeypatch):
    monkeypatch.setattr("benchmarks.engine.loops.timing.WARM_UP_S", 0.05)

    def handler(connection, request, number):
        return True

    with serving(handler) as server:
        outcome = load(server.url, readiness, timeout_s=0.1)
    assert kinds(outcome) == {"timeout"}
    assert outcome.counted.answered == 0


def test_a_server_that_accepts_and_resets_is_a_reset(readiness):
    def refuse(connection: socket.socket) -> bool:
        reset(connection)
        return False

    with serving(right, refuse) as server:
        outcome = load(server.url, readiness)
    assert kinds(outcome) == {"reset"}


def test_a_server_that_closes_instead_of_answering_is_a_reset(readiness):
    with serving(lambda connection, request, number: False) as server:
        outcome = load(server.url, readiness)
    assert kinds(outcome) == {"reset"}
    assert outcome.started == server.answered


@pytest.mark.parametrize("rate", [None, 200])
def test_a_port_where_nobody_listens_is_refused(readiness, rate):
    with socket.create_server(("127.0.0.1", 0)) as placeholder:
        port = placeholder.getsockname()[1]
    outcome = load(f"http://127.0.0.1:{port}", readiness, rate=rate)
    assert kinds(outcome) == {"refused"}
    assert outcome.counted.failed > 0
    assert outcome.started < 1000, "attempts are spaced out"


def test_two_answers_to_one_request_are_wrong_content(readiness):
    def handler(connection, request, number):
        connection.sendall(response() + response())
        return True

    with serving(handler) as server:
        assert kinds(load(server.url, readiness)) == {"wrong_content"}


def test_what_is_not_http_is_wrong_content(readiness):
    def handler(connection, request, number):
        connection.sendall(b"220 mail.example ESMTP\r\n\r\n")
        return True

    with serving(handler) as server:
        assert kinds(load(server.url, readiness)) == {"wrong_content"}


def test_interim_answers_are_passed_over(readiness):
    def handler(connection, request, number):
        connection.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n" + response())
        return True

    with serving(handler) as server:
        assert kinds(load(server.url, readiness)) == set()


def test_connections_closed_while_idle_are_reopened_and_are_no_errors(readiness):
    with serving(right) as server:
        address = TargetAddress.of(server.url)
        pool = ConnectionPool(address, 5.0, readiness)
        stream = itertools.repeat(EncodedExchange(address.encode("POST", "/", SMALL), CONTENT))
        first = run_closed(pool, stream, 4, 0.02)
        for connection in list(server._connections):
            connection.shutdown(socket.SHUT_RDWR)
        deadline = time.monotonic() + 5
        while len(pool.readiness.poll(0.1)) < 4 and time.monotonic() < deadline:
            pass
        second = run_closed(pool, stream, 4, 0.02)
        pool.close_all()
    assert (first.idle_closes, second.idle_closes) == (0, 4)
    assert kinds(first) == kinds(second) == set()
    assert first.started + second.started == server.answered
    assert server.accepted == 8


def test_failures_never_enter_the_times(readiness):
    def handler(connection, request, number):
        connection.sendall(response(b"no") if number % 2 else response())
        return True

    with serving(handler) as server:
        outcome = load(server.url, readiness)
    assert outcome.counted.times.total + outcome.warm.times.total == server.answered // 2
