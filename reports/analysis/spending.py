"""The spending of a section's errors over the looks of a study that ends when it is decided.

Each look spends an equal part of the section's errors (K. K. G. Lan, D. L. DeMets, "Discrete
sequential boundaries for clinical trials", Biometrika 70, 1983, with even steps). What looks wrong
at one look mostly looked wrong at the one before, so after the first a look may go further than its
part. How far depends on the numbers of stacks and blocks alone, and is simulated.
"""

from collections.abc import Iterator
from functools import cache

import numpy as np

from reports.analysis.intervals import Floats
from reports.analysis.studentised_range import critical_value, exceedance

DRAWS, DRAWS_AT_ONCE = 300_000, 20_000


@cache
def look_alphas(alpha: float, stacks: int, looks: tuple[int, ...]) -> tuple[float, ...]:
    """Return the level of the intervals at each look; all looks together are wrong with `alpha`.

    `looks` : rising numbers of blocks, 2 or more where there are several looks.
    """
    part = alpha / len(looks)
    if len(looks) == 1:
        return (part,)
    ranges = np.concatenate(list(_largest_ranges(stacks, looks)))
    found = [part]  # of the first look it is known
    for index, blocks in enumerate(looks):
        df = (stacks - 1) * (blocks - 1)
        if index:
            boundary = float(np.quantile(ranges[:, index], 1 - part * DRAWS / len(ranges)))
            found.append(max(part, exceedance(boundary, stacks, df)))
        ranges = ranges[ranges[:, index] < critical_value(found[-1], stacks, df)]
    return tuple(found)


def _largest_ranges(stacks: int, looks: tuple[int, ...]) -> Iterator[Floats]:
    """Yield the studentised ranges of equal stacks, in parts of shape (draws, looks)."""
    rng = np.random.default_rng(0)
    steps = np.diff((0, *looks))
    for _ in range(DRAWS // DRAWS_AT_ONCE):
        found = np.empty((DRAWS_AT_ONCE, len(looks)))
        sums = np.zeros((stacks, DRAWS_AT_ONCE))
        squares = np.zeros(DRAWS_AT_ONCE)
        for index, (blocks, step) in enumerate(zip(looks, steps, strict=True)):
            # The sums over the new blocks, and the squares about block means that they leave.
            new = np.sqrt(step) * rng.standard_normal((stacks, DRAWS_AT_ONCE))
            sums += new
            squares += _squares(new) / step
            if step > 1:
                squares += rng.chisquare((stacks - 1) * (step - 1), DRAWS_AT_ONCE)
            variance = (squares - _squares(sums) / blocks) / ((stacks - 1) * (blocks - 1))
            found[:, index] = np.ptp(sums, axis=0) / np.sqrt(blocks * variance)
        yield found


def _squares(sums: Floats) -> Floats:
    """The squares of each column about its mean, added up."""
    squares: Floats = ((sums - sums.mean(0)) ** 2).sum(0)
    return squares
