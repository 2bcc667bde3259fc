"""Rounds that the machine spoiled, judged without looking at what was measured in them.

A round is removed, for all stacks, when the time that others took from it stands out from the
study's other rounds, or its slowest canary does: a fixed loop on the servers' core before and after
each slice, the best of several shots, so that no server's own work shows in it. A machine that is
noisy all the time shows in wider intervals instead.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from reports.analysis.reasons import RemovalKind
from reports.study.records import Round

# How many median absolute deviations above the median stand out: about 4 standard deviations.
OUTLIER_MADS = 6.0
# Fewer rounds do not tell what is usual.
LEAST_ROUNDS = 10
# What stands out in a fifth of the rounds is how this machine is.
MOST_REMOVED_RATIO = 0.2


@dataclass(frozen=True)
class NoiseMeasure:
    """One sign of outside work. `floor` is the excess over the median that never matters, in the
    measure's own unit, or as a share of the median where `relative`."""

    kind: RemovalKind
    read: Callable[[Round], float | None]
    floor: float
    relative: bool = False


NOISE_MEASURES = (
    NoiseMeasure("steal_time", lambda round_: round_.steal_ratio, 0.02),
    NoiseMeasure("run_queue_delay", lambda round_: round_.run_queue_delay_ratio, 0.05),
    NoiseMeasure("other_processes", lambda round_: round_.other_cpu_ratio, 0.05),
    NoiseMeasure("slow_canary", lambda round_: round_.canary_ns, 0.05, relative=True),
)


def removals(rounds: Sequence[Round]) -> tuple[RemovalKind | None, ...]:
    """Return why each of a study's rounds is removed, or None for one that stays."""
    found: list[RemovalKind | None] = [None] * len(rounds)
    for measure in NOISE_MEASURES:
        for index in _outliers(measure, [measure.read(round_) for round_ in rounds]):
            found[index] = found[index] or measure.kind
    return tuple(found)


def _outliers(measure: NoiseMeasure, values: Sequence[float | None]) -> list[int]:
    """Return the indices of the values that stand out from the others."""
    known = [value for value in values if value is not None]
    if len(known) < LEAST_ROUNDS:
        return []
    middle = median(known)
    deviation = median(abs(value - middle) for value in known)
    floor = measure.floor * middle if measure.relative else measure.floor
    limit = middle + max(floor, OUTLIER_MADS * deviation)
    found = [i for i, value in enumerate(values) if value is not None and value > limit]
    return found if len(found) <= MOST_REMOVED_RATIO * len(known) else []
