"""Counts add up over workers and over time."""

from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.engine.counts.tally import Counted
from reports.study.histogram import HIGHEST_US, Histogram

TIMES_US = st.one_of(
    st.integers(0, 5000),
    st.integers(0, HIGHEST_US),
    st.sampled_from([0, 1, 2047, 2048, HIGHEST_US]),
)


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


@settings(deadline=None, max_examples=30)
@given(st.lists(TIMES_US, max_size=50), st.lists(TIMES_US, max_size=50))
def test_what_was_counted_since_a_snapshot_adds_up_again(before, after):
    early = Counted(times=Histogram.of(before), failures={"short": len(before) + 1}, unsent=1)
    late = Counted(
        times=Histogram.of(before + after), failures={"short": len(before + after) + 1}, unsent=3
    )
    assert (early + late.since(early)).encode() == late.encode()
