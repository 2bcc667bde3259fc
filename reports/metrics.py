"""The table of metrics: what each means, its unit, which end is better, how it is measured.

A new row here is in every table, chart and file that reports write.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp
from typing import Literal

import numpy as np

from reports import formats
from reports.histogram import ResponseTimes, combine
from reports.intervals import one_sample
from reports.records import Cost
from reports.trials import Cell

LEVEL = 0.95
LEAST_BEYOND = 50
LEAST_SLICES = 20
LEAST_BLOCKS = 4
MOST_LAG_RATIO = 0.1


@dataclass(frozen=True)
class Estimate:
    """A value and its 95 % interval over the blocks, where there are enough to have one."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Evidence:
    """What there is about one label in one cell; `costs` are the label's own."""

    cell: Cell
    label: str
    costs: Sequence[Cost]


@dataclass(frozen=True)
class Metric:
    """`name` ends in the unit and is the member of `report.json`; `format` is for people."""

    name: str
    title: str
    description: str
    unit: str
    better: Literal["higher", "lower"]
    format: Callable[[float], str]


@dataclass(frozen=True)
class OperationMetric(Metric):
    """Measured for a stack under an operation and shape."""

    measure: Callable[[Evidence], Estimate | None]


@dataclass(frozen=True)
class StackMetric(Metric):
    """Measured once a block for a stack, whatever it serves."""

    measure: Callable[[Sequence[Cost]], Estimate | None]


def percentile_shown(cell: Cell, label: str, times: ResponseTimes, quantile: float) -> bool:
    """Whether there is enough behind a percentile: answers beyond it, slices and blocks.

    In the open loop also whether requests started on time, up to a tenth of that percentile.
    """
    value = times.percentile_us(quantile)
    lag_us = combine(trial.lags for trial in cell.of(label)).percentile_us(quantile)
    return (
        value is not None
        and times.beyond(quantile) >= LEAST_BEYOND
        and cell.slices(label) >= LEAST_SLICES
        and len(cell.of(label)) >= LEAST_BLOCKS
        and (lag_us is None or lag_us <= MOST_LAG_RATIO * value)
    )


def over_blocks(value: float, by_block: Sequence[float]) -> Estimate:
    """The value with the t interval of its blocks' logarithms, laid around the value."""
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
    rate = sum(trial.answered for trial in trials) / sum(trial.duration_s for trial in trials)
    return over_blocks(rate, [trial.answered / trial.duration_s for trial in trials])


def _percentile(quantile: float) -> Callable[[Evidence], Estimate | None]:
    def measure(evidence: Evidence) -> Estimate | None:
        cell, label = evidence.cell, evidence.label
        times = cell.times(label)
        value = times.percentile_us(quantile)
        if value is None or not percentile_shown(cell, label, times, quantile):
            return None
        by_block = [trial.times.percentile_us(quantile) for trial in cell.of(label)]
        return over_blocks(value, [part for part in by_block if part is not None])

    return measure


def _server_cpu_us(evidence: Evidence) -> Estimate | None:
    cell, label = evidence.cell, evidence.label
    measured = [cost.server_cpu_us_per_request.get(cell.operation) for cost in evidence.costs]
    known = [value for value in measured if value is not None]
    if not known:
        by_trial = [trial.server_cpu_us_per_request for trial in cell.of(label)]
        known = [value for value in by_trial if value is not None]
    return _mean(known)


def _cost(read: Callable[[Cost], float | None]) -> Callable[[Sequence[Cost]], Estimate | None]:
    def measure(costs: Sequence[Cost]) -> Estimate | None:
        return _mean([value for value in map(read, costs) if value is not None])

    return measure


def _mean(values: Sequence[float]) -> Estimate | None:
    return over_blocks(sum(values) / len(values), values) if values else None


OPERATION_METRICS: tuple[OperationMetric, ...] = (
    OperationMetric(
        "requests_per_s",
        "requests/s",
        "right answers over the time of all slices, stalls included",
        "1/s",
        "higher",
        formats.plain,
        _requests_per_s,
    ),
    OperationMetric(
        "response_p50_us",
        "response p50",
        "half of the answers came within this time",
        "µs",
        "lower",
        formats.time_us,
        _percentile(0.50),
    ),
    OperationMetric(
        "response_p99_us",
        "response p99",
        "99 of 100 answers came within this time",
        "µs",
        "lower",
        formats.time_us,
        _percentile(0.99),
    ),
    OperationMetric(
        "server_cpu_us_per_request",
        "server CPU a request",
        "CPU time of all the stack's processes for one answer",
        "µs",
        "lower",
        formats.time_us,
        _server_cpu_us,
    ),
)

STACK_METRICS: tuple[StackMetric, ...] = (
    StackMetric(
        "startup_s",
        "start-up",
        "from the start of the processes to the first right answer",
        "s",
        "lower",
        formats.time_s,
        _cost(lambda cost: cost.startup_s),
    ),
    StackMetric(
        "uss_rest_bytes",
        "memory at rest (USS)",
        "memory that no other process shares, before load",
        "bytes",
        "lower",
        formats.size_bytes,
        _cost(lambda cost: cost.uss_rest_bytes),
    ),
    StackMetric(
        "uss_loaded_bytes",
        "memory after load (USS)",
        "memory that no other process shares, after load",
        "bytes",
        "lower",
        formats.size_bytes,
        _cost(lambda cost: cost.uss_loaded_bytes),
    ),
    StackMetric(
        "pss_rest_bytes",
        "memory at rest (PSS)",
        "memory with its fair share of what is shared, before load",
        "bytes",
        "lower",
        formats.size_bytes,
        _cost(lambda cost: cost.pss_rest_bytes),
    ),
    StackMetric(
        "pss_loaded_bytes",
        "memory after load (PSS)",
        "memory with its fair share of what is shared, after load",
        "bytes",
        "lower",
        formats.size_bytes,
        _cost(lambda cost: cost.pss_loaded_bytes),
    ),
)
