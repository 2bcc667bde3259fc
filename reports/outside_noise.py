"""Which rounds the machine spoiled, judged without looking at what was measured in them.

A round is removed, for all stacks, when the time that others took from it stands out from the
study's other rounds. A machine that is noisy all the time shows in wider intervals instead.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from reports.records import Round

# How many median absolute deviations above the median stand out: about 4 standard deviations.
OUTSTANDING_DEVIATIONS = 6.0


@dataclass(frozen=True)
class NoiseMeasure:
    """One sign of outside work. `floor` is the excess over the median that never matters, in the
    measure's own unit, or as a share of the median where `relative`."""

    description: str
    read: Callable[[Round], float | None]
    floor: float
    relative: bool = False


NOISE_MEASURES = (
    NoiseMeasure("steal time", lambda round_: round_.steal_ratio, 0.02),
    NoiseMeasure("run-queue delay", lambda round_: round_.run_queue_delay_ratio, 0.05),
    NoiseMeasure("other processes", lambda round_: round_.other_cpu_ratio, 0.05),
    NoiseMeasure("slow canary loop", lambda round_: round_.canary_ns, 0.05, relative=True),
)


def why_removed(rounds: Sequence[Round]) -> tuple[str | None, ...]:
    """For each of the rounds (of one operation and shape) why it is removed, or None."""
    reasons = [round_.removed_because for round_ in rounds]
    for measure in NOISE_MEASURES:
        limit = _limit(measure, [measure.read(round_) for round_ in rounds])
        for index, round_ in enumerate(rounds):
            value = measure.read(round_)
            if reasons[index] is None and value is not None and value > limit:
                reasons[index] = measure.description
    return tuple(reasons)


def _limit(measure: NoiseMeasure, values: Sequence[float | None]) -> float:
    known = [value for value in values if value is not None]
    if not known:
        return float("inf")
    middle = median(known)
    deviation = median(abs(value - middle) for value in known)
    floor = measure.floor * middle if measure.relative else measure.floor
    return middle + max(floor, OUTSTANDING_DEVIATIONS * deviation)
