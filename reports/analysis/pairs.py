"""The verdict on a pair of stacks, and the places that the decided pairs leave open."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from math import exp, log
from statistics import median

import numpy as np

from reports.analysis.estimates import SpeedBounds
from reports.analysis.findings import More, PairFinding, VerdictKind
from reports.analysis.intervals import (
    BlockModel,
    Difference,
    Floats,
    blocks_needed,
    bootstrap_interval,
    detectable_ratio,
    noise_range,
)
from reports.analysis.metrics import LEVEL
from reports.analysis.reasons import GeneratorLimited
from reports.analysis.sections import OF_TIMES, Compared
from reports.analysis.solo import SoloCheck, SoloRuns
from reports.analysis.trials import Cell

POWER = 0.80
# Stalls may hit a few blocks of one stack by chance, so of response times (on a busy machine of the
# median too) an interval that spans more than this says nothing.
TOLD_FACTOR = 2.0
DECIDED: frozenset[VerdictKind] = frozenset({"different", "faster_within_margin"})


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
        return "faster_within_margin" if within else "different"
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
    limited = tuple(label for label in labels if label in marked)
    if not limited:
        return Verdict(judge(*interval, margin_ratio))
    winner = labels[0] if interval[0] > 1 else labels[1] if interval[1] < 1 else None
    if limited == (winner,):
        return Verdict("different", lower_bound=True)
    return Verdict("not_judged", limited)


def places(
    labels: Sequence[str], faster: Collection[tuple[str, str]]
) -> dict[str, tuple[int, int]]:
    """Return the best and the worst place each label can have, counted from 1.

    `faster` holds the decided pairs, the faster label first.
    """
    above = {label: sum(slower == label for _, slower in faster) for label in labels}
    below = {label: sum(quick == label for quick, _ in faster) for label in labels}
    return {label: (1 + above[label], len(labels) - below[label]) for label in labels}


@dataclass(frozen=True, eq=False)
class PairwiseComparison:
    """All pairs of a section; `labels`, the fastest first, have the `speeds` in that order.

    `widening` is that of intervals by noise that persists between blocks; `alpha` is the
    probability of any false statement on these pairs; `limited` says for which labels the generator
    was the limit; `solo` holds the stacks alone on the machine, where that was measured.
    """

    cell: Cell
    compared: Compared
    labels: tuple[str, ...]
    speeds: tuple[SpeedBounds, ...]
    widening: float
    alpha: float
    margin_ratio: float
    limited: Mapping[str, GeneratorLimited]
    solo: SoloRuns | None
    seed: int
    minutes_a_block: float | None

    @cached_property
    def model(self) -> BlockModel:
        """The model of the speeds as measured."""
        return self._model_of([speed.measured.by_block for speed in self.speeds])

    @cached_property
    def models(self) -> tuple[BlockModel, ...]:
        """The models of the noise in the speeds as measured, of which the wider interval is taken.

        Of response times there are two, for a percentile may lie where stalls begin.
        """
        if self.compared not in OF_TIMES:
            return (self.model,)
        return self.model, self._model_of([speed.measured.of_blocks for speed in self.speeds])

    def pairs(self) -> tuple[PairFinding, ...]:
        """Return every pair, the faster of it first."""
        return tuple(self._pair(*pair) for pair in combinations(range(len(self.labels)), 2))

    def detectable_ratio(self) -> float:
        """Return the difference, as a share, that would have been found: the median pair's."""
        pairs = combinations(range(len(self.labels)), 2)
        found = [self._widest(*pair) for pair in pairs]
        return median(detectable_ratio(each, self.alpha, POWER) for each in found) - 1

    def equality_detectable(self) -> bool:
        """Whether the median pair, if it is equal, could be found to be so within the margin."""
        pairs = combinations(range(len(self.labels)), 2)
        halves = [self._widest(*pair).half_width(self.alpha) for pair in pairs]
        return median(halves) < log(1 + self.margin_ratio)

    def _model_of(self, by_block: Sequence[Floats]) -> BlockModel:
        return BlockModel(np.array(by_block), self.widening)

    def _widest(self, first: int, second: int) -> Difference:
        """The pair's difference in the model that has the widest interval for it."""
        found = [model.difference(first, second) for model in self.models]
        return max(found, key=lambda difference: difference.half_width(self.alpha))

    def _pair(self, first: int, second: int) -> PairFinding:
        """The interval is what late starts leave open of the ratio, and the noise around it."""
        labels = (self.labels[first], self.labels[second])
        difference = self._widest(first, second)
        half = difference.half_width(self.alpha)
        log_ratio = self.speeds[first].measured.value - self.speeds[second].measured.value
        least, most = log_ratio - self.speeds[second].gap, log_ratio + self.speeds[first].gap
        interval = exp(least - half), exp(most + half)
        verdict = judge_limited(labels, interval, self.margin_ratio, self.limited.keys())
        if self.compared in OF_TIMES and interval[1] > TOLD_FACTOR * interval[0]:
            verdict = Verdict("not_judged" if verdict.limited else "undecided", verdict.limited)
        wanted = max(least, -most, log(1 + self.margin_ratio) - max(abs(least), abs(most)))
        if verdict.kind == "undecided" and wanted <= 0:
            gaps = {labels[0]: self.speeds[first].gap, labels[1]: self.speeds[second].gap}
            late = tuple(label for label, gap in gaps.items() if 2 * gap > max(gaps.values()))
            verdict = Verdict("undecided", late)
        more = verdict.kind == "undecided" and not verdict.limited
        log_ratios = self.model.log_speeds[first] - self.model.log_speeds[second]
        bootstrap = bootstrap_interval(log_ratios, LEVEL, self.seed)
        return PairFinding(
            compared=self.compared,
            first=labels[0],
            second=labels[1],
            ratio=exp(log_ratio),
            ratio_low=interval[0],
            ratio_high=interval[1],
            least_ratio=exp(least),
            most_ratio=exp(most),
            blocks=difference.blocks,
            degrees_of_freedom=difference.df,
            verdict=verdict.kind,
            lower_bound=verdict.lower_bound,
            limited_by_generator=verdict.limited,
            bootstrap_low=bootstrap[0],
            bootstrap_high=bootstrap[1],
            round_median_ratio=round_median_ratio(self.cell, *labels),
            more=self._more(difference, wanted) if more else None,
            solo=self._solo(labels, self.model.difference(first, second)),
        )

    def _more(self, difference: Difference, wanted: float) -> More:
        """Return how many more blocks would decide, if the estimate stays as it is."""
        low, high = (
            blocks_needed(difference, self.alpha, wanted, noise)
            for noise in noise_range(difference)
        )
        counts = [
            None if needed is None else max(1, needed - difference.blocks) for needed in (low, high)
        ]
        each = self.minutes_a_block
        return More(
            *counts, *(None if count is None or each is None else count * each for count in counts)
        )

    def _solo(self, labels: tuple[str, str], difference: Difference) -> SoloCheck | None:
        if self.solo is None or not self.limited.keys().isdisjoint(labels):
            return None
        return self.solo.check(labels, difference, self.alpha)


def round_median_ratio(cell: Cell, first: str, second: str) -> float | None:
    """Return the median over rounds of the rates' ratio (closed loop only).

    Stalls hardly count in it.
    """
    if cell.shape.rate_per_s is not None:
        return None
    rates, others = cell.round_rates(first), cell.round_rates(second)
    ratios = [rates[key] / others[key] for key in sorted(rates.keys() & others.keys())]
    return median(ratios) if ratios else None
