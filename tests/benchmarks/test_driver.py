"""Slices of a real load process, against services that are right and that are not."""

import os
import signal
import socket
import threading
from contextlib import contextmanager

import pytest

from benchmarks.child_process import ChildProcess
from benchmarks.driver import SliceOrder, Target
from benchmarks.engine.driver import EngineDriver
from benchmarks.errors import ChildDied, ChildSilent
from benchmarks.workload.workload import build_workload
from reports.study.histogram import Histogram
from reports.study.records import Shape
from shared.contract import OPERATIONS
from tests.benchmarks.miniature import SAMPLE, Miniature, response, wrong_once_in

CONNECTIONS = 4


@pytest.fixture(scope="module")
def driver():
    """One load process for all tests here, as for all blocks of a study."""
    workloads = [build_workload(name, seed=1, sample=SAMPLE) for name in OPERATIONS]
    with EngineDriver(workloads) as driver:
        yield driver


def order(operation="letter_count", label="a", duration_s=0.2, connections=CONNECTIONS, seed=1):
    return SliceOrder(label, operation, Shape(connections), duration_s, 1, seed)


@contextmanager
def loaded(driver, send=None):
    """A running miniature that the driver has as its target `a`."""
    miniature = Miniature() if send is None else Miniature(send)
    with miniature.running():
        driver.open([Target("a", miniature.url)])
        yield miniature
        driver.open([])


@pytest.mark.parametrize("operation", OPERATIONS)
def test_right_answers_are_all_counted_and_timed(driver, operation):
    with loaded(driver) as miniature:
        outcome = driver.run(order(operation))
        assert outcome.failures == {}
        # Each connection has answered at least once before.
        assert outcome.answered + CONNECTIONS <= outcome.sent == miniature.asked
        times = Histogram.decode(outcome.histogram)
        assert times.total == outcome.answered > 0
        assert outcome.duration_s >= 0.2
        assert 0 <= outcome.drain_s <= outcome.duration_s - 0.2 + 1e-6
        assert outcome.generator_cpu_s > 0
        # Connections are busy all the time: their times add up to the slice's (Little's law).
        mean_busy = outcome.sum_us / 1e6 / outcome.duration_s
        assert mean_busy <= CONNECTIONS
        longest_s = times.max_us / 1e6
        assert longest_s <= outcome.duration_s * 1.001


def test_connections_stay_open_between_slices_and_targets(driver):
    with Miniature().running() as first, Miniature().running() as second:
        driver.open([Target("a", first.url), Target("b", second.url)])
        for label in "abab":
            assert driver.run(order(label=label)).idle_closes == 0
        assert (first.accepted, second.accepted) == (CONNECTIONS, CONNECTIONS)
        more = driver.run(order(connections=CONNECTIONS + 3))
        assert first.accepted == CONNECTIONS + 3
        assert more.failures == {}


def wrong_status(connection, number, answer):
    connection.sendall(response(b"{}", "500 Internal Server Error"))


def wrong_content(connection, number, answer):
    connection.sendall(response(b'{"name":"Mallory","letter_count":7}'))


def cut(connection, number, answer):
    connection.sendall(answer[:-1])
    connection.shutdown(socket.SHUT_RDWR)


def hang_up(connection, number, answer):
    connection.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        (wrong_status, "wrong_status"),
        (wrong_content, "wrong_content"),
        (cut, "short"),
        (hang_up, "reset"),
    ],
)
def test_each_wrong_answer_is_counted_as_what_it_is_and_none_as_right(driver, wrong, kind):
    with loaded(driver, wrong_once_in(50, wrong)) as miniature:
        outcome = driver.run(order(duration_s=0.4))
        assert outcome.failures == {kind: miniature.asked // 50}
        assert outcome.failures[kind] > 0
        assert outcome.examples[kind]
        assert outcome.sent == miniature.asked
        # Untimed right answers are in neither number.
        assert outcome.answered + outcome.failures[kind] <= outcome.sent
        assert Histogram.decode(outcome.histogram).total == outcome.answered


def test_one_wrong_answer_in_a_thousand_is_found(driver):
    found = 0
    with loaded(driver, wrong_once_in(1000, wrong_content)) as miniature:
        while miniature.asked < 1000:
            found += driver.run(order()).failures.get("wrong_content", 0)
        assert found == miniature.asked // 1000


def test_a_wrong_answer_before_the_timing_counts_too(driver):
    def first_is_wrong(connection, number, answer):
        connection.sendall(response(b"{}") if number == 1 else answer)

    with loaded(driver, first_is_wrong):
        assert driver.run(order()).failures == {"wrong_content": 1}


def test_a_count_that_is_answered_twice_is_wrong(driver):
    def repeat(connection, number, answer):
        connection.sendall(response(b'{"count":%d}' % (number - (number == 30))))

    with loaded(driver, repeat):
        outcome = driver.run(order("count"))
        assert outcome.failures == {"wrong_content": 1}


def test_what_is_in_flight_at_the_end_is_waited_for_and_counted(driver):
    answered, late = set(), threading.Lock()

    def one_is_late(connection, number, answer):
        # The timing begins when each connection was answered once: not before, as it would wait.
        if len(answered) == CONNECTIONS and late.acquire(blocking=False):
            threading.Event().wait(0.6)
        connection.sendall(answer)
        answered.add(connection)

    with loaded(driver, one_is_late) as miniature:
        outcome = driver.run(order())
        assert outcome.drain_s > 0.2
        assert outcome.failures == {}
        assert outcome.sent == miniature.asked
        assert Histogram.decode(outcome.histogram).max_us > 550_000


def test_an_idle_connection_that_the_server_closed_is_opened_again_and_no_error(driver):
    sockets = []

    def remember(connection, number, answer):
        sockets.append(connection)
        connection.sendall(answer)

    with loaded(driver, remember) as miniature:
        driver.run(order())
        for one in set(sockets):
            one.shutdown(socket.SHUT_RDWR)
        outcome = driver.run(order())
        assert outcome.failures == {}
        assert outcome.idle_closes == CONNECTIONS
        assert miniature.accepted == 2 * CONNECTIONS


def test_a_dead_service_is_refused_and_not_asked_in_a_busy_loop(driver):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    driver.open([Target("a", f"http://127.0.0.1:{port}")])
    outcome = driver.run(order())
    assert set(outcome.failures) == {"refused"}
    assert outcome.answered == 0
    assert outcome.sent == outcome.failures["refused"] <= CONNECTIONS * 25
    assert Histogram.decode(outcome.histogram).percentile_us(0.5) is None


def test_a_load_process_that_is_killed_is_an_error_that_says_so():
    with EngineDriver([build_workload("count", seed=1, sample=SAMPLE)]) as driver:
        driver.open([])
        os.kill(driver.pids()[0], signal.SIGKILL)
        with pytest.raises(ChildDied, match="signal 9, and printed nothing"):
            driver.open([])


def test_a_load_process_that_is_silent_is_told_with_what_it_printed():
    """As is one that was ended; it may go on printing."""
    child = ChildProcess("tests.benchmarks.silent_child")
    try:
        child.answer(60)
        with pytest.raises(ChildSilent, match="has not answered for 0 s; it printed: still at it"):
            child.answer(0.0)
    finally:
        child.kill()
