"""What late starts of the generator leave open in an open loop: bounds for each quantile.

A server that takes requests in turn never ends earlier because a request came later, so the time
as measured, from when a request was due, is an upper bound of what the load that was asked for
would have shown. It is at most d too high for a request that was sent at most d late. One that was
sent later also delays those behind it until its burst is served: 1 / (1 - utilisation) requests in
all. So of all times at most the share e = late / (1 - utilisation) is more than d too high, and
Q(q - e) - d is a lower bound, for every d. For servers that take requests out of turn (threads)
the upper bound is no theorem. The bounds are of the requests that were sent, so they have no noise
of their own: an interval is the noise of what was measured, around all that they leave open.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reports.study.histogram import Histogram

Floats = NDArray[np.float64]

# The most of its capacity that an open loop may ask of a stack, where its CPU time is not known.
ASSUMED_UTILISATION = 0.7
MOST_UTILISATION = 0.95


@dataclass(frozen=True, eq=False)
class LateStarts:
    """For each delay, at most the share `disturbed` of the times is more than that too high."""

    delays_us: Floats
    disturbed: Floats


def late_starts(lags: Histogram, utilisation: float | None) -> LateStarts:
    """Return what the start lags say; without any, that every request was sent when it was due."""
    if not lags.total:
        return LateStarts(np.zeros(1), np.zeros(1))
    used = ASSUMED_UTILISATION if utilisation is None else utilisation
    ends_us, below = lags.ends_us()
    later = 1 - below / lags.total
    return LateStarts(ends_us, later / (1 - min(used, MOST_UTILISATION)))


def least_us(times: Histogram, late: LateStarts, quantile: float) -> float:
    """Return the least that the quantile of the times can have been."""
    possible = late.disturbed < quantile
    if not possible.any():
        return 0.0
    bounds_us = times.quantiles_us(quantile - late.disturbed[possible]) - late.delays_us[possible]
    return max(0.0, float(bounds_us.max()))


def least_share(times: Histogram, late: LateStarts, after_us: float) -> float:
    """Return the least that the share of times above `after_us` can have been."""
    bounds = times.share_above(after_us + late.delays_us) - late.disturbed
    return max(0.0, float(bounds.max()))
