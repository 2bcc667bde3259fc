"""How much a contrast of stacks varies in one study, and its change between two studies.

A contrast is a weighted sum of the logarithms of speeds, such as one stack's less the mean of the
bridges'. Two studies have nothing in common, so the variances of their contrasts add up, and the
degrees of freedom of the sum are Satterthwaite's (F. E. Satterthwaite, "An approximate distribution
of estimates of variance components", Biometrics Bulletin 2, 1946).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.special import stdtrit

from reports.analysis.intervals import (
    FEW_BLOCKS,
    OWN_VARIANCE_WEIGHT,
    OWN_VARIANCE_WEIGHT_OF_FEW,
    BlockModel,
    Floats,
)


@dataclass(frozen=True)
class Variance:
    """An estimated variance and its degrees of freedom."""

    value: float
    df: float


@dataclass(frozen=True)
class Noise:
    """The variance of a contrast in one study.

    `own` is estimated from the contrast in each block alone; `pooled` from all stacks of the study,
    where all pairs vary alike and the contrast's weights add up to 0. `weight` : as if so many
    times the blocks stood behind `own`, where it only stands beside `pooled`, as in
    `reports.analysis.intervals`.
    """

    own: Variance
    pooled: Variance | None
    weight: int


def noise_of(model: BlockModel, weights: Floats) -> Noise:
    """Return the noise of the contrast with these weights, one a stack of the model."""
    stacks, blocks = model.log_speeds.shape
    scale = model.widening**2 / blocks
    own = float(np.var(weights @ model.log_speeds, ddof=1))
    pooled = None
    if stacks > 1 and abs(float(weights.sum())) < 1e-9 and model.pooled:
        of_sum = float(weights @ weights) * model.residual_variance
        pooled = Variance(of_sum * scale, (stacks - 1) * (blocks - 1))
    weight = OWN_VARIANCE_WEIGHT if blocks >= FEW_BLOCKS else OWN_VARIANCE_WEIGHT_OF_FEW
    return Noise(Variance(own * scale, blocks - 1), pooled, weight)


def half_width(noises: Iterable[Noise], alpha: float) -> float:
    """Return half the width of an interval for the sum of independent contrasts.

    It holds with the probability `1 - alpha`. Where the variance of all studies is pooled, the
    wider of the two is the interval, as within a study.
    """
    found = tuple(noises)
    pooled = [one.pooled for one in found if one.pooled is not None]
    if len(pooled) < len(found):
        return _half_width([one.own for one in found], alpha)
    own = [Variance(one.own.value, one.own.df * one.weight) for one in found]
    return max(_half_width(own, alpha), _half_width(pooled, alpha))


def _half_width(variances: Sequence[Variance], alpha: float) -> float:
    together = added(variances)
    if together.value <= 0:
        return 0.0
    return float(stdtrit(together.df, 1 - alpha / 2)) * sqrt(together.value)


def added(variances: Sequence[Variance]) -> Variance:
    """Return the variance of a sum of independent values, with Satterthwaite's df."""
    total = sum(one.value for one in variances)
    spread = sum(one.value**2 / one.df for one in variances)
    return Variance(total, total**2 / spread if spread > 0 else 1.0)
