"""Differences between stacks from a stack × block model, with intervals that hold together.

One value a stack and block (the logarithm of its speed there); what the machine did to a block it
did to all stacks, so only what is left after both means is noise. The block is the unit: what
happens inside one is not independent (S. E. Maxwell, H. D. Delaney, "Designing Experiments and
Analyzing Data", chapter 11). All intervals of one table of values hold together.
"""

from dataclasses import dataclass
from functools import cache, cached_property
from itertools import combinations
from math import exp, sqrt

import numpy as np
from numpy.typing import NDArray

# The t and chi-square quantiles; `scipy.stats` has the same, and takes half a second to import.
from scipy.special import chdtri, stdtrit

from reports.analysis.studentised_range import critical_value

Floats = NDArray[np.float64]  # of any shape; the last axis holds the blocks

# Whether all pairs vary alike is tested, cautiously (T. A. Bancroft, "Analysis and inference for
# incompletely specified models", Biometrics 20, 1964).
POOLING_LEVEL = 0.25
# The test misses half of the cases in which one stack varies three times as much, and a pooled
# variance would tell its luck as a difference. So where variances are pooled a pair that varies
# more than the others keeps a wider interval: from its own variance, taken as if so many times the
# blocks stood behind it, fewer where blocks are few. By simulation that keeps a report's error at
# what is claimed, for equal and unequal noise (`tests/reports/test_equal_stacks.py`). It costs
# equal noise 23 % in width at 4 blocks and 6 % at 8, where variances that are never pooled cost 118
# and 42 %.
FEW_BLOCKS = 8
OWN_VARIANCE_WEIGHT_OF_FEW, OWN_VARIANCE_WEIGHT = 2, 3
NULL_DRAWS = 4000
RESAMPLES = 2000
# Of the noise's true size, for the range of blocks that would decide.
NOISE_LEVEL = 0.90


@dataclass(frozen=True)
class Difference:
    """An estimated log ratio of two of `stacks` stacks, from `blocks` blocks.

    `own_error` is its standard error from the pair's own variance, `pooled_error` from that of all
    pairs; `None` where these disagree.
    """

    log_ratio: float
    stacks: int
    blocks: int
    own_error: float
    pooled_error: float | None

    @property
    def standard_error(self) -> float:
        return self.own_error if self.pooled_error is None else self.pooled_error

    @property
    def df(self) -> int:
        return (self.blocks - 1) * (1 if self.pooled_error is None else self.stacks - 1)

    def half_width(self, alpha: float, blocks: int | None = None) -> float:
        """Return half the interval's width in the log, here or for another number of blocks.

        All intervals of the table hold together with probability `1 - alpha`.
        """
        blocks = self.blocks if blocks is None else blocks
        scale = sqrt(self.blocks / blocks)
        own, pooled = critical_values(
            alpha, self.stacks, blocks, pooled=self.pooled_error is not None
        )
        return scale * max(own * self.own_error, pooled * (self.pooled_error or 0.0))

    def ratio_interval(self, alpha: float) -> tuple[float, float]:
        """Return the interval of the ratio itself."""
        half = self.half_width(alpha)
        return exp(self.log_ratio - half), exp(self.log_ratio + half)


@cache
def critical_values(alpha: float, stacks: int, blocks: int, *, pooled: bool) -> tuple[float, float]:
    """Return how many standard errors an interval spans to either side, own and pooled ones.

    The wider of the two is the interval. Pooled: Tukey's range, and Bonferroni's t beside it; else
    Bonferroni's t alone.
    """
    pairs_here = stacks * (stacks - 1) / 2
    weight = OWN_VARIANCE_WEIGHT if blocks >= FEW_BLOCKS else OWN_VARIANCE_WEIGHT_OF_FEW
    df = (blocks - 1) * (weight if pooled else 1)
    own = float(stdtrit(df, 1 - alpha / pairs_here / 2))
    if not pooled:
        return own, 0.0
    tukey = critical_value(alpha, stacks, (stacks - 1) * (blocks - 1)) / sqrt(2)
    # Of two stacks the pair's own variance is the pooled one.
    return (0.0 if stacks == 2 else own), tukey


def half_widths(log_speeds: Floats, alpha: float) -> Floats:
    """Return half the width of each pair's interval, in the log.

    `log_speeds` : array of shape (..., n_stacks, n_blocks); gives (..., n_stacks, n_stacks). All
    intervals of one table hold together with probability `1 - alpha`.
    """
    stacks, blocks = log_speeds.shape[-2:]
    own = np.sqrt(_pair_variances(log_speeds) / blocks)
    together = np.sqrt(2 * _residual_variance(log_speeds) / blocks)[..., None, None]
    t, _ = critical_values(alpha, stacks, blocks, pooled=False)
    t_beside, tukey = critical_values(alpha, stacks, blocks, pooled=True)
    agree = (agreement_p(log_speeds) >= POOLING_LEVEL)[..., None, None]
    widths: Floats = np.where(agree, np.maximum(t_beside * own, tukey * together), t * own)
    return widths


def agreement_p(log_speeds: Floats) -> Floats:
    """Return the p-value of a Monte Carlo test that all pairs of each table vary alike.

    Its statistic is the largest variance of a pair's log ratios over the pooled one, whose
    distribution under equal normal noise depends on the numbers of stacks and blocks alone.
    """
    null = _null_distribution(*log_speeds.shape[-2:])
    found = _largest_over_pooled(log_speeds)
    p: Floats = (1 + len(null) - np.searchsorted(null, found)) / (1 + len(null))
    return p


