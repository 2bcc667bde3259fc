"""The table of metrics: meaning, unit, which end is better, how it is measured.

Percentiles are those of `reports.study.histogram.Histogram.quantiles_us`.

A new row here is in every table, chart and file that reports write.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp, fsum
from typing import Literal

import numpy as np

from reports.analysis.eligibility import missing_late_ratio, missing_percentile, served_ratio
from reports.analysis.estimates import AllBlocks, Speed
from reports.analysis.intervals import one_sample
from reports.analysis.sections import QUANTILES, Compared
from reports.analysis.trials import Cell
from reports.study.records import Footprint, ServerCpu

LEVEL = 0.95
Loop = Literal["closed", "open", "both"]


@dataclass(frozen=True)
class Estimate:
    """A value and its 95 % interval over the blocks, where there are enough to have one.

    `least` is set where a response time is an upper bound, for requests started late: the least
    that it can have been. The interval then begins below that.
    """

    value: float
    low: float | None = None
    high: float | None = None
    least: float | None = None


@dataclass(frozen=True, eq=False)
class Evidence:
    """All that is known of one label in one cell; `server_cpu` is the label's own.

    `late_after_us` is the time after which an answer is late.
    """

    cell: Cell
    label: str
    all_blocks: AllBlocks
    late_after_us: float | None
    server_cpu: Sequence[ServerCpu] = ()


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
    mean = one_sample(np.log(np.array(by_block)))
    if mean is None:
        return Estimate(value)
    factor = exp(mean.half_width(LEVEL))
    return Estimate(value, value / factor, value * factor)


def _factor(speed: Speed) -> float:
    mean = one_sample(speed.by_block)
    return 1.0 if mean is None else exp(mean.half_width(LEVEL))


def _requests_per_s(evidence: Evidence) -> Estimate | None:
    trials = evidence.cell.of(evidence.label)
    if not trials or not all(trial.answered and trial.duration_s > 0 for trial in trials):
        return None
    speed = evidence.all_blocks.bounds("requests_per_s").measured
    value, factor = exp(speed.value), _factor(speed)
    return Estimate(value) if factor == 1 else Estimate(value, value / factor, value * factor)


def _slowness(evidence: Evidence, compared: Compared) -> Estimate:
    """A time or a share, of which less is better: what late starts leave open, and the noise."""
    bounds = evidence.all_blocks.bounds(compared, evidence.late_after_us)
    value, least = exp(-bounds.measured.value), exp(-bounds.measured.value - bounds.gap)
    shown_least, factor = least if bounds.gap else None, _factor(bounds.measured)
    if factor == 1:
        return Estimate(value, least=shown_least)
    high = min(1.0, value * factor) if compared == "late_ratio" else value * factor
    return Estimate(value, least / factor, high, shown_least)


def _judged_percentile(compared: Compared) -> Callable[[Evidence], Estimate | None]:
    def measure(evidence: Evidence) -> Estimate | None:
        if missing_percentile(evidence.cell, evidence.label, QUANTILES[compared]) is not None:
            return None
        return _slowness(evidence, compared)

    return measure


def _far_percentile(quantile: float) -> Callable[[Evidence], Estimate | None]:
    """Without an interval: it lies where stalls begin, and a few blocks do not tell how far."""

    def measure(evidence: Evidence) -> Estimate | None:
        if missing_percentile(evidence.cell, evidence.label, quantile) is not None:
            return None
        whole = evidence.all_blocks.whole
        value, least = whole.quantile_us(quantile), whole.least_us(quantile)
        return Estimate(value, least=least if least < value else None)

    return measure


def _late_ratio(evidence: Evidence) -> Estimate | None:
    after_us = evidence.late_after_us
    if after_us is None or missing_late_ratio(evidence.cell, evidence.label, after_us):
        return None
    return _slowness(evidence, "late_ratio")


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
        _judged_percentile("response_p50_us"),
    ),
    OperationMetric(
        "response_p90_us",
        "response p90",
        "9 of 10 answers came within this time",
        "µs",
        "lower",
        _judged_percentile("response_p90_us"),
        "open",
    ),
    OperationMetric(
        "late_ratio",
        "late answers",
        "the share of answers that came after the stated time",
        "share",
        "lower",
        _late_ratio,
        "open",
    ),
    OperationMetric(
        "response_p99_us",
        "response p99",
        "99 of 100 answers came within this time",
        "µs",
        "lower",
        _far_percentile(0.99),
    ),
    OperationMetric(
        "response_p999_us",
        "response p99.9",
        "999 of 1,000 answers came within this time",
        "µs",
        "lower",
        _far_percentile(0.999),
        "open",
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
