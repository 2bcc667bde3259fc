"""Open loops: response times are what is compared, as far as requests started on time."""

from dataclasses import replace

import pytest

from reports.analysis.analysis import analyse
from reports.analysis.eligibility import saturation, served_ratio
from reports.analysis.reasons import CaveatDetail
from reports.analysis.trials import cells
from tests.reports.simulated import CLOSED, OPEN, change_slices, encode, simulate

TWO = {"fast:server": 2000.0, "slow:server": 1500.0}
FAST, SLOW = TWO


@pytest.fixture(scope="module")
def study():
    return simulate(TWO, shapes=(OPEN,), blocks=6, slice_s=0.5)


def only(report):
    (comparison,) = report.comparisons
    return comparison


def standing(comparison, label):
    return next(found for found in comparison.standings if found.label == label)


def caveats(report, kind):
    return [caveat for caveat in report.caveats if caveat.kind == kind]


def test_an_open_loop_is_compared_by_its_response_times(study):
    """Times of 1/2000 s and 1/1500 s: a quarter lower, at p50 and at p99."""
    comparison = only(analyse(study))
    for pair in (*comparison.pairs, *comparison.tail.pairs):
        assert pair.first == FAST
        assert pair.ratio_low < 4 / 3 < pair.ratio_high
        assert pair.round_median_ratio is None
    assert comparison.compared == comparison.pairs[0].compared == "response_p50_us"
    assert comparison.tail.pairs[0].compared == "response_p99_us"


def test_the_tail_has_an_order_of_its_own(study):
    """The fast server is slow once in 50 answers."""
    times = encode([450, 9000], [490, 10])
    slow_tail = change_slices(study, lambda s: s.label == FAST, histogram=times, sum_us=None)
    comparison = only(analyse(slow_tail))
    assert comparison.pairs[0].first == FAST
    assert comparison.tail.pairs[0].first == SLOW


def test_intervals_of_median_and_tail_hold_together(study):
    """One pair at p50 and one at p99 share the 5 %."""
    assert only(analyse(study)).level == pytest.approx(1 - 0.05 / 2)


def test_a_closed_loop_beside_it_is_compared_by_its_rates():
    closed, opened = analyse(simulate(TWO, shapes=(CLOSED, OPEN), blocks=4)).comparisons
    assert (closed.compared, opened.compared) == ("requests_per_s", "response_p50_us")
    assert closed.tail is None
    assert "requests_per_s" in closed.standings[0].metrics
    assert "requests_per_s" not in opened.standings[0].metrics
    assert opened.standings[0].metrics["served_ratio"].value == 1
    assert opened.ceiling_requests_per_s is None


def test_equal_times_are_no_difference():
    comparison = only(
        analyse(simulate({"a:s": 2000.0, "b:s": 2000.0}, shapes=(OPEN,), noise_sd=0.004))
    )
    assert comparison.pairs[0].verdict == comparison.tail.pairs[0].verdict == "equal"


