"""The ladder: the speed of each stack as a ratio to its naive application's, and the CPU cost.

One log ratio per block, of the rates over its slices; t intervals of 95 % over the blocks, because
slices of one block are not independent.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

import numpy as np

from benchmarks.conformity.measuring import BlockReading
from reports.analysis.intervals import one_sample
from shared.contract import OperationName

ASKED_RATIO = 0.85
LEVEL = 0.95

Verdict = Literal["reached", "missed", "undecided"]


@dataclass(frozen=True)
class Ratio:
    """An estimate with its interval of 95 %."""

    estimate: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.estimate:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True)
class Rung:
    """One operation of one stack beside its naive application.

    rate_ratio : of requests/s, conforming to naive.
    cpu_ratio, cost_us : ratio and difference of the server's CPU time per request; None where
        processes have no CPU clock.
    """

    stack: str
    operation: OperationName
    rate_ratio: Ratio
    cpu_ratio: Ratio | None
    cost_us: float | None
    requests_per_s: float
    naive_requests_per_s: float

    @property
    def verdict(self) -> Verdict:
        """The verdict on `ASKED_RATIO`, by the whole interval of the ratio of rates."""
        if self.rate_ratio.low >= ASKED_RATIO:
            return "reached"
        return "missed" if self.rate_ratio.high < ASKED_RATIO else "undecided"


def build_ladder(readings: Iterable[BlockReading]) -> list[Rung]:
    """Return a rung for each stack and operation with two blocks or more, the best first."""
    groups: dict[tuple[str, OperationName], list[BlockReading]] = {}
    for reading in readings:
        groups.setdefault((reading.stack, reading.operation), []).append(reading)
    rungs = [_rung(group) for group in groups.values() if len(group) > 1]
    return sorted(rungs, key=lambda rung: -rung.rate_ratio.estimate)


def ladder_lines(rungs: Sequence[Rung]) -> list[str]:
    """Return the ladder as the lines of a table."""
    header = (
        f"{'stack':<24} {'operation':<13} {'requests/s, ratio to naive':<28} {'verdict':<10} "
        f"{'CPU, ratio to naive':<22} {'costs us':>8} {'requests/s':>11}"
    )
    return [header, *map(_line, rungs)]


def _line(rung: Rung) -> str:
    cost = "-" if rung.cost_us is None else f"{rung.cost_us:+.1f}"
    return (
        f"{rung.stack:<24} {rung.operation:<13} {rung.rate_ratio!s:<28} {rung.verdict:<10} "
        f"{'-' if rung.cpu_ratio is None else str(rung.cpu_ratio):<22} {cost:>8} "
        f"{rung.requests_per_s:>11,.0f}"
    )


def _rung(group: Sequence[BlockReading]) -> Rung:
    cpus = [(reading.conforming.cpu_us, reading.naive.cpu_us) for reading in group]
    known = [(ours, naive) for ours, naive in cpus if ours is not None and naive is not None]
    has_cpu = len(known) == len(group)
    rates = [(reading.conforming.requests_per_s, reading.naive.requests_per_s) for reading in group]
    return Rung(
        stack=group[0].stack,
        operation=group[0].operation,
        rate_ratio=_ratio(rates),
        cpu_ratio=_ratio(known) if has_cpu else None,
        cost_us=fmean(ours - naive for ours, naive in known) if has_cpu else None,
        requests_per_s=fmean(ours for ours, _ in rates),
        naive_requests_per_s=fmean(naive for _, naive in rates),
    )


def _ratio(pairs: Sequence[tuple[float, float]]) -> Ratio:
    found = one_sample(np.array([math.log(ours / naive) for ours, naive in pairs]))
    if found is None:
        raise ValueError("an interval needs two blocks")
    return Ratio(math.exp(found.log_ratio), *found.ratio_interval(LEVEL))
