"""Histograms of microseconds."""

from collections import Counter

import pytest
from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import histogram
from benchmarks.tally import Tally

times = st.lists(st.integers(1, 60_000_000), min_size=1, max_size=200)


@settings(deadline=None)
@given(times)
def test_encoding_keeps_every_count(times_us):
    made = histogram.from_counts(Counter(times_us))
    read = histogram.decode(histogram.encode(made))
    assert read.get_total_count() == len(times_us)
    assert [read.get_count_at_value(time) for time in times_us] == [
        made.get_count_at_value(time) for time in times_us
    ]


@settings(deadline=None)
@given(times, times)
def test_merging_is_counting_all_samples_together(first, second):
    merged = histogram.merge(
        histogram.encode(histogram.from_counts(Counter(part))) for part in (first, second)
    )
    together = histogram.from_counts(Counter(first + second))
    assert merged.get_total_count() == len(first) + len(second)
    for percentile in (1, 50, 90, 99, 100):
        assert histogram.percentile_us(merged, percentile) == histogram.percentile_us(
            together, percentile
        )


@settings(deadline=None)
@given(times, st.sampled_from([50.0, 90.0, 99.0, 100.0]))
def test_a_percentile_is_the_nearest_rank_to_three_digits(times_us, percentile):
    rank = max(1, int(percentile * len(times_us) / 100 + 0.5))
    exact = sorted(times_us)[rank - 1]
    found = histogram.percentile_us(histogram.from_counts(Counter(times_us)), percentile)
    assert exact <= found <= exact * 1.001 + 1


def test_no_answers_have_no_percentiles():
    nothing = histogram.decode(histogram.encode(histogram.empty()))
    assert histogram.percentile_us(nothing, 50.0) is None
    assert histogram.highest_us(nothing) is None


def test_times_beyond_the_range_count_at_its_ends():
    made = histogram.from_counts({0: 2, 70_000_000: 1})
    assert made.get_total_count() == 3
    assert histogram.highest_us(made) == pytest.approx(60_000_000, rel=0.001)


def test_a_log_is_read_by_hdr_histograms_own_reader(tmp_path):
    made = histogram.from_counts({1000: 10, 250_000: 1})
    histogram.write_log(tmp_path / "log", made, started_at_s=1_700_000_000.0, duration_s=2.0)
    reader = HistogramLogReader(str(tmp_path / "log"), HdrHistogram(1, 60_000_000, 3))
    read = reader.get_next_interval_histogram()
    assert read.get_total_count() == 11
    assert reader.get_start_time_sec() == 1_700_000_000.0
    assert ",0.2501" in (tmp_path / "log").read_text()
    reader.close()


def test_a_tally_keeps_times_to_the_microsecond_and_failures_apart():
    tally = Tally()
    tally.record(1_499)
    tally.record(1_500)
    tally.fail("reset", "first")
    tally.fail("reset", "second")
    read = histogram.decode(tally.histogram())
    assert (read.get_count_at_value(1), read.get_count_at_value(2)) == (1, 1)
    assert (tally.answered, tally.sum_us) == (2, 3)
    assert dict(tally.failures) == {"reset": 2}
    assert tally.examples == {"reset": "first"}