def lags(late_us, late_in_1000):
    """Most requests start 2 µs late, some later."""
    return encode([2, late_us], [500 - late_in_1000 // 2, late_in_1000 // 2])


@pytest.mark.parametrize(
    ("late_us", "late_in_1000", "marked"),
    [(40, 1000, True), (15, 1000, False), (200, 50, True), (200, 4, False)],
)
def test_a_late_generator_marks_what_it_measured(study, late_us, late_in_1000, marked):
    """Times are about 460 µs at p50 and 1.2 ms at p99: 5 % and 10 % of them are allowed."""
    lag = lags(late_us, late_in_1000)
    report = analyse(change_slices(study, lambda s: s.label == SLOW, lag_histogram=lag))
    (pair,) = only(report).pairs
    assert pair.limited_by_generator == ((SLOW,) if marked else ())
    assert (pair.verdict == "undecided") == marked
    assert [told.stacks for told in caveats(report, "generator_limited")] == [(SLOW,)] * marked


def test_a_late_winner_wins_by_at_least(study):
    late = change_slices(study, lambda s: s.label == FAST, lag_histogram=lags(40, 1000))
    (pair,) = only(analyse(late)).pairs
    assert (pair.verdict, pair.lower_bound) == ("different", True)


def test_a_percentile_with_a_late_start_is_not_shown(study):
    """1 % of the requests start 200 µs late: more than a tenth of p99, nothing at p50."""
    late = change_slices(study, lambda s: s.label == SLOW, lag_histogram=lags(200, 30))
    report = analyse(late)
    metrics = standing(only(report), SLOW).metrics
    assert metrics["response_p50_us"] is not None
    assert metrics["response_p99_us"] is None
    assert only(report).tail.pairs == ()
    assert only(report).tail.no_verdict.kind == "too_few_stacks"
    assert caveats(report, "percentile_withheld")


def test_without_a_median_there_is_no_place(study):
    late = change_slices(study, lambda s: s.label == SLOW, lag_histogram=lags(400, 1000))
    found = standing(only(analyse(late)), SLOW)
    assert (found.exclusion.kind, found.exclusion.measured) == ("start_lag", 400)
    assert found.exclusion.measured > found.exclusion.limit
    assert set(found.metrics.values()) == {None}


def test_too_few_blocks_give_no_median():
    report = analyse(simulate(TWO, shapes=(OPEN,), blocks=3))
    assert only(report).pairs == ()
    (told,) = caveats(report, "no_place")
    assert (told.stacks, told.exclusion.kind) == ((FAST, SLOW), "too_few_answers")


def served(study, ratio):
    """The slow server's slices, of which this share was answered and the rest never sent."""
    answered = round(500 * ratio)
    return change_slices(
        study,
        lambda s: s.label == SLOW,
        answered=answered,
        unsent=500 - answered,
        histogram=encode([600], [answered]),
        sum_us=None,
    )


def test_a_rate_that_was_not_reached_has_no_latency(study):
    report = analyse(served(study, 0.95))
    found = standing(only(report), SLOW)
    assert found.exclusion.kind == "saturated"
    assert found.exclusion.measured == pytest.approx(0.95)
    assert set(found.metrics.values()) == {None}
    assert found.latency_curve == ()
    assert (found.due, found.unsent) == (6 * 5 * 500, 6 * 5 * 25)
    assert [c.details for c in caveats(report, "requests_unsent")] == [
        (CaveatDetail("count open-1000", (SLOW,), 750, 15000),)
    ]


def test_a_few_unsent_requests_are_told(study):
    report = analyse(served(study, 0.994))
    found = standing(only(report), SLOW)
    assert found.exclusion is None
    assert found.metrics["served_ratio"].value == pytest.approx(0.994)
    (told,) = caveats(report, "requests_unsent")
    assert [detail.measured for detail in told.details] == [90]


def test_a_backlog_that_grows_is_saturation(study):
    """Everything was answered, but only 0.2 s after each slice of 0.5 s."""
    behind = change_slices(study, lambda s: s.label == SLOW, duration_s=0.7, drain_s=0.2)
    found = standing(only(analyse(behind)), SLOW).exclusion
    assert (found.kind, round(found.measured, 2)) == ("saturated", 0.72)


def test_one_stall_is_no_saturation(study):
    stalled = change_slices(
        study, lambda s: (s.label, s.block, s.round) == (SLOW, 1, 1), duration_s=1.5, drain_s=1.0
    )
    (cell,) = cells(stalled)
    assert saturation(cell.of(SLOW)) is None


def test_what_was_due_must_be_known(study):
    unknown = change_slices(study, lambda s: s.label == SLOW, due=None)
    (cell,) = cells(unknown)
    assert served_ratio(cell.of(SLOW)) is None
    assert standing(only(analyse(unknown)), SLOW).exclusion.kind == "due_unknown"


def test_an_unknown_start_lag_is_told(study):
    unknown = change_slices(study, lambda s: True, lag_histogram=None)
    assert not caveats(analyse(study), "start_lag_unknown")
    assert caveats(analyse(unknown), "start_lag_unknown")


def test_twins_that_differ_invalidate_it():
    comparison = only(analyse(simulate(TWO, shapes=(OPEN,), twin_speed=1.2, blocks=6)))
    assert comparison.no_verdict.kind == "twins_differ"
    assert comparison.tail.no_verdict.kind == "twins_differ"
    assert comparison.pairs == comparison.tail.pairs == ()


def test_the_curve_has_service_times_beside(study):
    for point in standing(only(analyse(study)), FAST).latency_curve:
        assert point.service_us <= point.response_us
    closed = only(analyse(simulate(TWO, blocks=4)))
    assert {point.service_us for point in closed.standings[0].latency_curve} == {None}


def test_the_ceiling_of_an_open_loop_is_not_looked_at(study):
    """The rate is given: against the server that does nothing it is the same."""
    low = tuple(replace(ceiling, requests_per_s=1000.0) for ceiling in study.ceilings)
    assert only(analyse(replace(study, ceilings=low))).pairs[0].verdict == "different"