@dataclass(frozen=True, eq=False)
class BlockModel:
    """`log_speeds` : array of shape (n_stacks, n_blocks), both at least 2.

    `widening` : how much larger standard errors are, for noise that persists between blocks.
    """

    log_speeds: Floats
    widening: float = 1.0

    def difference(self, first: int, second: int) -> Difference:
        """Return the log ratio of the first's speed to the second's."""
        stacks, blocks = self.log_speeds.shape
        own = float(_pair_variances(self.log_speeds)[first, second])
        return Difference(
            log_ratio=float(np.mean(self.log_speeds[first] - self.log_speeds[second])),
            stacks=stacks,
            blocks=blocks,
            own_error=self.widening * sqrt(own / blocks),
            pooled_error=self.widening * sqrt(2 * self.residual_variance / blocks)
            if self.pooled
            else None,
        )

    @cached_property
    def residual_variance(self) -> float:
        """The residual variance about stack and block means, over (stacks − 1)(blocks − 1)."""
        return float(_residual_variance(self.log_speeds))

    @property
    def pooled(self) -> bool:
        """Whether the pairs' variances agree, so that one may stand for all."""
        return self.agreement_p >= POOLING_LEVEL

    @cached_property
    def agreement_p(self) -> float:
        """The p-value of the test that all pairs vary alike."""
        return float(agreement_p(self.log_speeds))


def pairs(count: int) -> list[tuple[int, int]]:
    """Return all pairs of `count` stacks, by index."""
    return list(combinations(range(count), 2))


def detectable_ratio(difference: Difference, alpha: float, power: float) -> float:
    """Return the true ratio that such a study finds to be different with the given probability."""
    quantile = float(stdtrit(difference.df, power))
    return exp(difference.half_width(alpha) + quantile * difference.standard_error)


def noise_range(difference: Difference) -> tuple[float, float]:
    """Return how much smaller and larger than estimated the true noise may be, as factors."""
    df, tail = difference.df, (1 - NOISE_LEVEL) / 2
    return tuple(sqrt(df / float(chdtri(df, p))) for p in (tail, 1 - tail))  # type: ignore[return-value]  # of two, two


def blocks_needed(
    difference: Difference, alpha: float, wanted: float, noise: float = 1.0, most: int = 10_000
) -> int | None:
    """Return how many blocks in all make the interval's half width less than `wanted`.

    `noise` : the true noise as a factor of the estimated one. None if `most` are not enough.
    """
    low, high = difference.blocks, most
    if noise * difference.half_width(alpha, high) >= wanted:
        return None
    while low < high:
        middle = (low + high) // 2
        if noise * difference.half_width(alpha, middle) < wanted:
            high = middle
        else:
            low = middle + 1
    return low


def bootstrap_interval(log_ratios: Floats, level: float, seed: int) -> tuple[float, float]:
    """Return the percentile interval of the ratio, over blocks drawn with replacement.

    Only a cross-check of the t interval: with 4 to 8 blocks it covers 80 to 87 % where 95 % is
    claimed.
    """
    blocks = len(log_ratios)
    drawn = np.random.default_rng(seed).integers(0, blocks, (RESAMPLES, blocks))
    means = np.sort(log_ratios[drawn].mean(axis=1))
    outside = round((1 - level) / 2 * RESAMPLES)
    return float(np.exp(means[outside])), float(np.exp(means[-1 - outside]))


@dataclass(frozen=True)
class BlockMean:
    """The mean log ratio of `blocks` blocks that stand for themselves."""

    log_ratio: float
    standard_error: float
    blocks: int

    def half_width(self, level: float) -> float:
        """Return half the t interval's width in the log."""
        return float(stdtrit(self.blocks - 1, (1 + level) / 2)) * self.standard_error

    def ratio_interval(self, level: float) -> tuple[float, float]:
        """Return the t interval of the ratio itself."""
        half = self.half_width(level)
        return exp(self.log_ratio - half), exp(self.log_ratio + half)


def one_sample(log_ratios: Floats) -> BlockMean | None:
    """Return the mean of these blocks; None for fewer than two."""
    blocks = len(log_ratios)
    if blocks < 2:
        return None
    error = float(np.std(log_ratios, ddof=1)) / sqrt(blocks)
    return BlockMean(float(np.mean(log_ratios)), error, blocks)


def _pair_variances(log_speeds: Floats) -> Floats:
    """The variance over blocks of each pair's differences; the last axis holds the blocks."""
    blocks = log_speeds.shape[-1]
    centred = log_speeds - log_speeds.mean(-1, keepdims=True)
    covariance = centred @ np.swapaxes(centred, -1, -2) / (blocks - 1)
    variance = np.diagonal(covariance, axis1=-2, axis2=-1)
    between: Floats = variance[..., :, None] + variance[..., None, :] - 2 * covariance
    return np.maximum(between, 0.0)


def _residual_variance(log_speeds: Floats) -> Floats:
    stacks, blocks = log_speeds.shape[-2:]
    rows = log_speeds.mean(-1, keepdims=True)
    columns = log_speeds.mean(-2, keepdims=True)
    residuals = log_speeds - rows - columns + log_speeds.mean((-1, -2), keepdims=True)
    variance: Floats = (residuals**2).sum((-1, -2)) / ((stacks - 1) * (blocks - 1))
    return variance


def _largest_over_pooled(log_speeds: Floats) -> Floats:
    largest: Floats = _pair_variances(log_speeds).max((-1, -2))
    pooled = 2 * _residual_variance(log_speeds)
    # Without any noise nothing varies more than the rest.
    ratios: Floats = np.divide(largest, pooled, out=np.zeros_like(pooled), where=pooled > 0)
    return ratios


@cache
def _null_distribution(stacks: int, blocks: int) -> Floats:
    noise = np.random.default_rng(0).standard_normal((NULL_DRAWS, stacks, blocks))
    return np.sort(_largest_over_pooled(noise))
