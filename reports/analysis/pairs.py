"""The verdict on a pair of stacks, and the places that the decided pairs leave open."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import exp
from statistics import median

from reports.analysis.findings import PairFinding, VerdictKind
from reports.analysis.intervals import (
    BlockModel,
    Difference,
    blocks_needed,
    bootstrap_interval,
    detectable_ratio,
)
from reports.analysis.metrics import LEVEL
from reports.analysis.reasons import GeneratorLimited
from reports.analysis.solo import SoloCheck, SoloRuns
from reports.analysis.trials import Cell, Compared

POWER = 0.80


@dataclass(frozen=True)
class Verdict:
    """The verdict on a pair.

    `limited` holds the labels for which the generator was the limit, where that kept an interval
    from deciding. `lower_bound` : the winner may be faster still.
    """

    kind: VerdictKind
    limited: tuple[str, ...] = ()
    lower_bound: bool = False


def judge(low: float, high: float, margin_ratio: float) -> VerdictKind:
    """Return the verdict of a ratio's interval: excludes 1, inside ± margin, both, neither."""
    apart = low > 1 or high < 1
    within = low > 1 / (1 + margin_ratio) and high < 1 + margin_ratio
    if apart:
        return "different_within_margin" if within else "different"
    return "equal" if within else "undecided"


def judge_limited(
    labels: tuple[str, str],
    interval: tuple[float, float],
    margin_ratio: float,
    marked: Collection[str],
) -> Verdict:
    """Return the verdict on two labels of which some only have a lower bound.

    A marked label may win, never lose or tie: its true speed is at least what was measured.
    """
    kind = judge(*interval, margin_ratio)
    limited = tuple(label for label in labels if label in marked)
    if not limited or kind == "undecided":
        return Verdict(kind)
    winner = labels[0] if interval[0] > 1 else labels[1] if interval[1] < 1 else None
    if limited == (winner,):
        return Verdict("different", lower_bound=True)
    return Verdict("undecided", limited)


def places(
    labels: Sequence[str], faster: Collection[tuple[str, str]]
) -> dict[str, tuple[int, int]]:
    """Return the best and the worst place each label can have, counted from 1.

    `faster` holds the decided pairs, the faster label first. Labels that nothing separates share
    their places.
    """
    above = {label: sum(slower == label for _, slower in faster) for label in labels}
    below = {label: sum(quick == label for quick, _ in faster) for label in labels}
    return {label: (1 + above[label], len(labels) - below[label]) for label in labels}


@dataclass(frozen=True)
class PairwiseComparison:
    """All pairs of a cell; `labels`, the fastest first, are the rows of `model`.

    `level` is that of each interval; `limited` says for which labels the generator was the limit;
    `solo` holds the stacks alone on the machine, where that was measured.
    """

    cell: Cell
    compared: Compared
    labels: tuple[str, ...]
    model: BlockModel
    level: float
    margin_ratio: float
    limited: Mapping[str, GeneratorLimited]
    solo: SoloRuns | None
    seed: int
    minutes_a_block: float | None

    def pairs(self) -> tuple[PairFinding, ...]:
        """Return every pair, the faster of it first."""
        return tuple(self._pair(*pair) for pair in combinations(range(len(self.labels)), 2))

    def detectable_ratio(self) -> float:
        """Return the difference, as a share, that would have been found: the median pair's."""
        differences = [
            self.model.difference(*pair) for pair in combinations(range(len(self.labels)), 2)
        ]
        return median(detectable_ratio(each, self.level, POWER) for each in differences) - 1

    def _pair(self, first: int, second: int) -> PairFinding:
        labels = (self.labels[first], self.labels[second])
        difference = self.model.difference(first, second)
        interval = difference.ratio_interval(self.level)
        verdict = judge_limited(labels, interval, self.margin_ratio, self.limited.keys())
        needed = None
        if verdict.kind == "undecided" and not verdict.limited:
            needed = blocks_needed(difference, self.level, self.margin_ratio)
        log_ratios = self.model.log_speeds[first] - self.model.log_speeds[second]
        bootstrap = bootstrap_interval(log_ratios, LEVEL, self.seed)
        return PairFinding(
            compared=self.compared,
            first=labels[0],
            second=labels[1],
            ratio=exp(difference.log_ratio),
            ratio_low=interval[0],
            ratio_high=interval[1],
            degrees_of_freedom=difference.df,
            verdict=verdict.kind,
            lower_bound=verdict.lower_bound,
            limited_by_generator=verdict.limited,
            bootstrap_low=bootstrap[0],
            bootstrap_high=bootstrap[1],
            round_median_ratio=round_median_ratio(self.cell, *labels),
            blocks_needed=needed,
            minutes_needed=self._minutes(needed, difference.blocks),
            solo=self._solo(labels, difference),
        )

    def _solo(self, labels: tuple[str, str], difference: Difference) -> SoloCheck | None:
        if self.solo is None or not self.limited.keys().isdisjoint(labels):
            return None
        return self.solo.check(labels, difference, self.level)

    def _minutes(self, needed: int | None, done: int) -> float | None:
        if needed is None or self.minutes_a_block is None:
            return None
        return (needed - done) * self.minutes_a_block


def round_median_ratio(cell: Cell, first: str, second: str) -> float | None:
    """Return the median over rounds of the rates' ratio (closed loop only).

    Stalls hardly count in it.
    """
    if cell.shape.rate_per_s is not None:
        return None
    rates, others = cell.round_rates(first), cell.round_rates(second)
    ratios = [rates[key] / others[key] for key in sorted(rates.keys() & others.keys())]
    return median(ratios) if ratios else None
