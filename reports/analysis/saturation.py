"""Whether a stack kept up with the rate of an open loop; one that did not has no latency there.

Saturated is less than 99 % served, or a backlog that grows. A backlog shows in the drain: it lasts
longer than one answer takes from when it was sent. The median over the slices is judged, so that a
stall now and then, which response times tell of, is no saturation.
"""

from collections.abc import Sequence
from statistics import median

from reports.analysis.trials import Trial
from reports.wording.formats import percent

LEAST_SERVED_RATIO = 0.99


def served_ratio(trials: Sequence[Trial]) -> float | None:
    """The answers' share of what was due, over all; None where that was not recorded."""
    due = [trial.due for trial in trials]
    known = [count for count in due if count]
    if not known or len(known) != len(due):
        return None
    return sum(trial.answered for trial in trials) / sum(known)


def why_saturated(trials: Sequence[Trial]) -> str | None:
    """Why there is no response time at this rate, as a clause; None if there is one."""
    served = served_ratio(trials)
    if served is None:
        return "has no response time: how many requests were due was not recorded"
    if served < LEAST_SERVED_RATIO:
        return f"was saturated: it served {percent(served)} of what was due"
    in_time = 1 / (1 + _backlog_ratio(trials))
    if in_time < LEAST_SERVED_RATIO:
        return f"was saturated: it served {percent(in_time)} of what was due in time"
    return None


def _backlog_ratio(trials: Sequence[Trial]) -> float:
    """How long a slice's backlog took to serve, as a share of the slice's own time."""
    found = []
    for trial in trials:
        in_flight_s = (trial.service_times.percentile_us(0.99) or 0) / 1e6
        for slice_ in trial.slices:
            drain_s = slice_.drain_s or 0.0
            own_s = max(slice_.duration_s - drain_s, 1e-9)
            found.append(max(0.0, drain_s - in_flight_s) / own_s)
    return median(found) if found else 0.0
