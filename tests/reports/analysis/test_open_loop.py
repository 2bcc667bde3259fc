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
    """Times of 1/2000 s and 1/1500 s: a quarter lower, at p50 and at p90."""
    comparison = only(analyse(study))
    p50, p90, late = comparison.sections
    for pair in (*p50.pairs, *p90.pairs):
        assert pair.first == FAST
        assert pair.ratio_low < 4 / 3 < pair.ratio_high
        assert pair.round_median_ratio is None
    assert [s.compared for s in comparison.sections] == [
        "response_p50_us",
        "response_p90_us",
        "late_ratio",
    ]
    # Ten times the median of 460 µs: nothing of these log-normal times is as late.
    assert late.late_after_us == pytest.approx(4600, rel=0.05)
    assert late.no_verdict.kind == "too_few_late"


def with_slow_tail(study, beyond_us=3000):
    """The fast server is slow in one answer of eight."""
    times = encode([450, beyond_us], [438, 62])
    return change_slices(study, lambda s: s.label == FAST, histogram=times, sum_us=None)


def test_the_tail_has_an_order_of_its_own(study):
    p50, p90, _ = only(analyse(with_slow_tail(study))).sections
    assert p50.pairs[0].first == FAST
    assert p90.pairs[0].first == SLOW


def test_the_share_of_late_answers_is_judged_after_a_stated_time(study):
    """After 1.2 ms: one of eight of the fast one's, one of 25 of the slow one's."""
    options = replace(study.plan.options, late_after_s=0.0012)
    stated = change_slices(
        replace(study, plan=replace(study.plan, options=options)),
        lambda s: s.label == SLOW,
        histogram=encode([600, 3000], [480, 20]),
        sum_us=None,
    )
    comparison = only(analyse(with_slow_tail(stated)))
    late = comparison.sections[2]
    assert late.late_after_us == 1200
    (pair,) = late.pairs
    assert (pair.first, pair.verdict) == (SLOW, "different")
    shown = standing(comparison, FAST).metrics["late_ratio"]
    assert shown.value == pytest.approx(62 / 500, rel=0.01)


def test_a_tail_that_varies_too_much_is_not_decided(study):
    """Of the fast server's answers one of eight is 2 to 40 ms late, by chance of the block."""
    late_us = {1: 2000, 2: 40000, 3: 3000, 4: 20000, 5: 2500, 6: 30000}
    slices = tuple(
        replace(s, histogram=encode([450, late_us[s.block]], [438, 62]), sum_us=None)
        if s.label == FAST
        else s
        for s in study.slices
    )
    p90 = only(analyse(replace(study, slices=slices))).sections[1]
    (pair,) = p90.pairs
    assert pair.ratio_high > 2 * pair.ratio_low
    assert pair.verdict == "undecided"


def test_far_percentiles_are_shown_without_interval_or_verdict(study):
    metrics = standing(only(analyse(study)), FAST).metrics
    assert metrics["response_p99_us"].value > metrics["response_p90_us"].value
    assert metrics["response_p99_us"].low is None


def test_a_closed_loop_beside_it_is_compared_by_its_rates():
    closed, opened = analyse(simulate(TWO, shapes=(CLOSED, OPEN), blocks=4)).comparisons
    compared = (closed.deciding.compared, opened.deciding.compared)
    assert compared == ("requests_per_s", "response_p50_us")
    assert len(closed.sections) == 1
    assert "requests_per_s" in closed.standings[0].metrics
    assert "requests_per_s" not in opened.standings[0].metrics
    assert opened.standings[0].metrics["served_ratio"].value == 1
    assert opened.ceiling_requests_per_s is None


def test_equal_times_are_no_difference():
    comparison = only(
        analyse(
            simulate({"a:s": 2000.0, "b:s": 2000.0}, shapes=(OPEN,), noise_sd=0.001, round_sd=0.001)
        )
    )
    assert [s.pairs[0].verdict for s in comparison.sections[:2]] == ["equal", "equal"]


def lags(late_us, late_in_1000):
    """Most requests start 2 µs late, some later."""
    return encode([2, late_us], [500 - late_in_1000 // 2, late_in_1000 // 2])


@pytest.mark.parametrize(
    ("late_us", "late_in_1000", "gap", "verdict"),
    [
        (2, 0, 0.01, "different"),
        (40, 1000, 0.08, "different"),
        (200, 50, 0.05, "different"),
        (300, 1000, 1.2, "undecided"),
    ],
)
def test_late_starts_are_bounds_and_limit_nobody(study, late_us, late_in_1000, gap, verdict):
    """The slow server's median is about 610 µs: with all 300 µs late it may have been 310."""
    lag = lags(late_us, late_in_1000)
    report = analyse(change_slices(study, lambda s: s.label == SLOW, lag_histogram=lag))
    (pair,) = only(report).pairs
    assert 1 / 3 * gap < pair.ratio / pair.least_ratio - 1 < 2 * gap
    assert pair.ratio_low < pair.least_ratio <= pair.ratio <= pair.most_ratio < pair.ratio_high
    assert pair.verdict == verdict
    assert (pair.limited_by_generator == (SLOW,)) == (verdict == "undecided")
    assert not caveats(report, "generator_limited")


def test_one_late_block_of_many_hardly_matters(study):
    """In one block of six a request of five starts 300 µs late; the pair stays decided."""
    late = change_slices(
        study, lambda s: (s.label, s.block) == (SLOW, 2), lag_histogram=lags(300, 200)
    )
    (pair,) = only(analyse(late)).pairs
    assert pair.verdict == "different"
    assert pair.least_ratio > 0.9 * pair.ratio


def test_a_late_percentile_is_shown_as_an_upper_bound(study):
    """3 % of the requests start 2 ms late: p99 is open, p50 is not."""
    late = change_slices(study, lambda s: s.label == SLOW, lag_histogram=lags(2000, 30))
    metrics = standing(only(analyse(late)), SLOW).metrics
    assert metrics["response_p50_us"].least > 0.9 * metrics["response_p50_us"].value
    assert metrics["response_p99_us"].least < 0.8 * metrics["response_p99_us"].value


def test_without_lag_there_is_no_bound_below(study):
    unknown = change_slices(study, lambda s: True, lag_histogram=None)
    assert standing(only(analyse(unknown)), SLOW).metrics["response_p50_us"].least is None


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


def test_the_curve_has_service_times_beside(study):
    for point in standing(only(analyse(study)), FAST).latency_curve:
        assert point.service_us <= point.response_us
    closed = only(analyse(simulate(TWO, blocks=4)))
    assert {point.service_us for point in closed.standings[0].latency_curve} == {None}


def test_the_ceiling_of_an_open_loop_is_not_looked_at(study):
    """The rate is given: against the server that does nothing it is the same."""
    low = tuple(replace(ceiling, requests_per_s=1000.0) for ceiling in study.ceilings)
    assert only(analyse(replace(study, ceilings=low))).pairs[0].verdict == "different"
