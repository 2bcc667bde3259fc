"""What late starts of the generator leave open in an open loop: bounds for each quantile.

A server that takes requests in turn never ends earlier because a request came later, so the time
as measured, from when a request was due, is an upper bound of what the load that was asked for
would have shown. It is at most d too high for a request that was sent at most d late. One that was
sent later also delays those behind it until its burst is served: 1 / (1 - utilisation) requests in
all. So of all times at most the share e = late / (1 - utilisation) is more than d too high, and
Q(q - e) - d is a lower bound, for every d. Of an answer that is on time it is known that it is at
most `ON_TIME_US` too high; if of all others nothing is known, that gives a second lower bound,
without the utilisation. For servers that take requests out of turn (threads) the upper bound is no
theorem. The bounds are of the requests that were sent, so they have no noise
of their own: an interval is the noise of what was measured, around all that they leave open.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reports.study.histogram import Histogram
from reports.study.records import ON_TIME_US

Floats = NDArray[np.float64]

# The most of its capacity that an open loop may ask of a stack, where its CPU time is not known.
ASSUMED_UTILISATION = 0.7
MOST_UTILISATION = 0.95


@dataclass(frozen=True, eq=False)
class LateStarts:
    """For each delay, at most the share `disturbed` of the times is more than that too high.

    `on_time` holds those of the times that are at most `ON_TIME_US` too high, where that is known.
    """

    delays_us: Floats
    disturbed: Floats
    on_time: Histogram | None = None


def late_starts(
    lags: Histogram, utilisation: float | None, on_time: Histogram | None = None
) -> LateStarts:
    """Return what the start lags say; without any, that every request was sent when it was due."""
    if not lags.total:
        return LateStarts(np.zeros(1), np.zeros(1))
    used = ASSUMED_UTILISATION if utilisation is None else utilisation
    ends_us, below = lags.ends_us()
    later = 1 - below / lags.total
    return LateStarts(ends_us, later / (1 - min(used, MOST_UTILISATION)), on_time)


def least_us(times: Histogram, late: LateStarts, quantile: float) -> float:
    """Return the least that the quantile of the times can have been."""
    possible = late.disturbed < quantile
    shares = quantile - late.disturbed[possible]
    bounds_us = [*(times.quantiles_us(shares) - late.delays_us[possible])]
    if late.on_time is not None and late.on_time.total:
        # As if each answer that was not on time had taken no time at all.
        share = 1 - (1 - quantile) * times.total / late.on_time.total
        if share > 0:
            bounds_us += [late.on_time.quantiles_us(np.array([share]))[0] - ON_TIME_US]
    return max(0.0, *map(float, bounds_us))


def least_share(times: Histogram, late: LateStarts, after_us: float) -> float:
    """Return the least that the share of times above `after_us` can have been."""
    bounds = [*(times.share_above(after_us + late.delays_us) - late.disturbed)]
    if late.on_time is not None and late.on_time.total:
        above = late.on_time.share_above(np.array([after_us + ON_TIME_US]))[0]
        bounds += [above * late.on_time.total / times.total]
    return max(0.0, *map(float, bounds))
