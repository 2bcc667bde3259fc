"""Histograms hold what HdrHistogram holds, merge exactly, and give nearest-rank percentiles."""

from math import ceil

import pytest
from hdrh.histogram import HdrHistogram
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.errors import HistogramDamaged
from reports.study.histogram import HIGHEST_US, Histogram, bucket, lowest_us
from tests.reports.simulated import encode

TIMES_US = st.one_of(
    st.integers(0, 5000),
    st.integers(0, HIGHEST_US),
    st.sampled_from([0, 1, 2047, 2048, HIGHEST_US]),
)
SAMPLES = st.lists(TIMES_US, min_size=1, max_size=200)


def reference(values: list[int]) -> HdrHistogram:
    histogram = HdrHistogram(1, HIGHEST_US, 3)
    for value in values:
        assert histogram.record_value(value)
    return histogram


def nearest_rank(times, quantile):
    return sorted(times)[max(1, ceil(round(quantile * len(times), 9))) - 1]


@settings(deadline=None, max_examples=30)
@given(st.lists(TIMES_US, max_size=200))
def test_histogram_is_encoded_as_hdrhistogram_encodes_the_same_times(values):
    assert Histogram.of(values).encode().encode() == reference(values).encode()


@settings(deadline=None, max_examples=60)
@given(SAMPLES, st.data())
def test_percentile_of_a_rank_is_that_of_hdrhistogram(values, data):
    """HdrHistogram rounds to the nearest rank; at a whole rank nothing is rounded."""
    rank = data.draw(st.integers(1, len(values)))
    quantile = rank / len(values)
    ours, theirs = Histogram.of(values), reference(values)
    assert ours.percentile_us(quantile) == theirs.get_value_at_percentile(quantile * 100)
    assert ours.max_us == theirs.get_highest_equivalent_value(max(values))


@settings(deadline=None, max_examples=60)
@given(SAMPLES, st.sampled_from([0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0]))
def test_percentile_is_the_smallest_time_that_the_share_does_not_exceed(values, quantile):
    """At least the share lies at or below it, and less than the share below its bucket."""
    found = Histogram.of(values).percentile_us(quantile)
    wanted = quantile * len(values) - 1e-9
    assert sum(value <= found for value in values) >= wanted
    assert sum(value < lowest_us(bucket(found)) for value in values) < max(1, wanted)
    assert found == lowest_us(bucket(nearest_rank(values, quantile)) + 1) - 1


def test_p99_of_160_times_is_the_159th():
    """159 of 160 are 99.4 %, 158 only 98.75 %."""
    assert Histogram.of(range(1, 161)).percentile_us(0.99) == 159


@settings(max_examples=40, deadline=None)
@given(SAMPLES, SAMPLES)
def test_merged_counts_are_those_of_all_samples(some, others):
    together = Histogram.of(some + others)
    both = Histogram.of(some), Histogram.of(others)
    assert both[0] + both[1] == together
    assert Histogram.decode(*(part.encode() for part in both)) == together
    assert together - both[0] == both[1]


@settings(max_examples=40, deadline=None)
@given(SAMPLES)
def test_p50_p99_and_the_largest_are_in_order(times):
    found = Histogram.of(times)
    assert found.percentile_us(0.5) <= found.percentile_us(0.99) <= found.max_us
    assert found.total == len(times)
    assert found.mean_us == pytest.approx(sum(times) / len(times), rel=1e-3, abs=1)


@given(TIMES_US)
def test_a_bucket_holds_its_times_to_three_digits(value):
    low, high = lowest_us(bucket(value)), lowest_us(bucket(value) + 1) - 1
    assert low <= value <= high
    assert high - low <= value / 1000


def test_times_over_a_minute_count_as_a_minute():
    assert bucket(10 * HIGHEST_US) == bucket(HIGHEST_US)


def test_small_times_are_exact():
    found = Histogram.of([10, 20, 30, 40])
    assert [found.percentile_us(q) for q in (0.25, 0.26, 0.5, 1.0)] == [10, 20, 20, 40]
    assert (found.mean_us, found.min_us) == (25, 10)


def test_times_beyond_a_percentile_are_those_after_its_rank():
    found = Histogram.decode(encode([100], [10_000]))
    assert found.beyond(0.99) == 100
    assert found.beyond(0.5) == 5000


def test_an_empty_histogram_has_no_percentile():
    for empty in (Histogram(), Histogram.decode(), Histogram.decode(Histogram().encode())):
        assert empty == Histogram()
        assert empty.total == 0
        assert (empty.mean_us, empty.min_us, empty.max_us) == (None, None, None)
        assert empty.percentile_us(0.5) is None
        assert empty.beyond(0.5) == 0


@pytest.mark.parametrize("text", ["", "abc", "????", "AAAAAAAA", encode([5, 6])[:30]])
def test_damaged_text_is_refused(text):
    with pytest.raises(HistogramDamaged):
        Histogram.decode(text)
