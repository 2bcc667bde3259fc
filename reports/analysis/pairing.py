"""The pairs of one operation and shape: ratio, interval, verdict and sentence of each."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from math import exp
from statistics import median

from reports.analysis.bootstrap import bootstrap_interval
from reports.analysis.findings import PairFinding
from reports.analysis.intervals import BlockModel, Difference, blocks_needed, detectable_ratio
from reports.analysis.metrics import LEVEL
from reports.analysis.solo import SoloCheck, SoloRuns
from reports.analysis.speeds import Compared
from reports.analysis.trials import Cell
from reports.analysis.verdicts import judge_limited
from reports.wording.verdict_sentences import Subject, pair_sentence

POWER = 0.80


@dataclass(frozen=True)
class Contest:
    """What all pairs of a cell share: `labels`, the fastest first, as the rows of `model`.

    `level` is that of each interval; `limited` says for which labels the generator was the limit;
    `solo` holds the stacks alone on the machine, where that was measured.
    """

    cell: Cell
    subject: Subject
    compared: Compared
    labels: tuple[str, ...]
    model: BlockModel
    level: float
    margin_ratio: float
    limited: Mapping[str, str]
    solo: SoloRuns | None
    seed: int
    minutes_a_block: float | None

    def pairs(self) -> tuple[PairFinding, ...]:
        """Every pair, the faster of it first."""
        return tuple(self._pair(*pair) for pair in combinations(range(len(self.labels)), 2))

    def detectable_ratio(self) -> float:
        """The difference, as a share, that would have been found: the median over the pairs."""
        differences = [
            self.model.difference(*pair) for pair in combinations(range(len(self.labels)), 2)
        ]
        return median(detectable_ratio(each, self.level, POWER) for each in differences) - 1

    def _pair(self, first: int, second: int) -> PairFinding:
        labels = (self.labels[first], self.labels[second])
        difference = self.model.difference(first, second)
        interval = difference.ratio_interval(self.level)
        verdict = judge_limited(labels, interval, self.margin_ratio, set(self.limited))
        needed = None
        if verdict.kind == "undecided" and not verdict.limited:
            needed = blocks_needed(difference, self.level, self.margin_ratio)
        log_ratios = self.model.log_speeds[first] - self.model.log_speeds[second]
        bootstrap = bootstrap_interval(log_ratios, LEVEL, self.seed)
        pair = PairFinding(
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
            sentence="",
        )
        sentence = pair_sentence(self.subject, pair, self.margin_ratio, difference.blocks)
        return replace(pair, sentence=sentence)

    def _solo(self, labels: tuple[str, str], difference: Difference) -> SoloCheck | None:
        if self.solo is None or not self.limited.keys().isdisjoint(labels):
            return None
        return self.solo.check(labels, difference, self.level)

    def _minutes(self, needed: int | None, done: int) -> float | None:
        if needed is None or self.minutes_a_block is None:
            return None
        return (needed - done) * self.minutes_a_block


def round_median_ratio(cell: Cell, first: str, second: str) -> float | None:
    """The median over rounds of the rates' ratio (closed loop only): stalls hardly count in it."""
    if cell.shape.rate_per_s is not None:
        return None
    rates, others = cell.round_rates(first), cell.round_rates(second)
    ratios = [rates[key] / others[key] for key in sorted(rates.keys() & others.keys())]
    return median(ratios) if ratios else None
