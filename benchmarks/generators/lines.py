"""Readings of each generator against each target, and their table."""

import math
import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field

from scipy import stats

from benchmarks.generators.rivals import Reading

BASE = "wrk"
"""The generator that ratios are to, if installed."""
STOCK = "FastHttpUser"
AGREED = 0.05
"""Rates agree if they differ by at most this ratio."""

HEADER = (
    f"{'generator':<14} {'conn':>4} {'requests/s':>11} {'to wrk':>22} {'to FastHttpUser':>22} "
    f"{'CPU us':>9} {'p50 us':>9} {'p50 to wrk':>22} {'lag p50':>8} {'lag p99':>8}"
)


@dataclass
class Line:
    """One generator against one target: one reading per round."""

    target: str
    generator: str
    connections: int
    rates: list[float] = field(default_factory=list)
    cpus_us: list[float] = field(default_factory=list)
    p50s_us: list[float] = field(default_factory=list)
    lags_us: list[tuple[float, float]] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)

    def take(self, reading: Reading) -> None:
        """Add the reading of one round."""
        self.rates.append(reading.requests_per_s)
        if reading.cpu_us_per_request is not None:
            self.cpus_us.append(reading.cpu_us_per_request)
        if reading.p50_us is not None:
            self.p50s_us.append(reading.p50_us)


class Lines:
    """The lines of a run, in order of appearance."""

    def __init__(self) -> None:
        self._lines: dict[tuple[str, str, int], Line] = {}

    def line(self, target: str, generator: str, connections: int) -> Line:
        """Return the line of these; a new one if there is none."""
        key = (target, generator, connections)
        return self._lines.setdefault(key, Line(*key))

    def all(self) -> Iterable[Line]:
        """Return all lines, by target, generator and connections."""
        order = list(dict.fromkeys(line.target for line in self._lines.values()))
        return sorted(
            self._lines.values(),
            key=lambda line: (order.index(line.target), -line.connections, line.generator),
        )

    def report(self) -> list[str]:
        """Return the lines of the table, by target."""
        text: list[str] = []
        target = None
        for line in self.all():
            if line.target != target:
                target = line.target
                text += ["", target, HEADER]
            text.append(self._row(line))
            text += [f"{'':<14}      {mark}" for mark in dict.fromkeys(line.marks)]
        return text

    def _row(self, line: Line) -> str:
        nothing = Line(line.target, "", line.connections)
        base = self._lines.get((line.target, BASE, line.connections), nothing)
        stock = self._lines.get((line.target, STOCK, line.connections), nothing)
        cells = [
            f"{line.generator:<14}",
            f"{line.connections:>4}",
            f"{statistics.median(line.rates):>11,.0f}",
            f"{_shown_ratio(line.rates, base.rates):>22}",
            f"{_shown_ratio(line.rates, stock.rates):>22}",
            f"{_shown(line.cpus_us):>9}",
            f"{_shown(line.p50s_us):>9}",
            f"{_shown_ratio(line.p50s_us, base.p50s_us):>22}",
            f"{_shown([p50 for p50, _ in line.lags_us]):>8}",
            f"{_shown([p99 for _, p99 in line.lags_us]):>8}",
        ]
        return " ".join(cells)


def agreement(ours: list[float], theirs: list[float], other: str) -> str:
    """Say whether two generators agree, by the whole interval of their rates' ratio."""
    _, low, high = ratio(ours, theirs)
    if low >= 1 / (1 + AGREED) and high <= 1 + AGREED:
        return f"agrees with {other} within {AGREED:.0%}"
    if high < 1 / (1 + AGREED) or low > 1 + AGREED:
        return f"differs from {other} by more than {AGREED:.0%}"
    return f"undecided whether it agrees with {other} within {AGREED:.0%}: more --rounds tell"


def ratio(ours: list[float], theirs: list[float]) -> tuple[float, float, float]:
    """Return the geometric mean of the paired ratios, and its 95 % t interval."""
    logs = [math.log(our / their) for our, their in zip(ours, theirs, strict=True)]
    mean = statistics.fmean(logs)
    if len(logs) < 2:
        return math.exp(mean), 0.0, math.inf
    half = float(stats.t.ppf(0.975, len(logs) - 1)) * statistics.stdev(logs) / math.sqrt(len(logs))
    return math.exp(mean), math.exp(mean - half), math.exp(mean + half)


def _shown(values: list[float]) -> str:
    return f"{statistics.median(values):.1f}" if values else "-"


def _shown_ratio(ours: list[float], theirs: list[float]) -> str:
    if not theirs or not ours or ours is theirs:
        return "-"
    mean, low, high = ratio(ours, theirs)
    return f"{mean:.3f} [{low:.3f}, {high:.3f}]"
