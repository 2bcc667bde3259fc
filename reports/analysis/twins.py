"""The study's control of itself: one stack entered twice, another in each block.

The twins differ in nothing, so over all operations together they show whether the noise is what the
model says, and which bias of the measurement they cannot exclude. One study has few blocks with
twins, so those of this machine's earlier studies are taken with them; they stand in the plan, and a
report remains a function of its study.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import exp, fsum, log, sqrt

import numpy as np
from scipy.special import fdtrc, stdtrit

from reports.analysis.intervals import BlockMean, BlockModel, one_sample
from reports.analysis.sections import ALPHA
from reports.analysis.trials import Cell, speed
from reports.study.records import Study, TwinResult

# The twins may be wrong about the whole study, so only what chance hardly does counts.
LEAST_P = 0.01


@dataclass(frozen=True)
class TwinCheck:
    """The twins' apparent difference, pooled over all operations and load shapes.

    `ratio` of the second's speed to the first's in this study, with its 95 % interval. The others
    are of this and earlier studies on the machine, `studies` in all: `pooled_ratio` with its 95 %
    interval; `largest_bias_ratio`, the largest bias that this does not exclude, as a share: 0.02
    stands for 2 %; `noise_ratio`, the variance of their log ratios over what the model states, and
    `noise_p`, the probability of one so large where the model is right. `valid` is False where the
    twins of this study differ by more than the margin and by more than chance does in one study of
    a hundred.
    """

    of_study: TwinResult
    ratio: float
    ratio_low: float
    ratio_high: float
    studies: int
    pooled_ratio: float
    pooled_low: float
    pooled_high: float
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
    own = _twin_result(study, evidence)
    if own is None:
        return None
    mean = BlockMean(own.log_ratio, own.standard_error, own.blocks)
    low, high = mean.ratio_interval(1 - ALPHA)
    apart = abs(own.log_ratio)
    # Few blocks may seem to vary too little by chance, so what the model states counts too.
    stated = float(stdtrit(own.model_df, 1 - LEAST_P / 2)) * own.stated_error
    chance = max(mean.half_width(1 - LEAST_P), stated)
    results = (own, *study.plan.options.earlier_twins)
    pooled, half = _pooled(results)
    df, model_df = sum(one.df for one in results), sum(one.model_df for one in results)
    noise_ratio = fsum(one.squares for one in results) / df
    return TwinCheck(
        of_study=own,
        ratio=exp(own.log_ratio),
        ratio_low=low,
        ratio_high=high,
        studies=len(results),
        pooled_ratio=exp(pooled),
        pooled_low=exp(pooled - half),
        pooled_high=exp(pooled + half),
        largest_bias_ratio=exp(abs(pooled) + half) - 1,
        noise_ratio=noise_ratio,
        noise_p=float(fdtrc(df, model_df, noise_ratio)),
        valid=apart <= log(1 + margin_ratio) or apart <= chance,
    )


def _pooled(results: Sequence[TwinResult]) -> tuple[float, float]:
    """Return the mean log ratio of these studies, and half of its 95 % interval.

    Each weighs by the variance that its model states. That of the mean is from those that were
    found, with the degrees of freedom of F. E. Satterthwaite, "An approximate distribution of
    estimates of variance components", Biometrics Bulletin 2, 1946.
    """
    weights = [1 / one.stated_error**2 for one in results]
    parts = [weight / fsum(weights) for weight in weights]
    mean = fsum(part * one.log_ratio for part, one in zip(parts, results, strict=True))
    found = [
        ((part * one.standard_error) ** 2, one.blocks - 1)
        for part, one in zip(parts, results, strict=True)
    ]
    variance = fsum(part for part, _ in found)
    if not variance:
        return mean, 0.0
    df = variance**2 / fsum(part**2 / df for part, df in found)
    return mean, float(stdtrit(df, 1 - ALPHA / 2)) * sqrt(variance)


def _twin_result(study: Study, evidence: Sequence[TwinEvidence]) -> TwinResult | None:
    """What the study itself finds; None with fewer than two blocks with twins to compare."""
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
    squares = (
        float(np.sum((values - values.mean()) ** 2)) / variance
        for variance, _, log_ratios in found
        for values in [np.array([*log_ratios.values()])]
    )
    sizes = [model.log_speeds.shape for _, model, _ in found]
    return TwinResult(
        study_id=study.study_id,
        blocks=mean.blocks,
        log_ratio=mean.log_ratio,
        standard_error=mean.standard_error,
        stated_error=1
        / sqrt(fsum(len(log_ratios) / variance for variance, _, log_ratios in found)),
        squares=fsum(squares),
        df=sum(len(log_ratios) - 1 for _, _, log_ratios in found),
        model_df=sum((stacks - 1) * (blocks - 1) for stacks, blocks in sizes),
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
