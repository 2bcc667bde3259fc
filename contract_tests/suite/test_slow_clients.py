"""Clients that are slow, that stop half-way, or that send too much: others are served meanwhile."""

import pytest

from contract_tests.backends.served import ServedBackend
from contract_tests.contract.expected import HEALTHY, count_answer, letters
from contract_tests.http.messages import Answer, Request, get
from contract_tests.suite.cases import case
from contract_tests.suite.crowd import Crowd, Habit, Then
from contract_tests.suite.requests import ALICE, ROW

pytestmark = pytest.mark.needs("socket")

SIZE = 200
# The contract says 1 s; a busy machine may take twice that.
SERVED_WITHIN_S = 2.0
# A quarter of a crowd's clients have sent theirs by then.
SLOW_BYTES = SIZE // 4
CROWD_S = 20.0

LAST = get("/api/health").with_fields(("Connection", "close"))
HUGE = get("/api/health").with_fields(("X", "a" * 64 * 1024))
ENDLESS = get("/api/health").with_fields(*[("X", "a" * 1000)] * 64)


@pytest.fixture
def service(backend: ServedBackend) -> ServedBackend:
    return backend.apart()


HABITS = [
    case("silent", "nothing", Habit(ALICE, Then.STAYS, head_bytes=0), holds=["hostile.silent"]),
    case(
        "line",
        "a request from its second byte on a byte a second",
        Habit(ALICE, Then.GOES_ON, head_bytes=1),
        holds=["hostile.slow-head"],
    ),
    case(
        "fields",
        "a request whose header fields come a byte a second",
        Habit(ALICE, Then.GOES_ON, head_bytes=70),
        holds=["hostile.slow-head"],
    ),
    case(
        "half-head",
        "half a head",
        Habit(ALICE, Then.STAYS, head_bytes=70),
        holds=["hostile.slow-head"],
    ),
    case(
        "content",
        "a request whose content comes a byte a second",
        Habit(ALICE, Then.GOES_ON),
        holds=["hostile.slow-body"],
    ),
    case(
        "chunks",
        "a request whose chunks come a byte a second",
        Habit(ALICE.in_chunks(), Then.GOES_ON),
        holds=["hostile.slow-body"],
    ),
    case(
        "left",
        "a request with 9 bytes of its content, and no more",
        Habit(ROW, Then.STAYS, content_bytes=9),
        holds=["hostile.abandoned"],
    ),
    case(
        "closed",
        "a request with 9 bytes of its content, then the end of the connection",
        Habit(ROW, Then.CLOSES, content_bytes=9),
        holds=["hostile.abandoned"],
    ),
    case(
        "reset",
        "a request with 9 bytes of its content, then a reset",
        Habit(ROW, Then.RESETS, content_bytes=9),
        holds=["hostile.abandoned"],
    ),
    case(
        "last-request",
        "a request with Connection: close, and never the end of the connection",
        Habit(LAST, Then.STAYS),
        holds=["hostile.lingering"],
    ),
    case(
        "huge-field",
        "a header field of 64 KiB",
        Habit(HUGE, Then.STAYS),
        holds=["hostile.huge-fields"],
    ),
    case(
        "huge-field-closed",
        "a header field of 64 KiB, then the end of the connection",
        Habit(HUGE, Then.CLOSES),
        holds=["hostile.huge-fields"],
    ),
    case(
        "endless-head",
        "60,000 bytes of header fields, then more, a byte a second",
        Habit(ENDLESS, Then.GOES_ON, head_bytes=60_000),
        holds=["hostile.huge-fields"],
    ),
]


@pytest.mark.parametrize(("doing", "habit"), HABITS)
def test_others_are_served(
    service: ServedBackend,
    doing: str,  # noqa: ARG001 (words for the catalogue)
    habit: Habit,
) -> None:
    """While 200 clients misbehave, and when they have gone, others are served in time.

    Sends: on each of 200 connections {doing}; before, meanwhile and afterwards count, letter_count,
        predict and health on connections of their own
    Wants: 200 within 2 s each time, and that no process ends
    """
    processes = service.process_ids()
    # One that answers wrongly with nobody else there need not meet them.
    serves(service)
    with Crowd(lambda: service.connect(recorded=False), habit, SIZE) as crowd:
        serves(service)
        if habit.then is Then.GOES_ON:
            crowd.wait_slow_bytes(SLOW_BYTES, CROWD_S)
            serves(service)
    serves(service)
    assert service.process_ids() == processes


def serves(service: ServedBackend) -> None:
    """Assert that each operation answers on a new connection, in time."""
    number = ask(service, get("/api/count"))
    assert number.listed == count_answer(number.member("count", int))
    assert ask(service, ALICE).listed == letters("Alice")
    assert len(ask(service, ROW).member("predictions", list)) == 1
    assert ask(service, get("/api/health")).listed == HEALTHY


def ask(service: ServedBackend, request: Request) -> Answer:
    """The answer, on a new connection."""
    with service.connect(min(service.deadline_s, SERVED_WITHIN_S)) as connection:
        return connection.exchange(request)
