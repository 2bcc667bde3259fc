"""Loops count, grow, shrink, drain and know themselves."""

import gc
import itertools
import threading
import time
from time import perf_counter_ns as clock_ns

import pytest

from benchmarks.engine.errors import CannotResolve, NotAnHttpUrl, TooManyConnections
from benchmarks.engine.loops.arrivals import Arrivals
from benchmarks.engine.loops.closed_loop import ClosedLoop
from benchmarks.engine.loops.open_loop import OpenLoop
from benchmarks.engine.loops.slices import run_closed, run_open
from benchmarks.engine.loops.timing import Timing, no_collection, settle_memory
from benchmarks.engine.sockets.address import TargetAddress
from benchmarks.engine.sockets.connection import connections_allowed
from benchmarks.engine.sockets.pool import ConnectionPool
from benchmarks.engine.sockets.request import EncodedExchange
from tests.benchmarks.engine.servers import CONTENT, null_server, response, right, serving


def pool_to(url, timeout_s=5.0):
    address = TargetAddress.of(url)
    exchange = EncodedExchange(address.encode("POST", "/", b"{}"), CONTENT)
    return ConnectionPool(address, timeout_s), itertools.repeat(exchange)


def test_targets_take_turns_over_connections_that_stay_open():
    with serving(right) as one, serving(right) as two:
        pools = [pool_to(server.url) for server in (one, two)]
        outcomes = [run_closed(pool, stream, 3, 0.02) for pool, stream in pools * 3]
        for pool, _ in pools:
            pool.close_all()
    assert one.accepted == two.accepted == 3
    assert sum(outcome.started for outcome in outcomes) == one.answered + two.answered


def test_loops_grow_and_shrink_between_two_turns():
    with serving(right) as server:
        pool, stream = pool_to(server.url)
        loop = ClosedLoop(pool, stream, 2)
        timing = Timing(loop)
        timing.begin()
        loop.grow(3)
        loop.turn(clock_ns() + 50_000_000)
        assert len(pool.connections) == 5
        loop.shrink(4)
        deadline = time.monotonic() + 5
        while len(pool.connections) > 1 and time.monotonic() < deadline:
            loop.turn(clock_ns() + 5_000_000)
        assert len(pool.connections) == 1
        outcome = timing.end()
        pool.close_all()
    assert outcome.counted.failed == 0
    assert outcome.started == server.answered
    assert outcome.most_connections == 5


@pytest.mark.parametrize("kind", [ClosedLoop, OpenLoop])
def test_what_is_in_flight_when_patience_ends_is_unfinished(kind):
    free, two_wait = threading.Event(), threading.Event()

    def handler(connection, request, number):
        if number == 6:
            two_wait.set()
        if number > 4:
            free.wait(60)
        connection.sendall(response())
        return True

    with serving(handler) as server:
        pool, stream = pool_to(server.url)
        loop = ClosedLoop(pool, stream, 2) if kind is ClosedLoop else OpenLoop(pool, stream, 2, 4)
        timing = Timing(loop)
        timing.begin(warm_up=False)
        if isinstance(loop, OpenLoop):
            loop.schedule(Arrivals(500).offsets_ns(), clock_ns())
        loop.grow(2)
        while not two_wait.is_set():
            loop.turn(clock_ns() + 10_000_000)
        loop.turn(clock_ns() + 100_000_000)  # requests go on being due
        counted = timing.end(patience_s=0.05).counted
        pool.close_all()
        free.set()
    assert counted.answered == 4
    assert set(counted.failures) == {"unfinished"}
    assert (counted.unsent > 0) == (kind is OpenLoop)


def test_what_is_due_before_timing_starts_is_counted():
    with serving(right) as server:
        pool, stream = pool_to(server.url)
        loop = OpenLoop(pool, stream, 0, 4)
        timing = Timing(loop)
        start_ns = clock_ns() - 100_000_000
        loop.schedule(Arrivals(100, "even").offsets_ns(), start_ns, start_ns + 150_000_000)
        timing.begin(warm_up=False)
        loop.turn(clock_ns() + 100_000_000)
        outcome = timing.end()
        pool.close_all()
    assert outcome.warm.sent == 0
    assert outcome.counted.answered == outcome.counted.lag.total == server.answered == 16
    assert outcome.counted.lag.max_us >= 100_000, "the first was due 100 ms before"


def test_requests_that_waited_as_long_as_the_timeout_are_unsent():
    free = threading.Event()

    def handler(connection, request, number):
        if number > 1:
            free.wait(10)
        connection.sendall(response())
        return True

    with serving(handler) as server:
        pool, stream = pool_to(server.url, timeout_s=0.1)
        outcome = run_open(pool, stream, 1, most=1, arrivals=Arrivals(200, "even"), duration_s=0.25)
        free.set()
        pool.close_all()
    counted = outcome.counted
    assert set(counted.failures) == {"timeout"}
    assert counted.unsent > 0
    assert counted.unsent + counted.sent == 51  # 0, 5, … 250 ms
    assert counted.lag.total == counted.sent


def test_ten_thousand_connections_and_one_both_work():
    many = 10_000
    with null_server() as url:
        try:
            connections_allowed(many)
        except TooManyConnections as exc:
            pytest.skip(str(exc))
        address = TargetAddress.of(url)
        stream = itertools.repeat(EncodedExchange(address.encode("POST", "/", b"{}"), b"{}"))
        pool = ConnectionPool(address, 30.0)
        for connections in (many, 1):
            outcome = run_closed(pool, stream, connections, 0.2)
            assert outcome.counted.failed == outcome.warm.failed == 0
            assert outcome.counted.answered >= connections
            assert outcome.most_connections == connections
        pool.close_all()


def test_too_many_connections_say_how():
    with pytest.raises(TooManyConnections, match="ulimit"):
        connections_allowed(10**9)


def test_the_collector_rests_while_load_is_made():
    with no_collection():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_collections_leave_out_what_was_there_when_memory_was_settled():
    settle_memory()
    try:
        assert gc.get_freeze_count() > 0
        assert len(gc.get_objects()) < gc.get_freeze_count()
    finally:
        gc.unfreeze()


def test_other_urls_than_plain_http_are_refused():
    for url in ("https://127.0.0.1", "127.0.0.1:5000", "", "ftp://a", "http://a:b@127.0.0.1"):
        with pytest.raises(NotAnHttpUrl):
            TargetAddress.of(url)
    with pytest.raises(CannotResolve):
        TargetAddress.of("http://no-such-host.invalid")


def test_a_path_in_the_url_comes_before_all_others():
    address = TargetAddress.of("http://127.0.0.1:81/base/")
    assert address.encode("GET", "/api/count") == (
        b"GET /base/api/count HTTP/1.1\r\nHost: 127.0.0.1:81\r\n\r\n"
    )
