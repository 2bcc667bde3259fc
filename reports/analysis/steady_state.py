"""Stacks that change their speed while a block runs: a leak, a cache that fills, a throttled core.

A stack that did not run steadily has no speed to compare: it depends on how long one measures. What
is judged is each block's second half against its first, on the ratio to the other stacks, because
what slows all of them down alike is the machine.
"""

from collections.abc import Mapping, Sequence
from math import exp, fsum, log, sqrt
from statistics import fmean, median, variance

from scipy.special import stdtrit

from reports.analysis.trials import Cell

LogRates = Mapping[str, Mapping[int, Sequence[float]]]
"""By label and block: the log rate of each round, in the order of the rounds."""

TOLERATED_RATIO = 0.05
# One report asks this of some 20 stacks and loops.
LEVEL = 0.999
# A change in a single block is believed where it is large, far beyond those of all others, and
# parts all rounds of one half from all of the other: a slice or two may be slow for any reason.
LARGE_RATIO = 0.25
OUTLIER_MADS = 12.0
LEAST_ROUNDS = 4
LEAST_ROUNDS_ALONE = 6


def unsteady(cell: Cell, labels: Sequence[str]) -> dict[str, float]:
    """Return the labels that were not steady: the speed in a block's second half over the first.

    In a closed loop; in an open one the rate is given.
    """
    if cell.shape.rate_per_s is not None:
        return {}
    rates: dict[str, dict[int, list[float]]] = {}
    for label in labels:
        for (block, _), rate in sorted(cell.round_rates(label).items()):
            rates.setdefault(label, {}).setdefault(block, []).append(log(rate))
    return {label: exp(change) for label, change in changes(rates).items()}


def changes(rates: LogRates) -> dict[str, float]:
    """Return the log change within a block of each label that was not steady.

    That is its mean over the blocks, if the whole interval of the mean is beyond what is tolerated,
    or that of a single block which stands out by far.
    """
    halves = {label: found for label, found in _halves(rates).items() if len(found) > 1}
    if len(halves) < 2:
        return {}
    usual = max(
        log(1 + LARGE_RATIO),
        OUTLIER_MADS * median(abs(one) for found in halves.values() for one in found.values()),
    )
    half_widths = _half_widths(halves)
    changed = {}
    for label, found in halves.items():
        mean = fmean(found.values())
        if abs(mean) - half_widths[label] > log(1 + TOLERATED_RATIO):
            changed[label] = mean
            continue
        block, largest = max(found.items(), key=lambda item: abs(item[1]))
        if abs(largest) > usual and _parted(rates, label, block):
            changed[label] = largest
    return changed


def _parted(rates: LogRates, label: str, block: int) -> bool:
    """Whether one half's rounds are all faster than the other's, on the ratio to the other stacks.

    Their median stands for them, in each round.
    """
    everyone = {other: blocks[block] for other, blocks in rates.items() if block in blocks}
    own = everyone.pop(label)
    ratios: list[float] = [
        rate - median(rest) for rate, *rest in zip(own, *everyone.values(), strict=False)
    ]
    middle = len(ratios) // 2
    first, second = ratios[:middle], ratios[-middle:]
    if len(ratios) < LEAST_ROUNDS_ALONE:
        return False
    return max(first) < min(second) or max(second) < min(first)


def _half_widths(halves: Mapping[str, Mapping[int, float]]) -> dict[str, float]:
    """Return half of each mean's t interval, by the variance of all or a larger one of its own."""
    own = {label: variance(found.values()) for label, found in halves.items()}
    df = sum(len(found) - 1 for found in halves.values())
    pooled = fsum((len(found) - 1) * own[label] for label, found in halves.items()) / df
    return {
        label: float(stdtrit(df, (1 + LEVEL) / 2)) * sqrt(max(own[label], pooled) / len(found))
        for label, found in halves.items()
    }


def _halves(rates: LogRates) -> dict[str, dict[int, float]]:
    """Return by label and block the change from its first half to its second, in means.

    From each is taken what the stacks have in common in that block, their median change.
    """
    own: dict[str, dict[int, float]] = {label: {} for label in rates}
    for label, blocks in rates.items():
        for block, values in blocks.items():
            if len(values) >= LEAST_ROUNDS:
                middle = len(values) // 2
                own[label][block] = fmean(values[-middle:]) - fmean(values[:middle])
    common = {
        block: median(found[block] for found in own.values() if block in found)
        for block in {block for found in own.values() for block in found}
    }
    return {
        label: {block: change - common[block] for block, change in found.items()}
        for label, found in own.items()
    }
