"""One operation under one shape: from its trials to places and verdicts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from math import fsum, log
from statistics import median

import numpy as np

from reports.analysis.eligibility import exclusion, missing_percentile
from reports.analysis.findings import Comparison, PairFinding, Tail
from reports.analysis.generator_limit import limited_labels
from reports.analysis.intervals import BlockModel, pairs, simultaneous_level
from reports.analysis.pairs import PairwiseComparison, places
from reports.analysis.reasons import Exclusion, GeneratorLimited, NoVerdict
from reports.analysis.solo import solo_runs
from reports.analysis.standings import standing, without_place
from reports.analysis.trials import Cell, Compared, first_compared, speed
from reports.analysis.twins import TwinControl, twin_control
from reports.study.records import Ceiling, Study

ALPHA = 0.05


def compare(study: Study, cell: Cell, solo_cell: Cell) -> Comparison:
    """Return all findings on one operation and shape; `solo_cell` is of the solo blocks."""
    found = _CellAnalysis(study, cell, solo_cell)
    pairwise = found.pairwise(found.compared, found.eligible) if found.no_verdict is None else None
    judged = pairwise.pairs() if pairwise else ()
    ranks = places(found.eligible, _decided(judged)) if pairwise else {}
    return Comparison(
        operation=cell.operation,
        shape=cell.shape.name,
        connections=cell.shape.connections,
        rate_per_s=cell.shape.rate_per_s,
        compared=found.compared,
        no_verdict=found.no_verdict,
        blocks=cell.blocks,
        rounds=len(cell.rounds),
        rounds_removed=cell.removed,
        level=pairwise.level if pairwise else None,
        variances_pooled=pairwise.model.pooled if pairwise else None,
        variances_agree_p=pairwise.model.agreement_p if pairwise else None,
        detectable_ratio=pairwise.detectable_ratio() if pairwise else None,
        ceiling_requests_per_s=found.ceiling.requests_per_s if found.ceiling else None,
        twin=found.twin(found.compared),
        solo_passes=len(solo_cell.rounds),
        standings=(
            *(
                standing(study, cell, label, ranks.get(label), found.limited.get(label))
                for label in found.eligible
            ),
            *(without_place(cell, label, reason) for label, reason in found.excluded.items()),
        ),
        pairs=judged,
        tail=None if cell.shape.rate_per_s is None else _tail(found),
    )


@dataclass(frozen=True, eq=False)
class _CellAnalysis:
    """The analysis of one cell; `eligible` and `with_tail` begin with the fastest."""

    study: Study
    cell: Cell
    solo_cell: Cell

    @property
    def compared(self) -> Compared:
        return first_compared(self.cell.shape)

    @cached_property
    def excluded(self) -> dict[str, Exclusion]:
        reasons = {label: exclusion(self.study, self.cell, label) for label in self._labels}
        return {label: reason for label, reason in reasons.items() if reason is not None}

    @cached_property
    def eligible(self) -> list[str]:
        remaining = [label for label in self._labels if label not in self.excluded]
        return _fastest_first(self.cell, remaining, self.compared)

    @cached_property
    def with_tail(self) -> list[str]:
        if self.cell.shape.rate_per_s is None:
            return []
        shown = [
            label for label in self.eligible if missing_percentile(self.cell, label, 0.99) is None
        ]
        return _fastest_first(self.cell, shown, "response_p99_us")

    @cached_property
    def ceiling(self) -> Ceiling | None:
        """In an open loop the rate is given, so there is no ceiling to come near to."""
        if self.cell.shape.rate_per_s is not None:
            return None
        key = (self.cell.operation, self.cell.shape.name)
        return next((c for c in self.study.ceilings if (c.operation, c.shape) == key), None)

    @cached_property
    def limited(self) -> dict[str, GeneratorLimited]:
        return limited_labels(self.cell, self.ceiling)

    @cached_property
    def no_verdict(self) -> NoVerdict | None:
        return _no_verdict(self.cell, self.eligible, self.twin(self.compared))

    def twin(self, compared: Compared) -> TwinControl | None:
        plan = self.study.plan
        shapes = [shape for one in plan.operations for shape in plan.shapes_of(one)]
        families = len(shapes) + sum(shape.rate_per_s is not None for shape in shapes)
        level = simultaneous_level(ALPHA, families)
        return twin_control(self.study, self.cell, self.eligible, compared, level)

    def pairwise(self, compared: Compared, labels: Sequence[str]) -> PairwiseComparison:
        plan = self.study.plan
        intervals = len(pairs(len(self.eligible))) + len(pairs(len(self.with_tail)))
        rows = [[speed(trial, compared) for trial in self.cell.of(label)] for label in labels]
        return PairwiseComparison(
            cell=self.cell,
            compared=compared,
            labels=tuple(labels),
            model=BlockModel(np.log(np.array(rows, np.float64))),
            level=simultaneous_level(ALPHA, intervals, len(plan.looks)),
            margin_ratio=plan.options.margin_ratio,
            limited=self.limited,
            # A long slice holds too few answers for a p99.
            solo=None
            if compared == "response_p99_us"
            else solo_runs(self.solo_cell, labels, compared, self.ceiling),
            seed=plan.seed,
            minutes_a_block=_minutes_a_block(self.study),
        )

    @property
    def _labels(self) -> list[str]:
        entrants = self.study.plan.entrants
        return [entrant.label for entrant in entrants if entrant.stack is not None]


def _tail(found: _CellAnalysis) -> Tail:
    twin = found.twin("response_p99_us")
    no_verdict = found.no_verdict or _no_verdict(found.cell, found.with_tail, twin)
    pairwise = found.pairwise("response_p99_us", found.with_tail) if no_verdict is None else None
    return Tail(
        no_verdict=no_verdict,
        detectable_ratio=pairwise.detectable_ratio() if pairwise else None,
        twin=twin,
        pairs=pairwise.pairs() if pairwise else (),
    )


def _no_verdict(cell: Cell, eligible: Sequence[str], twin: TwinControl | None) -> NoVerdict | None:
    if len(eligible) < 2:
        return NoVerdict("too_few_stacks")
    if len(cell.blocks) < 2:
        return NoVerdict("single_block")
    if twin is not None and not twin.valid:
        return NoVerdict("twins_differ", twin.ratio_low, twin.ratio_high)
    return None


def _fastest_first(cell: Cell, labels: Sequence[str], compared: Compared) -> list[str]:
    def mean_log_speed(label: str) -> float:
        speeds = [speed(trial, compared) for trial in cell.of(label)]
        return fsum(log(value) for value in speeds if value) / len(speeds)

    return sorted(labels, key=lambda label: (-mean_log_speed(label), label))


def _decided(found: Sequence[PairFinding]) -> list[tuple[str, str]]:
    decided = ("different", "different_within_margin")
    return [(pair.first, pair.second) for pair in found if pair.verdict in decided]


def _minutes_a_block(study: Study) -> float | None:
    lasted = [
        (datetime.fromisoformat(b.ended_at) - datetime.fromisoformat(b.started_at)).total_seconds()
        for b in study.blocks
        if b.state == "whole" and not b.solo and b.ended_at is not None
    ]
    return median(lasted) / 60 if lasted else None
