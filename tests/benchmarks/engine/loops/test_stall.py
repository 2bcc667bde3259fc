"""A server that stalls shows in response times in full, as a simulation says that it must.

The simulation knows nothing of the engine: arrivals into a server that answers each request at
once, except that what comes while it sleeps is answered when it wakes.
"""

import itertools
import threading
import time

import pytest

from benchmarks.engine.loops.arrivals import Arrivals
from benchmarks.engine.loops.slices import run_open
from benchmarks.engine.sockets.address import TargetAddress
from benchmarks.engine.sockets.pool import ConnectionPool
from benchmarks.engine.sockets.request import EncodedExchange
from reports.study.histogram import Histogram
from tests.benchmarks.engine.servers import CONTENT, response, serving


class Stalling:
    """Answers at once, but once, `after_s` after the first timed request, sleeps `stall_s`."""

    def __init__(self, after_s: float, stall_s: float, warm: int) -> None:
        self.after_s = after_s
        self.stall_s = stall_s
        self._warm = warm
        self._awake = threading.Event()
        self._started = threading.Event()

    def __call__(self, connection, request, number):
        if number > self._warm and not self._started.is_set():
            self._started.set()
            self._sleeps_from = time.monotonic() + self.after_s
        if self._started.is_set():
            wakes = self._sleeps_from + self.stall_s
            now = time.monotonic()
            if self._sleeps_from <= now < wakes:
                time.sleep(wakes - now)
        connection.sendall(response())
        return True


def simulated_times_us(due_s: list[float], sleeps_from_s: float, stall_s: float) -> list[int]:
    """Response times if nothing but the stall took any time."""
    wakes_s = sleeps_from_s + stall_s
    return [round((wakes_s - due) * 1e6) if sleeps_from_s <= due < wakes_s else 0 for due in due_s]


def run_stall(rate: float, duration_s: float, after_s: float, stall_s: float, most: int):
    connections = 4
    with serving(Stalling(after_s, stall_s, connections)) as server:
        address = TargetAddress.of(server.url)
        pool = ConnectionPool(address, 20.0)
        stream = itertools.repeat(EncodedExchange(address.encode("POST", "/", b"{}"), CONTENT))
        arrivals = Arrivals(rate, "poisson", 5)
        outcome = run_open(
            pool, stream, connections, most=most, arrivals=arrivals, duration_s=duration_s
        )
        pool.close_all()
    due_s = list(
        itertools.takewhile(lambda at: at <= duration_s, (ns / 1e9 for ns in arrivals.offsets_ns()))
    )
    # The stall begins `after_s` after the server saw the first request.
    expected = simulated_times_us(due_s, due_s[0] + after_s, stall_s)
    return outcome, expected


def affected(times: Histogram, over_us: float) -> int:
    return sum(number for low, number in times.counts_by_us() if low >= over_us)


def assert_stall_shows(outcome, expected: list[int], stall_s: float) -> None:
    counted = outcome.counted
    assert counted.answered == len(expected)
    assert counted.unsent == counted.failed == 0
    slack_us = 0.1 * stall_s * 1e6
    # Never shorter than the simulation, at any rank, but for the server's own clock (10 %).
    whole = sorted(expected)
    for percent in (50, 90, 99, 99.9, 100):
        rank = max(1, int(percent * len(whole) / 100 + 0.5))
        assert counted.times.percentile_us(percent / 100) >= whole[rank - 1] - slack_us
    half_us = stall_s * 1e6 / 2
    in_simulation = sum(time_us >= half_us for time_us in expected)
    assert affected(counted.times, half_us - slack_us) >= in_simulation


def test_a_stall_shows_in_response_times_as_simulated():
    outcome, expected = run_stall(500, 1.0, 0.3, 0.3, most=1024)
    assert_stall_shows(outcome, expected, 0.3)
    assert outcome.most_connections > 4, "connections grow while the server stalls"


def test_beyond_the_bound_of_connections_requests_wait_and_the_wait_counts():
    outcome, expected = run_stall(500, 1.0, 0.3, 0.3, most=4)
    assert_stall_shows(outcome, expected, 0.3)
    assert outcome.most_connections == 4
    # Only what was in flight was slow to be answered: service time alone hides the stall.
    assert (
        affected(outcome.counted.service, 150_000) <= 4 < affected(outcome.counted.times, 150_000)
    )
    assert affected(outcome.counted.lag, 100_000) > 4


@pytest.mark.long
def test_a_second_in_ten_at_a_thousand_a_second_affects_a_thousand_requests():
    outcome, expected = run_stall(1000, 10.0, 4.0, 1.0, most=1024)
    assert_stall_shows(outcome, expected, 1.0)
    assert 900 <= affected(outcome.counted.times, 20_000) <= 3000
    assert 0.9e6 <= outcome.counted.times.percentile_us(0.999) <= 2e6
