"""Which rounds the machine spoiled, judged without looking at what was measured in them.

A round is removed, for all stacks, when the time that others took from it stands out from the
study's other rounds. A machine that is noisy all the time shows in wider intervals instead.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from reports.study.records import Round

# How many median absolute deviations above the median stand out: about 4 standard deviations.
OUTSTANDING_DEVIATIONS = 6.0
# Fewer rounds do not tell what is usual.
LEAST_ROUNDS = 10
# What stands out in a fifth of the rounds is how this machine is.
MOST_REMOVED_RATIO = 0.2


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
    """For each of a study's rounds why it is removed, or None."""
    reasons = [round_.removed_because for round_ in rounds]
    for measure in NOISE_MEASURES:
        for index in _outstanding(measure, [measure.read(round_) for round_ in rounds]):
            reasons[index] = reasons[index] or measure.description
    return tuple(reasons)


def _outstanding(measure: NoiseMeasure, values: Sequence[float | None]) -> list[int]:
    """Where the values stand out from the others."""
    known = [value for value in values if value is not None]
    if len(known) < LEAST_ROUNDS:
        return []
    middle = median(known)
    deviation = median(abs(value - middle) for value in known)
    floor = measure.floor * middle if measure.relative else measure.floor
    limit = middle + max(floor, OUTSTANDING_DEVIATIONS * deviation)
    found = [i for i, value in enumerate(values) if value is not None and value > limit]
    return found if len(found) <= MOST_REMOVED_RATIO * len(known) else []
