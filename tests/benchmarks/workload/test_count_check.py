"""Counts must rise on each connection, stay above what was known, and never come twice."""

from benchmarks.workload import answer_check
from benchmarks.workload.answer_check import CountCheck


def count(number: int) -> bytes:
    return b'{"count":%d}' % number


def test_numbers_that_rise_are_right():
    check = CountCheck()
    assert [check(connection, count(n)) for n, connection in enumerate([0, 1, 0, 2], 1)] == [
        None
    ] * 4
    assert check.repeated() == 0


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


def test_a_number_that_comes_twice_is_found_at_once_and_later():
    check = CountCheck()
    assert check(0, count(5)) is None
    assert check(1, count(5)) is None
    assert check.repeated() == 1
    assert check(2, count(5)) is None
    assert check.repeated() == 1


def test_what_is_not_a_count_is_wrong():
    check = CountCheck()
    for content in (b"", b"{}", b'{"count":-1}', b'{"count": 1}', b'{"count":1.0}', b'{"count":1'):
        assert check(0, content) is not None


def test_counts_are_remembered_up_to_a_bound(monkeypatch):
    monkeypatch.setattr(answer_check, "REMEMBERED", 1000)
    check = CountCheck()
    for start in range(0, 5000, 1000):
        for number in range(start, start + 1000):
            check(0, b'{"count":%d}' % (number + 1))
        assert check.repeated() == 0
        assert len(check._seen) <= 2000
    assert len(check._seen) == 1000  # 3000 were cut to that twice
    assert not check._new


def test_nothing_is_remembered_where_equal_numbers_are_not_looked_for():
    check = CountCheck(distinct=False)
    assert [check(connection, count(5)) for connection in range(4)] == [None] * 4
    assert check(0, count(5)) == "the count went from 5 back to 5"
    assert not check._new
    assert check.repeated() == 0
