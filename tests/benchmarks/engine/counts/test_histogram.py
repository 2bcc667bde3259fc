"""Histograms hold what HdrHistogram would hold, and merge exactly."""

from hdrh.histogram import HdrHistogram
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.engine.counts.counted import Counted
from benchmarks.engine.counts.histogram import HIGHEST_US, Histogram, bucket, lowest_us

TIMES_US = st.one_of(
    st.integers(0, 5000),
    st.integers(0, HIGHEST_US),
    st.sampled_from([0, 1, 2047, 2048, HIGHEST_US]),
)


def reference(values: list[int]) -> HdrHistogram:
    histogram = HdrHistogram(1, HIGHEST_US, 3)
    for value in values:
        assert histogram.record_value(value)
    return histogram


@settings(deadline=None, max_examples=30)
@given(st.lists(TIMES_US, max_size=200))
def test_histogram_is_encoded_as_hdrhistogram_encodes_the_same_times(values):
    assert Histogram.of(values).encode().encode() == reference(values).encode()


@settings(deadline=None, max_examples=30)
@given(st.lists(TIMES_US, min_size=1, max_size=200), st.floats(0.001, 100))
def test_percentiles_are_those_of_hdrhistogram(values, percent):
    ours, theirs = Histogram.of(values), reference(values)
    assert ours.percentile_us(percent) == theirs.get_value_at_percentile(percent)
    assert ours.max_us == theirs.get_highest_equivalent_value(max(values))


@settings(deadline=None, max_examples=30)
@given(st.lists(st.lists(TIMES_US, max_size=100), min_size=4, max_size=4))
def test_merge_over_four_workers_is_one_histogram_of_all_times(workers):
    merged = Counted()
    for values in workers:
        report = Counted(times=Histogram.of(values), failures={"reset": len(values)}).encode()
        merged += Counted.decode(report)
    everything = [value for values in workers for value in values]
    assert merged.times == Histogram.of(everything)
    assert merged.answered == len(everything)
    assert merged.failed == len(everything)


@given(TIMES_US)
def test_a_bucket_holds_its_times_to_three_digits(value):
    low, high = lowest_us(bucket(value)), lowest_us(bucket(value) + 1) - 1
    assert low <= value <= high
    assert high - low <= value / 1000


def test_times_over_a_minute_count_as_a_minute():
    assert bucket(10 * HIGHEST_US) == bucket(HIGHEST_US)


def test_an_empty_histogram_has_no_percentile():
    assert Histogram().percentile_us(50) is None
    assert Histogram().max_us is None
    assert Histogram.decode(Histogram().encode()) == Histogram()


@settings(deadline=None, max_examples=30)
@given(st.lists(TIMES_US, max_size=50), st.lists(TIMES_US, max_size=50))
def test_what_was_counted_since_a_snapshot_adds_up_again(before, after):
    early = Counted(times=Histogram.of(before), failures={"short": len(before) + 1}, unsent=1)
    late = Counted(
        times=Histogram.of(before + after), failures={"short": len(before + after) + 1}, unsent=3
    )
    assert (early + late.since(early)).encode() == late.encode()
