"""Tukey's studentised range: how far apart the means of equal stacks get by chance.

The largest difference between the means of `stacks` stacks, over the standard error of one mean,
which was estimated with `df` degrees of freedom (J. W. Tukey, "The problem of multiple
comparisons", 1953). `scipy.stats.studentized_range` is the same, and takes seconds.
"""

from functools import cache
from math import exp, lgamma, log

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

NODES = 96
TOLERANCE = 1e-7
MOST_STEPS = 50
_X, _WEIGHTS = np.polynomial.legendre.leggauss(NODES)


def exceedance(value: float, stacks: int, df: int) -> float:
    """Return the probability that the studentised range is above `value`."""
    spread, weights = _spread(df)
    return float(weights @ (1 - _range_within(value * spread, stacks)))


@cache
def critical_value(alpha: float, stacks: int, df: int) -> float:
    """Return the value that the studentised range exceeds with probability `alpha`."""
    # Both in the logarithm, where the one falls nearly straight with the other: the secant method.
    before, at = log(4.0), log(5.0)
    missed_before = log(exceedance(exp(before), stacks, df) / alpha)
    for _ in range(MOST_STEPS):
        missed = log(exceedance(exp(at), stacks, df) / alpha)
        if abs(missed) < TOLERANCE or missed == missed_before:
            break
        step = missed * (at - before) / (missed - missed_before)
        before, missed_before, at = at, missed, at - max(-1.0, min(1.0, step))
    return exp(at)


def _range_within(widths: NDArray[np.float64], stacks: int) -> NDArray[np.float64]:
    """The probability that `stacks` standard normal values lie within each of these widths."""
    at, weights = _nodes(-8.0, 8.0)
    density = np.exp(-(at**2) / 2) / np.sqrt(2 * np.pi) * weights
    # Integrated over the largest of them: the others lie between it and the width below it.
    between = ndtr(at) - ndtr(at - widths[:, None])
    within: NDArray[np.float64] = stacks * (between ** (stacks - 1)) @ density
    return within


@cache
def _spread(df: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Values of an estimated standard deviation whose true value is 1, and their probabilities."""
    # In the logarithm, where few degrees of freedom have no edge at 0.
    at, weights = _nodes(-20.0 / df - 0.5, 4.0 / df**0.5)
    logarithm = df * at - df * np.exp(2 * at) / 2 + df / 2 * log(df / 2) + log(2) - lgamma(df / 2)
    probability = np.exp(logarithm) * weights
    return np.exp(at), probability / probability.sum()


def _nodes(low: float, high: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    half = (high - low) / 2
    return low + half * (_X + 1), half * _WEIGHTS
