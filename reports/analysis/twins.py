"""The study's control of itself: one stack entered twice, another in each block."""

from collections.abc import Collection
from dataclasses import dataclass
from math import log

import numpy as np

from reports.analysis.intervals import one_sample
from reports.analysis.trials import Cell, Compared, speed
from reports.study.records import Study


@dataclass(frozen=True)
class TwinControl:
    """The apparent difference of the twins, which differ in nothing.

    `noise_floor_ratio` is the largest true gap compatible with the interval, as a share: 0.02
    stands for 2 %. `valid` is False when the interval excludes 1.
    """

    blocks: int
    ratio_low: float
    ratio_high: float
    noise_floor_ratio: float
    valid: bool


def twin_control(
    study: Study, cell: Cell, eligible: Collection[str], compared: Compared, level: float
) -> TwinControl | None:
    """Return the control of one operation and shape, from the stacks that may have a place in it.

    None with fewer than two twins to compare.
    """
    twin = next((e.label for e in study.plan.entrants if e.stack is None), None)
    labels = {e.stack: e.label for e in study.plan.entrants if e.stack and e.label in eligible}
    log_ratios = []
    for block in study.blocks:
        second = cell.trials.get((twin or "", block.number))
        first = cell.trials.get((labels.get(block.twin_stack or "", ""), block.number))
        speeds = [speed(trial, compared) if trial else None for trial in (first, second)]
        if speeds[0] and speeds[1]:
            log_ratios.append(log(speeds[1] / speeds[0]))
    difference = one_sample(np.array(log_ratios))
    if difference is None:
        return None
    low, high = difference.ratio_interval(level)
    return TwinControl(
        blocks=len(log_ratios),
        ratio_low=low,
        ratio_high=high,
        noise_floor_ratio=max(high, 1 / low) - 1,
        valid=low <= 1 <= high,
    )
