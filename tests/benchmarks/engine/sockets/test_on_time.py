"""Requests of an open loop that no late start can have delayed are told from the others."""

import itertools
import time
from time import perf_counter_ns as clock_ns

import pytest

from benchmarks.engine.counts.tally import Tally
from benchmarks.engine.loops.arrivals import Arrivals
from benchmarks.engine.loops.slices import run_open
from benchmarks.engine.sockets import pool as pool_module
from benchmarks.engine.sockets.address import TargetAddress
from benchmarks.engine.sockets.pool import ConnectionPool
from benchmarks.engine.sockets.request import EncodedExchange
from tests.benchmarks.engine.servers import CONTENT, response, right, serving

DEADLINE_S = 10.0
LATE_NS = 6_000_000_000


@pytest.fixture
def slow_machine(monkeypatch):
    """Let a start count as late only where a test makes it so."""
    monkeypatch.setattr(pool_module, "ON_TIME_NS", LATE_NS // 2)


def open_pool(server) -> tuple[ConnectionPool, EncodedExchange]:
    address = TargetAddress.of(server.url)
    pool = ConnectionPool(address, 20.0)
    pool.tally = Tally(open_loop=True)
    return pool, EncodedExchange(address.encode("POST", "/", b"{}"), CONTENT)


def wait_idle(pool: ConnectionPool) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while pool.in_flight and time.monotonic() < deadline:
        for fd, mask in pool.readiness.poll(0.1):
            pool.receive(pool.by_fd[fd], mask)
    assert not pool.in_flight


def test_one_that_starts_while_a_late_one_is_unanswered_is_not_on_time(slow_machine):
    with serving(right) as server:
        pool, exchange = open_pool(server)
        first, second, third = (pool.add() for _ in range(3))
        pool.start(first, exchange, clock_ns() - LATE_NS)
        pool.start(second, exchange, clock_ns())
        wait_idle(pool)
        assert (pool.tally.counted().times.total, pool.tally.counted().on_time.total) == (2, 0)
        pool.start(third, exchange, clock_ns())
        wait_idle(pool)
        assert pool.tally.counted().on_time.total == 1
        pool.close_all()


def test_one_that_starts_while_only_a_delayed_one_is_unanswered_is_not_on_time(slow_machine):
    with serving(right) as server:
        pool, exchange = open_pool(server)
        first, second, third = (pool.add() for _ in range(3))
        pool.start(first, exchange, clock_ns() - LATE_NS)
        pool.start(second, exchange, clock_ns())
        deadline = time.monotonic() + DEADLINE_S
        while pool.in_flight > 1 and time.monotonic() < deadline:
            for fd, mask in pool.readiness.poll(0.1)[:1]:
                pool.receive(pool.by_fd[fd], mask)
        pool.start(third, exchange, clock_ns())
        wait_idle(pool)
        assert pool.tally.counted().on_time.total == 0
        pool.close_all()


def test_a_late_one_that_failed_delays_no_other(slow_machine):
    def fail_first(connection, request, number):
        connection.sendall(response(b"{}") if number == 1 else response())
        return True

    with serving(fail_first) as server:
        pool, exchange = open_pool(server)
        connection = pool.add()
        pool.start(connection, exchange, clock_ns() - LATE_NS)
        wait_idle(pool)
        assert pool.tally.failures == {"wrong_content": 1}
        assert pool.start(connection, exchange, clock_ns())
        wait_idle(pool)
        assert pool.tally.counted().on_time.total == 1
        pool.close_all()


def test_what_was_due_while_the_generator_was_held_up_is_not_on_time():
    """Of 100 requests, one every 2 ms, ten are due in a pause of the generator of 20 ms."""

    def held_up(exchange):
        yield from itertools.repeat(exchange, 44)
        time.sleep(0.02)  # the pause itself
        yield from itertools.repeat(exchange)

    with serving(right) as server:
        address = TargetAddress.of(server.url)
        pool = ConnectionPool(address, 20.0)
        exchange = EncodedExchange(address.encode("POST", "/", b"{}"), CONTENT)
        outcome = run_open(
            pool, held_up(exchange), 4, most=64, arrivals=Arrivals(500, "even"), duration_s=0.2
        )
        pool.close_all()
    counted = outcome.counted
    late = sum(n for us, n in counted.lag.counts_by_us() if us * 1000 > pool_module.ON_TIME_NS)
    assert 9 <= late <= counted.answered - counted.on_time.total
    assert counted.on_time.total + 9 <= counted.answered
