"""SIGTERM: each test starts the stack once more, for itself, and ends it."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from enum import Enum

import pytest

from contract_tests.backends.base import DEADLINE_S
from contract_tests.backends.launched import FreshService, LaunchedBackend
from contract_tests.contract.expected import HEALTHY, NOT_READY, letters
from contract_tests.http.connection import Connection
from contract_tests.http.errors import ClosedEarly
from contract_tests.http.messages import Expected, get, post_value
from contract_tests.suite.requests import ALICE

pytestmark = pytest.mark.needs("launched")

CONNECTIONS = 4
LONG_NAME = "é" * 100_000
LAST = get("/api/health").with_fields(("Connection", "close"))
# Long for noticing a signal, and shorter than a server waits for the request that is under way.
NOTICED_WITHIN_S = 1.5


class Seen(Enum):
    """The outcome of a new connection."""

    SERVED = "served"
    NOT_READY = "told that the service drains"
    CLOSED = "refused, or closed unanswered"


Connect = Callable[[], Connection]


@pytest.fixture
def service(backend: LaunchedBackend) -> Iterator[FreshService]:
    with backend.launch_fresh() as fresh:
        yield fresh


@pytest.fixture
def connect(backend: LaunchedBackend, service: FreshService) -> Connect:
    """Open a connection to the service; its exchanges are kept with the backend's."""
    return lambda: Connection(service.host, service.port, DEADLINE_S, record=backend.record)


@pytest.mark.holds("drain.answers", "drain.exit")
def test_what_was_sent_whole_is_answered(service: FreshService, connect: Connect) -> None:
    """After SIGTERM, what was accepted and sent whole is answered.

    Over connections that have been accepted, as each of them has had an answer; and though other
    clients keep their connections open after their last answer.

    Sends: GET /api/health with Connection: close on 4 connections; POST /api/letter_count on 4
        others that were used before, then SIGTERM
    Wants: 200 and the end on each of the others, then exit status 0
    """
    with ExitStack() as opened:
        connections = [opened.enter_context(connect()) for _ in range(CONNECTIONS)]
        for connection in connections:
            assert connection.exchange(get("/api/health")).listed == HEALTHY
        for _ in range(CONNECTIONS):
            lingering = opened.enter_context(connect())
            assert lingering.exchange(LAST).listed == HEALTHY
        for connection in connections:
            connection.send_request(post_value("/api/letter_count", {"name": LONG_NAME}))
        service.terminate()
        for connection in connections:
            assert connection.read_answer().listed == letters(LONG_NAME)
            connection.expect_end()
    assert service.wait() == 0


@pytest.mark.holds("drain.refuses", "health.draining")
def test_new_connections_are_refused(service: FreshService, connect: Connect) -> None:
    """After SIGTERM, new connections are refused, closed unanswered or told so.

    While a request whose content is still to come keeps the service from ending at once.

    Sends: SIGTERM while a request is under way, then GET /api/health on new connections
    Wants: no answer but 503 not_ready from 1.5 s on at the latest, then exit status 0
    """
    request = ALICE
    with connect() as slow:
        assert slow.exchange(get("/api/health")).listed == HEALTHY
        slow.send_head(request)
        service.terminate()
        seen = [new_connection(connect)]
        deadline = time.monotonic() + NOTICED_WITHIN_S
        while seen[-1] is Seen.SERVED and time.monotonic() < deadline:
            seen.append(new_connection(connect))
        after = [new_connection(connect) for _ in range(20)]
        slow.send(request.content_bytes())
    assert seen[-1] is not Seen.SERVED
    assert Seen.SERVED not in after
    assert service.wait() == 0


@pytest.mark.holds("drain.exit")
def test_the_service_ends_within_the_grace_period(service: FreshService, connect: Connect) -> None:
    """After SIGTERM, the service exits 0 within its grace period.

    Though one client keeps its connection open, and another never sends its content.

    Sends: SIGTERM while one connection is idle and another waits for content
    Wants: exit status 0 within the grace period
    """
    with connect() as idle, connect() as slow:
        assert idle.exchange(get("/api/health")).listed == HEALTHY
        slow.send_head(ALICE)
        service.terminate()
        assert service.wait() == 0


def new_connection(connect: Connect) -> Seen:
    """Open a connection, ask for the service's health, and return the outcome."""
    try:
        with connect() as connection:
            answer = connection.exchange(get("/api/health")).listed
    except (OSError, ClosedEarly):
        return Seen.CLOSED
    seen: dict[int, tuple[Seen, Expected]] = {
        200: (Seen.SERVED, HEALTHY),
        503: (Seen.NOT_READY, NOT_READY),
    }
    kind, expected = seen[answer.status]
    assert answer == expected
    return kind
