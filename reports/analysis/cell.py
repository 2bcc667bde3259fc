"""One operation under one shape: from its trials to places and verdicts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from math import log
from statistics import median

import numpy as np

from reports.analysis.checks import why_no_place
from reports.analysis.findings import Comparison, PairFinding, Tail
from reports.analysis.generator_limit import limited_labels
from reports.analysis.intervals import BlockModel, pairs, simultaneous_level
from reports.analysis.pairing import Contest
from reports.analysis.percentiles import why_not_shown
from reports.analysis.ranks import places
from reports.analysis.solo import solo_runs
from reports.analysis.speeds import Compared, first_compared, speed
from reports.analysis.standings import standing, without_place
from reports.analysis.trials import Cell
from reports.analysis.twins import TwinControl, twin_control
from reports.study.records import Ceiling, Study
from reports.wording.verdict_sentences import Subject, headline, lead, told

ALPHA = 0.05


@dataclass(frozen=True)
class Rules:
    """What was fixed before the study: the margin within which stacks count as equal, as a share,
    and the numbers of blocks at which it was to be looked at."""

    margin_ratio: float
    looks: tuple[int, ...]


def compare(study: Study, cell: Cell, alone: Cell, rules: Rules) -> Comparison:
    """All findings on one operation and shape; `alone` is of the solo blocks."""
    found = _Field(study, cell, alone, rules)
    why_no_verdict = found.why_no_verdict
    contest = found.contest(found.compared, found.fit) if why_no_verdict is None else None
    decided = contest.pairs() if contest else ()
    ranks = places(found.fit, _decided(decided)) if contest else {}
    tail = None if cell.shape.rate_per_s is None else _tail(found)
    leader_pairs = [pair for pair in decided if pair.first == found.fit[0]]
    standings = (
        *(
            standing(study, cell, label, ranks.get(label), found.limited.get(label))
            for label in found.fit
        ),
        *(without_place(cell, label, reason) for label, reason in found.excluded.items()),
    )
    return Comparison(
        what=found.subject.what,
        operation=cell.operation,
        shape=cell.shape.name,
        connections=cell.shape.connections,
        rate_per_s=cell.shape.rate_per_s,
        compared=found.compared,
        headline=headline(found.subject.what, standings, why_no_verdict),
        sentences=told(found.subject, leader_pairs, tail.pairs if tail else ()),
        why_no_verdict=why_no_verdict,
        blocks=cell.blocks,
        rounds=len(cell.rounds),
        rounds_removed=cell.removed,
        level=contest.level if contest else None,
        variances_pooled=contest.model.pooled if contest else None,
        variances_agree_p=contest.model.agreement_p if contest else None,
        detectable_ratio=contest.detectable_ratio() if contest else None,
        ceiling_requests_per_s=found.ceiling.requests_per_s if found.ceiling else None,
        twin=found.twin(found.compared),
        solo_passes=len(alone.rounds),
        standings=standings,
        pairs=decided,
        tail=tail,
    )


@dataclass(frozen=True, eq=False)
class _Field:
    """Who is in the running in a cell, in what; `fit` and `with_tail` begin with the fastest."""

    study: Study
    cell: Cell
    alone: Cell
    rules: Rules

    @property
    def subject(self) -> Subject:
        shapes = self.study.plan.shapes_of(self.cell.operation)
        return Subject(self.cell.operation, self.cell.shape, len(shapes) == 1)

    @property
    def compared(self) -> Compared:
        return first_compared(self.cell.shape)

    @cached_property
    def excluded(self) -> dict[str, str]:
        entrants = self.study.plan.entrants
        labels = [entrant.label for entrant in entrants if entrant.stack is not None]
        reasons = {label: why_no_place(self.study, self.cell, label) for label in labels}
        return {label: reason for label, reason in reasons.items() if reason is not None}

    @cached_property
    def fit(self) -> list[str]:
        entrants = self.study.plan.entrants
        labels = [entrant.label for entrant in entrants if entrant.stack is not None]
        remaining = [label for label in labels if label not in self.excluded]
        return _fastest_first(self.cell, remaining, self.compared)

    @cached_property
    def with_tail(self) -> list[str]:
        if self.cell.shape.rate_per_s is None:
            return []
        shown = [label for label in self.fit if why_not_shown(self.cell, label, 0.99) is None]
        return _fastest_first(self.cell, shown, "response_p99_us")

    @cached_property
    def ceiling(self) -> Ceiling | None:
        return _ceiling(self.study, self.cell)

    @cached_property
    def limited(self) -> dict[str, str]:
        return limited_labels(self.cell, self.ceiling)

    @cached_property
    def why_no_verdict(self) -> str | None:
        return _why_no_verdict(self.cell, self.fit, self.compared, self.twin(self.compared))

    def twin(self, compared: Compared) -> TwinControl | None:
        plan = self.study.plan
        shapes = [shape for one in plan.operations for shape in plan.shapes_of(one)]
        families = len(shapes) + sum(shape.rate_per_s is not None for shape in shapes)
        level = simultaneous_level(ALPHA, families)
        return twin_control(self.study, self.cell, self.fit, compared, level)

    def contest(self, compared: Compared, labels: Sequence[str]) -> Contest:
        intervals = len(pairs(len(self.fit))) + len(pairs(len(self.with_tail)))
        rows = [[speed(trial, compared) for trial in self.cell.of(label)] for label in labels]
        return Contest(
            cell=self.cell,
            subject=self.subject,
            compared=compared,
            labels=tuple(labels),
            model=BlockModel(np.log(np.array(rows, np.float64))),
            level=simultaneous_level(ALPHA, intervals, len(self.rules.looks)),
            margin_ratio=self.rules.margin_ratio,
            limited=self.limited,
            # A long slice holds too few answers for a p99.
            solo=None
            if compared == "response_p99_us"
            else solo_runs(self.alone, labels, compared, self.ceiling),
            seed=self.study.plan.seed,
            minutes_a_block=_minutes_a_block(self.study),
        )


def _tail(found: _Field) -> Tail:
    twin = found.twin("response_p99_us")
    reason = found.why_no_verdict or _why_no_verdict(
        found.cell, found.with_tail, "response_p99_us", twin
    )
    contest = found.contest("response_p99_us", found.with_tail) if reason is None else None
    return Tail(
        why_no_verdict=reason,
        detectable_ratio=contest.detectable_ratio() if contest else None,
        twin=twin,
        pairs=contest.pairs() if contest else (),
    )


def _why_no_verdict(
    cell: Cell, fit: Sequence[str], compared: Compared, twin: TwinControl | None
) -> str | None:
    if len(fit) < 2:
        return "fewer than two stacks can be compared"
    if len(cell.blocks) < 2:
        return "a single block tells nothing about chance"
    if twin is not None and not twin.valid:
        low, high = twin.ratio_low, twin.ratio_high
        by = lead(compared, low, high) if low > 1 else lead(compared, 1 / high, 1 / low)
        return (
            f"the same stack, entered twice, seemed {by} itself, so this operation's measurements "
            "are invalid"
        )
    return None


def _fastest_first(cell: Cell, labels: Sequence[str], compared: Compared) -> list[str]:
    def mean_log_speed(label: str) -> float:
        speeds = [speed(trial, compared) for trial in cell.of(label)]
        return sum(log(value) for value in speeds if value) / len(speeds)

    return sorted(labels, key=lambda label: (-mean_log_speed(label), label))


def _decided(found: Sequence[PairFinding]) -> list[tuple[str, str]]:
    decided = ("different", "different_within_margin")
    return [(pair.first, pair.second) for pair in found if pair.verdict in decided]


def _ceiling(study: Study, cell: Cell) -> Ceiling | None:
    """In an open loop the rate is given, so there is no ceiling to come near to."""
    if cell.shape.rate_per_s is not None:
        return None
    key = (cell.operation, cell.shape.name)
    return next((c for c in study.ceilings if (c.operation, c.shape) == key), None)


def _minutes_a_block(study: Study) -> float | None:
    lasted = [
        (datetime.fromisoformat(b.ended_at) - datetime.fromisoformat(b.started_at)).total_seconds()
        for b in study.blocks
        if b.state == "whole" and not b.solo and b.ended_at is not None
    ]
    return median(lasted) / 60 if lasted else None
