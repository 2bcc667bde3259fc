"""One operation under one shape: from its trials to places and verdicts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import log
from statistics import median

import numpy as np

from reports.checks import why_no_place
from reports.findings import Comparison, CurvePoint, PairFinding, Standing
from reports.formats import faster_than
from reports.generator_limit import limited_labels
from reports.intervals import BlockModel, simultaneous_level
from reports.metrics import LEAST_BEYOND, OPERATION_METRICS, Evidence, percentile_shown
from reports.pairing import Contest
from reports.ranks import places
from reports.records import Ceiling, Study
from reports.sentences import headline, subject
from reports.speeds import speed
from reports.trials import Cell
from reports.twins import TwinControl, twin_control

ALPHA = 0.05
CURVE_QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9999)


@dataclass(frozen=True)
class Rules:
    """What was fixed before the study: the margin within which stacks count as equal, as a share,
    and the numbers of blocks at which it was to be looked at."""

    margin_ratio: float
    looks: tuple[int, ...]


def compare(study: Study, cell: Cell, rules: Rules) -> Comparison:
    """All findings on one operation and shape."""
    labels = [entrant.label for entrant in study.plan.entrants if entrant.stack is not None]
    excluded = {
        label: reason
        for label in labels
        if (reason := why_no_place(study, cell, label)) is not None
    }
    fit = sorted(
        (label for label in labels if label not in excluded),
        key=lambda label: (-_mean_log_speed(cell, label), label),
    )
    ceiling = _ceiling(study, cell)
    limited = limited_labels(cell, ceiling)
    cell_count = sum(len(study.plan.shapes_of(one)) for one in study.plan.operations)
    twin = twin_control(study, cell, simultaneous_level(ALPHA, cell_count))
    why_no_verdict = _why_no_verdict(cell, fit, twin)
    what = subject(cell.operation, cell.shape, study.plan.shapes_of(cell.operation))
    contest = None
    if why_no_verdict is None:
        contest = Contest(
            cell=cell,
            what=what,
            labels=tuple(fit),
            model=_model(cell, fit),
            level=simultaneous_level(ALPHA, len(fit) * (len(fit) - 1) // 2, len(rules.looks)),
            margin_ratio=rules.margin_ratio,
            limited=limited,
            seed=study.plan.seed,
            minutes_a_block=_minutes_a_block(study),
        )
    pairs = contest.pairs() if contest else ()
    ranks = places(fit, _decided(pairs)) if contest else {}
    standings = (
        *(_standing(study, cell, label, ranks.get(label), limited.get(label)) for label in fit),
        *(_excluded(label, reason) for label, reason in excluded.items()),
    )
    return Comparison(
        what=what,
        operation=cell.operation,
        shape=cell.shape.name,
        connections=cell.shape.connections,
        rate_per_s=cell.shape.rate_per_s,
        compared="requests_per_s" if cell.shape.rate_per_s is None else "response_p50_us",
        headline=headline(what, standings, why_no_verdict),
        why_no_verdict=why_no_verdict,
        blocks=cell.blocks,
        rounds=len(cell.rounds),
        rounds_removed=cell.removed,
        level=contest.level if contest else None,
        variances_pooled=contest.model.pooled if contest else None,
        variances_agree_p=contest.model.agreement_p if contest else None,
        detectable_ratio=contest.detectable_ratio() if contest else None,
        ceiling_requests_per_s=ceiling.requests_per_s if ceiling else None,
        twin=twin,
        standings=standings,
        pairs=pairs,
    )


def _why_no_verdict(cell: Cell, fit: Sequence[str], twin: TwinControl | None) -> str | None:
    if len(fit) < 2:
        return "fewer than two stacks can be compared"
    if len(cell.blocks) < 2:
        return "a single block tells nothing about chance"
    if twin is not None and not twin.valid:
        low, high = twin.ratio_low, twin.ratio_high
        by = faster_than(low, high) if low > 1 else faster_than(1 / high, 1 / low)
        return (
            f"the same stack, entered twice, seemed {by} itself, so this operation's measurements "
            "are invalid"
        )
    return None


def _mean_log_speed(cell: Cell, label: str) -> float:
    speeds = [speed(trial, cell.shape) for trial in cell.of(label)]
    return sum(log(value) for value in speeds if value) / len(speeds)


def _model(cell: Cell, fit: Sequence[str]) -> BlockModel:
    rows = [[speed(trial, cell.shape) for trial in cell.of(label)] for label in fit]
    return BlockModel(np.log(np.array(rows, np.float64)))


def _decided(pairs: Sequence[PairFinding]) -> list[tuple[str, str]]:
    decided = ("different", "different_within_margin")
    return [(pair.first, pair.second) for pair in pairs if pair.verdict in decided]


def _standing(
    study: Study, cell: Cell, label: str, rank: tuple[int, int] | None, limit: str | None
) -> Standing:
    trials = cell.of(label)
    evidence = Evidence(cell, label, [cost for cost in study.costs if cost.label == label])
    cpu_ratios = [t.generator_cpu_ratio for t in trials if t.generator_cpu_ratio is not None]
    return Standing(
        label=label,
        place_best=rank[0] if rank else None,
        place_worst=rank[1] if rank else None,
        why_no_place=None,
        generator_limit=limit,
        generator_cpu_ratio=sum(cpu_ratios) / len(cpu_ratios) if cpu_ratios else None,
        metrics={metric.name: metric.measure(evidence) for metric in OPERATION_METRICS},
        rates_by_block=tuple(trial.requests_per_s for trial in trials),
        latency_curve=_curve(cell, label),
    )


def _excluded(label: str, reason: str) -> Standing:
    """Without a place there is no number either."""
    return Standing(
        label=label,
        place_best=None,
        place_worst=None,
        why_no_place=reason,
        generator_limit=None,
        generator_cpu_ratio=None,
        metrics={metric.name: None for metric in OPERATION_METRICS},
        rates_by_block=(),
        latency_curve=(),
    )


def _curve(cell: Cell, label: str) -> tuple[CurvePoint, ...]:
    times = cell.times(label)
    return tuple(
        CurvePoint(quantile, value)
        for quantile in CURVE_QUANTILES
        if percentile_shown(cell, label, times, quantile)
        and (value := times.percentile_us(quantile)) is not None
        and times.answered * quantile >= LEAST_BEYOND
    )


def _ceiling(study: Study, cell: Cell) -> Ceiling | None:
    key = (cell.operation, cell.shape.name)
    return next((c for c in study.ceilings if (c.operation, c.shape) == key), None)


def _minutes_a_block(study: Study) -> float | None:
    lasted = [
        (datetime.fromisoformat(b.ended_at) - datetime.fromisoformat(b.started_at)).total_seconds()
        for b in study.blocks
        if b.state == "whole" and b.ended_at is not None
    ]
    return median(lasted) / 60 if lasted else None
