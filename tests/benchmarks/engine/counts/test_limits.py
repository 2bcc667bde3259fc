"""A run in which the generator was the limit says so."""

from benchmarks.engine.counts.counted import Counted
from benchmarks.engine.counts.limits import limits
from reports.study.histogram import Histogram


def of(*values: int) -> Histogram:
    return Histogram.of(values)


def test_a_busy_core_is_told():
    (sentence,) = limits(Counted(cpu_s=9.0, wall_s=10.0))
    assert "90% of its core" in sentence


def test_polling_is_no_limit_and_neither_is_half_a_core():
    assert limits(Counted(cpu_s=5.0, wall_s=10.0)) == []
    assert limits(Counted()) == []


def test_late_starts_are_told_at_the_median_and_in_the_tail():
    (sentence,) = limits(Counted(times=of(110), service=of(100), lag=of(6)))
    assert "p50" in sentence
    (sentence,) = limits(Counted(times=of(*[100] * 99), service=of(*[1000] * 99), lag=of(11)))
    assert "p99" in sentence


def test_punctual_starts_are_not_told():
    assert limits(Counted(times=of(105), service=of(100), lag=of(5))) == []
