"""The study's control of itself: one stack entered twice, another in each block.

The twins differ in nothing, so over all operations together they show whether the noise is what the
model says, and which bias of the measurement they cannot exclude.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import exp, fsum, log, sqrt

import numpy as np
from scipy.special import fdtrc, stdtrit

from reports.analysis.intervals import BlockModel, one_sample
from reports.analysis.sections import ALPHA
from reports.analysis.trials import Cell, speed
from reports.study.records import Study

# The twins may be wrong about the whole study, so only what chance hardly does counts.
LEAST_P = 0.01


@dataclass(frozen=True)
class TwinCheck:
    """The twins' apparent difference, pooled over all operations and load shapes.

    `ratio` of the second's speed to the first's, with its 95 % interval over `blocks` blocks;
    `largest_bias_ratio` is the largest bias that this does not exclude, as a share: 0.02 stands for
    2 %. `noise_ratio` is the variance of their log ratios over what the model states, `noise_p` the
    probability of one so large where the model is right. `valid` is False where they differ by more
    than the margin and by more than chance does in one study of a hundred.
    """

    blocks: int
    ratio: float
    ratio_low: float
    ratio_high: float
    largest_bias_ratio: float
    noise_ratio: float
    noise_p: float
    valid: bool

    @property
    def noise_as_modelled(self) -> bool:
        return self.noise_p >= LEAST_P


@dataclass(frozen=True, eq=False)
class TwinEvidence:
    """What one cell has to say on the twins: its model of the noise of the `eligible` stacks."""

    cell: Cell
    eligible: Collection[str]
    model: BlockModel


def twin_check(
    study: Study, evidence: Sequence[TwinEvidence], margin_ratio: float
) -> TwinCheck | None:
    """Return the check; None with fewer than two blocks with twins to compare."""
    found = [
        (2 * one.model.residual_variance, one.model, _log_ratios(study, one))
        for one in evidence
        if one.model.residual_variance > 0
    ]
    found = [one for one in found if len(one[2]) > 1]
    by_block = [
        fsum(
            log_ratios[block] / variance for variance, _, log_ratios in found if block in log_ratios
        )
        / fsum(1 / variance for variance, _, log_ratios in found if block in log_ratios)
        for block in sorted({block for _, _, log_ratios in found for block in log_ratios})
    ]
    mean = one_sample(np.array(by_block))
    if mean is None:
        return None
    df = sum(len(log_ratios) - 1 for _, _, log_ratios in found)
    seen = fsum(
        float(np.sum((values - values.mean()) ** 2)) / variance
        for variance, _, log_ratios in found
        for values in [np.array([*log_ratios.values()])]
    )
    sizes = [model.log_speeds.shape for _, model, _ in found]
    model_df = sum((stacks - 1) * (blocks - 1) for stacks, blocks in sizes)
    low, high = mean.ratio_interval(1 - ALPHA)
    apart = abs(mean.log_ratio)
    # Few blocks may seem to vary too little by chance, so what the model states counts too.
    stated = sqrt(1 / fsum(len(log_ratios) / variance for variance, _, log_ratios in found))
    chance = max(mean.half_width(1 - LEAST_P), float(stdtrit(model_df, 1 - LEAST_P / 2)) * stated)
    return TwinCheck(
        blocks=len(by_block),
        ratio=exp(mean.log_ratio),
        ratio_low=low,
        ratio_high=high,
        largest_bias_ratio=max(high, 1 / low) - 1,
        noise_ratio=seen / df,
        noise_p=float(fdtrc(df, model_df, seen / df)),
        valid=apart <= log(1 + margin_ratio) or apart <= chance,
    )


def _log_ratios(study: Study, evidence: TwinEvidence) -> dict[int, float]:
    """The twins' log ratio in each block that has both."""
    cell = evidence.cell
    twin = next((e.label for e in study.plan.entrants if e.stack is None), None)
    labels = {
        e.stack: e.label for e in study.plan.entrants if e.stack and e.label in evidence.eligible
    }
    found = {}
    for block in study.blocks:
        second = cell.trials.get((twin or "", block.number))
        first = cell.trials.get((labels.get(block.twin_stack or "", ""), block.number))
        speeds = [speed(trial, cell.shape) if trial else None for trial in (first, second)]
        if speeds[0] and speeds[1]:
            found[block.number] = log(speeds[1] / speeds[0])
    return found
