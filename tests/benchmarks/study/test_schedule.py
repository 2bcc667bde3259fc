"""A study's time is shared out evenly over its blocks."""

from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.study.schedule import RESERVE_S, Schedule

times = st.floats(0.1, 100)


def test_rounds_fill_what_is_left_evenly():
    # 100 s for four blocks of 5 s overhead: this one's is spent, as is its first pass of 2 s.
    schedule = Schedule(ends_at_s=100.0, overhead_s=5.0, pass_s=2.0)
    assert schedule.rounds(7.0, 4, most=50) == 10
    assert 7.0 + schedule.left_s(9, 3, 10) == 100.0


def test_without_a_budget_all_planned_rounds_are_run():
    assert Schedule.starting(0.0, None).rounds(1e9, 4, most=7) == 7


def test_some_of_the_budget_is_left_for_the_report():
    assert Schedule.starting(50.0, 100.0).ends_at_s == 150.0 - RESERVE_S


@settings(deadline=None)
@given(times, times, st.floats(0, 1000), st.integers(1, 32), st.integers(1, 50))
def test_rounds_are_one_to_most_and_fit_where_more_than_one(overhead_s, pass_s, now_s, left, most):
    schedule = Schedule(ends_at_s=500.0, overhead_s=overhead_s, pass_s=pass_s)
    rounds = schedule.rounds(now_s, left, most)
    assert 1 <= rounds <= most
    if rounds > 1:
        assert now_s + schedule.left_s(rounds - 1, left - 1, rounds) <= 500.0 + 1e-6
    if rounds < most:
        assert now_s + schedule.left_s(rounds, left - 1, rounds + 1) > 500.0 - 1e-6
