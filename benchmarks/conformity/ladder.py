"""The ladder: what each stack reaches of its naive application's speed, and what the rest costs.

One log ratio a block, of the rates over its slices; t intervals of 95 % over the blocks, because
what happens within one is not independent.
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
    cpu_ratio, cost_us : of the server's CPU time a request, and what conformity adds to it; None
        where processes have no CPU clock.
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
        """Whether the ratio of rates is at least `ASKED_RATIO`, as far as the interval tells."""
        if self.rate_ratio.low >= ASKED_RATIO:
            return "reached"
        return "missed" if self.rate_ratio.high < ASKED_RATIO else "undecided"


def build_ladder(readings: Iterable[BlockReading]) -> list[Rung]:
    """A rung for each stack and operation that has two blocks or more, the best first."""
    groups: dict[tuple[str, OperationName], list[BlockReading]] = {}
    for reading in readings:
        groups.setdefault((reading.stack, reading.operation), []).append(reading)
    rungs = [_rung(group) for group in groups.values() if len(group) > 1]
    return sorted(rungs, key=lambda rung: -rung.rate_ratio.estimate)


def ladder_lines(rungs: Sequence[Rung]) -> list[str]:
    """The ladder as a table for people."""
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
    cpus = [(one.conforming.cpu_us, one.naive.cpu_us) for one in group]
    known = [(ours, naive) for ours, naive in cpus if ours is not None and naive is not None]
    has_cpu = len(known) == len(group)
    rates = [(one.conforming.requests_per_s, one.naive.requests_per_s) for one in group]
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
