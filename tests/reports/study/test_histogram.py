"""Complete counts: merging adds, percentiles are nearest-rank ones of all samples."""

from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.study.histogram import HistogramDamaged, combine, decode
from tests.reports.simulated import encode

TIMES = st.lists(st.integers(1, 5_000_000), min_size=1, max_size=60)


def nearest_rank(times, quantile):
    return sorted(times)[max(1, ceil(round(quantile * len(times), 9))) - 1]


@settings(max_examples=60, deadline=None)
@given(TIMES, st.sampled_from([0.01, 0.25, 0.5, 0.9, 0.99, 1.0]))
def test_percentiles_are_those_of_the_samples(times, quantile):
    """To three significant digits, never below the sample."""
    found = decode([encode(times)]).percentile_us(quantile)
    expected = nearest_rank(times, quantile)
    assert expected <= found <= expected * 1.001 + 1


@settings(max_examples=40, deadline=None)
@given(TIMES, TIMES)
def test_merged_counts_are_those_of_all_samples(some, others):
    together = decode([encode(some + others)])
    for merged in (
        decode([encode(some), encode(others)]),
        combine([decode([encode(some)]), decode([encode(others)])]),
    ):
        assert merged.highest_us.tolist() == together.highest_us.tolist()
        assert merged.counts.tolist() == together.counts.tolist()
        assert merged.mean_us == pytest.approx(together.mean_us)


@settings(max_examples=40, deadline=None)
@given(TIMES)
def test_p50_p99_and_the_largest_are_in_order(times):
    found = decode([encode(times)])
    assert found.percentile_us(0.5) <= found.percentile_us(0.99) <= found.max_us
    assert found.answered == len(times)
    assert found.mean_us == pytest.approx(sum(times) / len(times), rel=1e-3, abs=1)


def test_small_times_are_exact():
    found = decode([encode([10, 20, 30, 40])])
    assert [found.percentile_us(q) for q in (0.25, 0.26, 0.5, 1.0)] == [10, 20, 20, 40]
    assert found.mean_us == 25


def test_how_many_lie_beyond():
    found = decode([encode([100], [10_000])])
    assert found.beyond(0.99) == 100
    assert found.beyond(0.5) == 5000


def test_no_times_have_no_percentile():
    for empty in (decode([]), combine([]), decode([encode([])])):
        assert empty.answered == 0
        assert (empty.mean_us, empty.max_us, empty.percentile_us(0.5)) == (None, None, None)
        assert empty.beyond(0.5) == 0


@pytest.mark.parametrize("text", ["", "abc", "????", "AAAAAAAA", encode([5, 6])[:30]])
def test_damaged_text_is_refused(text):
    with pytest.raises(HistogramDamaged):
        decode([text])
