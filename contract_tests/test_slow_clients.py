"""Clients that are slow, that stop half-way, or that send too much: others are served meanwhile."""

import pytest

from contract_tests.cases import case
from contract_tests.crowd import Crowd, Habit, Then
from contract_tests.exchange import Answer, Request, get, post_value
from contract_tests.expected import HEALTHY, count_answer, letters
from contract_tests.served import ServedBackend

pytestmark = pytest.mark.needs("socket")

SIZE = 200
# The contract says 1 s; a busy machine may take twice that.
SERVED_WITHIN_S = 2.0
# A quarter of a crowd's clients have sent theirs by then.
SLOW_BYTES = SIZE // 4
CROWD_S = 20.0

ALICE = post_value("/api/letter_count", {"name": "Alice"})
ROW = post_value("/api/predict", {"instances": [[5.1, 3.5, 1.4, 0.2]]})
LAST = get("/api/health").with_fields(("Connection", "close"))
HUGE = get("/api/health").with_fields(("X", "a" * 64 * 1024))
ENDLESS = get("/api/health").with_fields(*[("X", "a" * 1000)] * 64)


@pytest.fixture
def service(backend: ServedBackend) -> ServedBackend:
    return backend.apart()


@pytest.mark.parametrize(
    "habit",
    [
        case("silent", Habit(ALICE, Then.STAYS, head_bytes=0), holds=["hostile.silent"]),
        case("line", Habit(ALICE, Then.GOES_ON, head_bytes=1), holds=["hostile.slow-head"]),
        case("fields", Habit(ALICE, Then.GOES_ON, head_bytes=70), holds=["hostile.slow-head"]),
        case("half-head", Habit(ALICE, Then.STAYS, head_bytes=70), holds=["hostile.slow-head"]),
        case("content", Habit(ALICE, Then.GOES_ON), holds=["hostile.slow-body"]),
        case("chunks", Habit(ALICE.in_chunks(), Then.GOES_ON), holds=["hostile.slow-body"]),
        case("left", Habit(ROW, Then.STAYS, content_bytes=9), holds=["hostile.abandoned"]),
        case("closed", Habit(ROW, Then.CLOSES, content_bytes=9), holds=["hostile.abandoned"]),
        case("reset", Habit(ROW, Then.RESETS, content_bytes=9), holds=["hostile.abandoned"]),
        case("last-request", Habit(LAST, Then.STAYS), holds=["hostile.lingering"]),
        case("huge-field", Habit(HUGE, Then.STAYS), holds=["hostile.huge-fields"]),
        case("huge-field-closed", Habit(HUGE, Then.CLOSES), holds=["hostile.huge-fields"]),
        case(
            "endless-head",
            Habit(ENDLESS, Then.GOES_ON, head_bytes=60_000),
            holds=["hostile.huge-fields"],
        ),
    ],
)
def test_others_are_served(service: ServedBackend, habit: Habit) -> None:
    """While 200 clients misbehave and when they have gone; and no process ends of it."""
    processes = service.process_ids()
    with Crowd(lambda: service.connect(recorded=False), habit, SIZE) as crowd:
        serves(service)
        if habit.then is Then.GOES_ON:
            crowd.wait_slow_bytes(SLOW_BYTES, CROWD_S)
            serves(service)
    serves(service)
    assert service.process_ids() == processes


def serves(service: ServedBackend) -> None:
    """Asserts that each operation answers on a new connection, in time."""
    number = ask(service, get("/api/count"))
    assert number.listed == count_answer(number.json()["count"])
    assert ask(service, ALICE).listed == letters("Alice")
    assert len(ask(service, ROW).json()["predictions"]) == 1
    assert ask(service, get("/api/health")).listed == HEALTHY


def ask(service: ServedBackend, request: Request) -> Answer:
    """The answer, on a new connection."""
    with service.connect(min(service.deadline_s, SERVED_WITHIN_S)) as connection:
        return connection.exchange(request)
