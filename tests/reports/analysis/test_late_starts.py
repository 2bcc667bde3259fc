"""Bounds of response times where the generator sent requests late, against a simulated server."""

import numpy as np
import pytest

from reports.analysis.late_starts import late_starts, least_share, least_us
from reports.study.histogram import Histogram
from reports.study.records import ON_TIME_US


def served_us(sent_us, service_us):
    """When a server that takes requests in turn has answered each."""
    ended, free = np.empty(len(sent_us)), 0.0
    for index, (at, needed) in enumerate(zip(sent_us, service_us, strict=True)):
        free = max(free, at) + needed
        ended[index] = free
    return ended


def trial(rng, utilisation, stall_us, stalls_per_s, seconds=2.0):
    """Times on due requests as wanted and as measured, the lags, and the times of what is on time.

    Arrivals are Poisson.
    """
    mean_us = 100.0
    due_us = np.cumsum(
        rng.exponential(mean_us / utilisation, int(seconds * 1e6 * utilisation / mean_us))
    )
    service_us = rng.gamma(4, mean_us / 4, len(due_us))
    sent_us = due_us + rng.integers(0, 3, len(due_us))
    for start in rng.uniform(0, due_us[-1], rng.poisson(stalls_per_s * seconds)):
        inside = (sent_us >= start) & (sent_us < start + stall_us)
        sent_us[inside] = start + stall_us
    sent_us = np.maximum.accumulate(sent_us)
    wanted = served_us(due_us, service_us) - due_us
    ended_us = served_us(sent_us, service_us)
    measured, lags_us = ended_us - due_us, sent_us - due_us
    on_time = measured[on_time_of(sent_us, ended_us, lags_us)]
    return wanted, histogram(measured), histogram(lags_us), histogram(on_time)


def on_time_of(sent_us, ended_us, lags_us):
    """Which requests started within 50 us while none that did not was unanswered."""
    last_late_end, found = 0.0, []
    for sent, ended, lag in zip(sent_us, ended_us, lags_us, strict=True):
        on_time = lag <= ON_TIME_US and sent >= last_late_end
        found.append(on_time)
        if not on_time:
            last_late_end = ended
    return np.array(found)


def histogram(values_us):
    return Histogram.of(values_us.astype(int).tolist())


@pytest.mark.parametrize("utilisation", [0.1, 0.3, 0.5])
@pytest.mark.parametrize(("stall_us", "stalls_per_s"), [(0, 0), (500, 2), (2000, 2), (4000, 5)])
def test_the_true_quantiles_lie_within_the_bounds(utilisation, stall_us, stalls_per_s):
    rng = np.random.default_rng(1)
    for _ in range(4):
        wanted, times, lags, on_time = trial(rng, utilisation, stall_us, stalls_per_s)
        for late in (late_starts(lags, utilisation), late_starts(lags, utilisation, on_time)):
            for quantile in (0.5, 0.9, 0.99):
                true = float(np.quantile(wanted, quantile))
                measured = float(times.quantiles_us(np.array([quantile]))[0])
                # A microsecond is the clock's.
                assert least_us(times, late, quantile) - 1 <= true <= measured + 1
            true = float((wanted > 1000).mean())
            measured = float(times.share_above(np.array([1000.0]))[0])
            assert least_share(times, late, 1000.0) - 1e-3 <= true <= measured + 1e-3


def test_answers_on_time_bound_more_where_the_server_is_busy():
    """At 95 % of capacity a late request may delay twenty others; on time are nearly all."""
    times = Histogram.of([1000] * 80 + [3000] * 20)
    lags = Histogram.of([1] * 98 + [2000] * 2)
    on_time = Histogram.of([1000] * 80 + [3000] * 17)
    assert least_us(times, late_starts(lags, 0.95), 0.9) < 1001
    assert least_us(times, late_starts(lags, 0.95, on_time), 0.9) == pytest.approx(2950, rel=0.01)
    assert least_share(times, late_starts(lags, 0.95), 2000.0) == 0.0
    found = least_share(times, late_starts(lags, 0.95, on_time), 2000.0)
    assert found == pytest.approx(0.17, abs=1e-6)


def test_a_median_hardly_knows_of_a_few_late_requests():
    """One of a hundred is 2 ms late: p99 is open, p50 is not."""
    times = Histogram.of([100] * 985 + [2100] * 15)
    late = late_starts(Histogram.of([1] * 990 + [2000] * 10), 0.3)
    assert least_us(times, late, 0.5) == pytest.approx(98.5, abs=0.5)
    assert least_us(times, late, 0.99) < 110


def test_without_lags_the_bounds_are_one():
    times = Histogram.of([100, 200, 300])
    late = late_starts(Histogram(), 0.3)
    assert least_us(times, late, 0.5) == times.quantiles_us(np.array([0.5]))[0]
    assert least_share(times, late, 150.0) == times.share_above(np.array([150.0]))[0]


def test_where_every_request_was_late_nothing_is_known():
    times = Histogram.of([5000] * 100)
    late = late_starts(Histogram.of([5000] * 100), None)
    assert least_us(times, late, 0.5) == 0.0
