"""The table of metrics: meaning, unit, which end is better, how it is measured.

Percentiles are those of `reports.study.histogram.Histogram.percentile_us`.

A new row here is in every table, chart and file that reports write.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp, fsum
from typing import Literal

import numpy as np

from reports.analysis.eligibility import missing_percentile, served_ratio
from reports.analysis.intervals import one_sample
from reports.analysis.trials import Cell
from reports.study.records import Footprint, ServerCpu

LEVEL = 0.95
Loop = Literal["closed", "open", "both"]


@dataclass(frozen=True)
class Estimate:
    """A value and its 95 % interval over the blocks, where there are enough to have one."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Evidence:
    """All that is known of one label in one cell; `server_cpu` is the label's own."""

    cell: Cell
    label: str
    server_cpu: Sequence[ServerCpu]


@dataclass(frozen=True)
class Metric:
    """A quantity; `name` ends in the unit and is the member of `report.json`."""

    name: str
    title: str
    description: str
    unit: Literal["1/s", "µs", "s", "bytes", "share"]
    better: Literal["higher", "lower"]


@dataclass(frozen=True)
class OperationMetric(Metric):
    """A metric measured for a stack under an operation and shape of this kind of loop."""

    measure: Callable[[Evidence], Estimate | None]
    loop: Loop = "both"


@dataclass(frozen=True)
class StackMetric(Metric):
    """A metric measured once for a stack, whatever it serves."""

    measure: Callable[[Footprint], Estimate | None]


def over_blocks(value: float, by_block: Sequence[float]) -> Estimate:
    """Return the value with the t interval of its blocks' logarithms, laid around the value."""
    if not all(part > 0 for part in by_block):
        return Estimate(value)
    difference = one_sample(np.log(np.array(by_block)))
    if difference is None:
        return Estimate(value)
    factor = exp(difference.half_width(LEVEL))
    return Estimate(value, value / factor, value * factor)


def _requests_per_s(evidence: Evidence) -> Estimate | None:
    trials = [
        trial
        for trial in evidence.cell.of(evidence.label)
        if trial.answered and trial.duration_s > 0
    ]
    if not trials:
        return None
    rate = sum(trial.answered for trial in trials) / fsum(trial.duration_s for trial in trials)
    return over_blocks(rate, [trial.answered / trial.duration_s for trial in trials])


def _percentile(quantile: float) -> Callable[[Evidence], Estimate | None]:
    def measure(evidence: Evidence) -> Estimate | None:
        cell, label = evidence.cell, evidence.label
        value = cell.times(label).percentile_us(quantile)
        if value is None or missing_percentile(cell, label, quantile) is not None:
            return None
        by_block = [trial.times.percentile_us(quantile) for trial in cell.of(label)]
        return over_blocks(value, [part for part in by_block if part is not None])

    return measure


def _lag_p99_us(evidence: Evidence) -> Estimate | None:
    lag_us = evidence.cell.lags(evidence.label).percentile_us(0.99)
    return None if lag_us is None else Estimate(lag_us)


def _served_ratio(evidence: Evidence) -> Estimate | None:
    served = served_ratio(evidence.cell.of(evidence.label))
    return None if served is None else Estimate(served)


def _server_cpu_us(evidence: Evidence) -> Estimate | None:
    cell, label = evidence.cell, evidence.label
    measured = [one.us_per_request.get(cell.operation) for one in evidence.server_cpu]
    known = [value for value in measured if value is not None]
    if not known:
        by_trial = [trial.server_cpu_us_per_request for trial in cell.of(label)]
        known = [value for value in by_trial if value is not None]
    return _mean(known)


def _footprint(read: Callable[[Footprint], float | None]) -> Callable[[Footprint], Estimate | None]:
    def measure(footprint: Footprint) -> Estimate | None:
        value = read(footprint)
        return None if value is None else Estimate(value)

    return measure


def _mean(values: Sequence[float]) -> Estimate | None:
    return over_blocks(fsum(values) / len(values), values) if values else None


OPERATION_METRICS: tuple[OperationMetric, ...] = (
    OperationMetric(
        "requests_per_s",
        "requests/s",
        "right answers over the time of all slices, stalls included",
        "1/s",
        "higher",
        _requests_per_s,
        "closed",
    ),
    OperationMetric(
        "response_p50_us",
        "response p50",
        "half of the answers came within this time",
        "µs",
        "lower",
        _percentile(0.50),
    ),
    OperationMetric(
        "response_p99_us",
        "response p99",
        "99 of 100 answers came within this time",
        "µs",
        "lower",
        _percentile(0.99),
    ),
    OperationMetric(
        "lag_p99_us",
        "start lag p99",
        "99 of 100 requests were sent within this time after they were due",
        "µs",
        "lower",
        _lag_p99_us,
        "open",
    ),
    OperationMetric(
        "served_ratio",
        "served",
        "right answers as a share of the requests that were due",
        "share",
        "higher",
        _served_ratio,
        "open",
    ),
    OperationMetric(
        "server_cpu_us_per_request",
        "server CPU a request",
        "CPU time of all the stack's processes for one answer",
        "µs",
        "lower",
        _server_cpu_us,
    ),
)


def operation_metrics(rate_per_s: float | None) -> tuple[OperationMetric, ...]:
    """Return the metrics of a closed loop (a rate of `None`) or of an open one."""
    loop = "closed" if rate_per_s is None else "open"
    return tuple(metric for metric in OPERATION_METRICS if metric.loop in ("both", loop))


STACK_METRICS: tuple[StackMetric, ...] = (
    StackMetric(
        "startup_s",
        "start-up",
        "from the start of the processes to the first right answer",
        "s",
        "lower",
        _footprint(lambda footprint: footprint.startup_s),
    ),
    StackMetric(
        "uss_rest_bytes",
        "memory at rest (USS)",
        "memory that no other process shares, before load",
        "bytes",
        "lower",
        _footprint(lambda footprint: footprint.uss_rest_bytes),
    ),
    StackMetric(
        "uss_loaded_bytes",
        "memory after load (USS)",
        "memory that no other process shares, after load",
        "bytes",
        "lower",
        _footprint(lambda footprint: footprint.uss_loaded_bytes),
    ),
    StackMetric(
        "pss_rest_bytes",
        "memory at rest (PSS)",
        "memory with its fair share of what is shared, before load",
        "bytes",
        "lower",
        _footprint(lambda footprint: footprint.pss_rest_bytes),
    ),
    StackMetric(
        "pss_loaded_bytes",
        "memory after load (PSS)",
        "memory with its fair share of what is shared, after load",
        "bytes",
        "lower",
        _footprint(lambda footprint: footprint.pss_loaded_bytes),
    ),
)
