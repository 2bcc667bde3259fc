"""Counts must rise on each connection, stay above what was known, and never come twice."""

import pytest

from benchmarks.workload.answer_check import REMEMBERED, CountCheck


def count(number: int) -> bytes:
    return b'{"count":%d}' % number


def test_numbers_that_rise_are_right():
    check = CountCheck()
    assert [check(connection, count(n)) for n, connection in enumerate([0, 1, 0, 2], 1)] == [
        None
    ] * 4


def test_a_smaller_number_on_the_same_connection_is_wrong():
    check = CountCheck()
    assert check(0, count(2)) is None
    assert check(0, count(1)) == "the count went from 2 back to 1"


def test_a_number_below_what_was_known_when_it_was_asked_for_is_wrong():
    check = CountCheck()
    assert check(0, count(1)) is None
    assert check(1, count(9)) is None
    assert check(0, count(8)) is None  # may have been on its way when 9 arrived
    assert check(0, count(7)) is not None


@pytest.mark.parametrize("newer", [0, 1, REMEMBERED - 1])
def test_a_number_that_comes_twice_is_found_as_long_as_it_is_remembered(newer: int):
    check = CountCheck()
    for number in range(5, 6 + newer):
        assert check(number, count(number)) is None
    assert check(1 << 30, count(5)) == "the count 5 was answered twice"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b'{"count":-1}',
        b'{"count": 1}',
        b'{"count":1.0}',
        b'{"count":1',
        count(10**18),
        b'{"count":%b}' % (b"9" * 5000),
    ],
    ids=lambda content: str(content[:20]),
)
def test_what_is_not_a_count_is_wrong(content: bytes):
    why = CountCheck()(0, content)
    assert why is not None
    assert why.startswith("not a count: ")


def test_equal_numbers_are_right_where_they_are_not_looked_for():
    check = CountCheck(distinct=False)
    assert [check(connection, count(5)) for connection in range(4)] == [None] * 4
    assert check(0, count(5)) == "the count went from 5 back to 5"
