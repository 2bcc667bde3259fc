"""A service's own count against what it was sent."""

import socket
import threading

import pytest

from benchmarks.study.counting import CountAsker, find_miscount
from reports.study.records import SliceOutcome
from tests.benchmarks.miniature import Miniature, response


def outcome(sent: int, **failures: int) -> SliceOutcome:
    return SliceOutcome(
        started_at_ns=0,
        duration_s=1.0,
        sent=sent,
        answered=sent - sum(failures.values()),
        histogram="",
        sum_us=0,
        failures=failures,
    )


def test_asking_counts_too_and_keeps_its_connection():
    with Miniature(first_count=41).running() as miniature:
        asker = CountAsker(miniature.url)
        assert [asker.ask() for _ in range(2)] == [41, 42]
        asker.close()
    assert miniature.accepted == 1


def test_a_connection_that_was_closed_while_idle_is_opened_again():
    closed = threading.Event()

    def send(connection, number, answer):
        connection.sendall(answer)
        if number == 1:
            connection.shutdown(socket.SHUT_RDWR)
            closed.set()

    with Miniature(send, first_count=41).running() as miniature:
        asker = CountAsker(miniature.url)
        assert asker.ask() == 41
        assert closed.wait(10)
        assert [asker.ask() for _ in range(2)] == [42, 43]
        asker.close()
    assert miniature.accepted == 2


def test_no_right_answer_is_no_count():
    def send(connection, number, answer):
        connection.sendall(
            [response(b"{}"), response(b"no"), response(answer, "500 x")][number - 1]
        )

    with Miniature(send).running() as miniature:
        asker = CountAsker(miniature.url)
        assert [asker.ask() for _ in range(3)] == [None] * 3
        asker.close()
    assert asker.ask() is None


@pytest.mark.parametrize(
    ("before", "after", "measured"),
    [
        (5, 16, outcome(10)),
        (None, 16, outcome(10)),
        (5, None, outcome(10)),
        (5, 14, outcome(10, reset=2)),
        (5, 15, outcome(10, reset=2)),
        (5, 16, outcome(10, wrong_content=2)),
    ],
)
def test_counts_that_agree_or_cannot_be_told(before, after, measured):
    assert find_miscount(before, after, measured) is None


@pytest.mark.parametrize(
    ("before", "after", "measured"),
    [
        (5, 15, outcome(10)),
        (5, 17, outcome(10)),
        (5, 13, outcome(10, reset=2)),
        (5, 15, outcome(10, wrong_content=2)),
        (5, 5, outcome(10)),
    ],
)
def test_counts_that_disagree(before, after, measured):
    miscount = find_miscount(before, after, measured)
    assert (miscount.sent, miscount.counted) == (10, after - before - 1)
