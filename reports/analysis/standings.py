"""One stack under one operation and shape: its numbers and its response time curve."""

from dataclasses import replace
from math import fsum

from reports.analysis.eligibility import LEAST_BEYOND, missing_percentile
from reports.analysis.findings import CurvePoint, Standing
from reports.analysis.metrics import Evidence, operation_metrics
from reports.analysis.reasons import Exclusion, GeneratorLimited
from reports.analysis.trials import Cell
from reports.study.records import Study

CURVE_QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9999)


def standing(
    study: Study,
    evidence: Evidence,
    rank: tuple[int, int] | None,
    limited: GeneratorLimited | None,
) -> Standing:
    """Return the standing of a stack that was measured; `rank` as far as there is a verdict."""
    cell, label = evidence.cell, evidence.label
    trials = cell.of(label)
    solo = {block.number for block in study.blocks if block.solo}
    used = [one for one in study.server_cpu if one.label == label and one.block not in solo]
    evidence = replace(evidence, server_cpu=used)
    cpu_ratios = [t.generator_cpu_ratio for t in trials if t.generator_cpu_ratio is not None]
    metrics = operation_metrics(cell.shape.rate_per_s)
    return Standing(
        label=label,
        place_best=rank[0] if rank else None,
        place_worst=rank[1] if rank else None,
        exclusion=None,
        generator_limit=limited,
        generator_cpu_ratio=fsum(cpu_ratios) / len(cpu_ratios) if cpu_ratios else None,
        due=_sum([trial.due for trial in trials]),
        unsent=sum(trial.unsent for trial in trials),
        metrics={metric.name: metric.measure(evidence) for metric in metrics},
        rates_by_block=tuple(trial.requests_per_s for trial in trials),
        latency_curve=_curve(cell, label),
    )


def without_place(cell: Cell, label: str, exclusion: Exclusion) -> Standing:
    """Return the standing of a stack without a place: no number but the due and unsent requests."""
    trials = cell.of(label)
    return Standing(
        label=label,
        place_best=None,
        place_worst=None,
        exclusion=exclusion,
        generator_limit=None,
        generator_cpu_ratio=None,
        due=_sum([trial.due for trial in trials]),
        unsent=sum(trial.unsent for trial in trials),
        metrics={metric.name: None for metric in operation_metrics(cell.shape.rate_per_s)},
        rates_by_block=(),
        latency_curve=(),
    )


def _sum(counts: list[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known and len(known) == len(counts) else None


def _curve(cell: Cell, label: str) -> tuple[CurvePoint, ...]:
    times, service_times = cell.times(label), cell.service_times(label)
    return tuple(
        CurvePoint(quantile, value, service_times.percentile_us(quantile))
        for quantile in CURVE_QUANTILES
        if missing_percentile(cell, label, quantile) is None
        and (value := times.percentile_us(quantile)) is not None
        and times.total * quantile >= LEAST_BEYOND
    )
