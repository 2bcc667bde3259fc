"""Noise that persists from block to block, and how much wider it makes intervals.

Blocks are the unit because they are independent. Something that goes on for longer than a block
and hits one stack more than others (a neighbour on the same core, say) makes them less so, and the
mean of blocks vary more than their spread tells. One cell has too few blocks to show it, all cells
of a report together have enough: the mean correlation of what is left of one block after stack
and block means with that of the next, over all stacks and cells.
"""

from collections.abc import Sequence

import numpy as np

from reports.analysis.intervals import Floats

# What persists is taken to fade by this factor a block.
FADING = 0.6
# Of the correlation that is seen: a few blocks show it inexactly. By simulation, with processes
# whose speeds persist as above, the report's error stays as claimed (`tests/reports/`).
CAUTION = 2.0


def widening(tables: Sequence[Floats]) -> Floats:
    """Return the factor, 1 or more, by which persisting noise widens all intervals.

    `tables` : what is left to judge in each cell, arrays of shape (..., n_stacks, n_blocks).
    """
    known = [table for table in tables if table.shape[-1] > 2]
    if not known:
        return np.ones(())
    excess: Floats = np.mean([_excess(table) for table in known], axis=0)
    return np.asarray(np.sqrt(1 + np.maximum(0.0, excess)))


def _excess(log_speeds: Floats) -> Floats:
    """How much the variance of a mean over these blocks exceeds that over independent ones."""
    blocks = log_speeds.shape[-1]
    left = log_speeds - log_speeds.mean(-1, keepdims=True)
    left = left - left.mean(-2, keepdims=True)
    variance = (left**2).mean(-1)
    both = (left[..., 1:] * left[..., :-1]).mean(-1)
    # What independent blocks show, less their mean; so does a stack that does not vary.
    by_chance = np.full_like(both, -1 / (blocks - 1))
    seen = np.divide(both, variance, out=by_chance, where=variance > 0).mean(-1)
    correlation = seen + 1 / (blocks - 1)
    lags = np.arange(1, blocks)
    excess: Floats = 2 * CAUTION * correlation * ((1 - lags / blocks) * FADING ** (lags - 1)).sum()
    return excess
