"""`make bench-engine`: the engine beside other load generators, in one run.

Against a server that does next to nothing (nginx where it is installed, and our own) and against
`wsgi:granian`: the generators take turns in rounds, in a random order, so that whatever else the
machine does happens to all of them. Ratios are geometric means over the rounds, with t intervals
of 95 %; absolute rates are medians and differ between machines by several times.
"""

import argparse
import json
import math
import random
import statistics
import sys
from collections.abc import Collection, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field

from scipy import stats

from benchmarks.driver import SliceOrder, Target
from benchmarks.engine import bench_targets, rivals
from benchmarks.engine.driver import EngineDriver
from benchmarks.engine.histogram import Histogram
from benchmarks.pinning import split_cores
from benchmarks.workload import Exchange, Workload
from reports.records import Shape

PATH = "/api/letter_count"
CONNECTIONS = 16
BASE = "wrk"
"""What ratios are to, where it is installed."""
OPEN = "ours, open"
CLOSED = "ours, closed"


@dataclass
class Line:
    """One generator against one target: a reading a round."""

    target: str
    generator: str
    connections: int
    rates: list[float] = field(default_factory=list)
    cpus_us: list[float] = field(default_factory=list)
    p50s_us: list[float] = field(default_factory=list)
    lags_us: list[tuple[float, float]] = field(default_factory=list)

    def take(self, reading: rivals.Reading) -> None:
        """Add what one round gave."""
        self.rates.append(reading.requests_per_s)
        if reading.cpu_us_per_request is not None:
            self.cpus_us.append(reading.cpu_us_per_request)
        if reading.p50_us is not None:
            self.p50s_us.append(reading.p50_us)


def ratio(ours: list[float], theirs: list[float]) -> tuple[float, float, float]:
    """Geometric mean of the paired ratios, and its 95 % t interval."""
    logs = [math.log(one / other) for one, other in zip(ours, theirs, strict=True)]
    mean = statistics.fmean(logs)
    if len(logs) < 2:
        return math.exp(mean), 0.0, math.inf
    half = float(stats.t.ppf(0.975, len(logs) - 1)) * statistics.stdev(logs) / math.sqrt(len(logs))
    return math.exp(mean), math.exp(mean - half), math.exp(mean + half)


class Bench:
    """The generators, and what they did in each round."""

    def __init__(self, driver: EngineDriver, cores: Collection[int] | None, seconds: float) -> None:
        self.lines: dict[tuple[str, str, int], Line] = {}
        self._driver = driver
        self._cores = cores
        self._seconds = seconds
        self._rivals = rivals.available()
        self._open_rate: dict[str, float] = {}

    def round(self, targets: Mapping[str, str], seed: int) -> None:
        """Each generator once against each target, at 16 connections and at one."""
        turns = [
            (target, generator, connections)
            for target in targets
            for generator in (*self._rivals, CLOSED, OPEN)
            for connections in (CONNECTIONS, 1)
            if connections == CONNECTIONS or generator in (BASE, CLOSED)
        ]
        random.Random(seed).shuffle(turns)
        # The open loop's rate comes from the first closed loop.
        turns.sort(key=lambda turn: turn[1] == OPEN)
        for target, generator, connections in turns:
            self._turn(target, targets[target], generator, connections, seed)

    def _turn(self, target: str, url: str, generator: str, connections: int, seed: int) -> None:
        key = (target, generator, connections)
        line = self.lines.setdefault(key, Line(*key))
        if generator in self._rivals:
            request = rivals.Request(url + PATH, bench_targets.CONTENT.encode())
            line.take(self._rivals[generator](request, connections, self._seconds, self._cores))
            return
        rate = None
        if generator == OPEN:
            closed = self.lines[target, CLOSED, CONNECTIONS].rates
            rate = self._open_rate.setdefault(target, round(closed[0] / 2))
        order = SliceOrder(target, "letter_count", Shape(connections, rate), self._seconds, 1, seed)
        outcome = self._driver.run(order)
        if outcome.failures:
            raise SystemExit(f"{target}: {dict(outcome.failures)} {dict(outcome.examples)}")
        service = Histogram.decode(outcome.service_histogram or outcome.histogram)
        cpu_s = outcome.generator_cpu_s or 0.0
        line.take(
            rivals.Reading(
                outcome.answered / outcome.duration_s,
                cpu_s / outcome.sent * 1e6,
                service.percentile_us(50),
            )
        )
        if outcome.lag_histogram:
            lag = Histogram.decode(outcome.lag_histogram)
            line.lags_us.append((lag.percentile_us(50) or 0, lag.percentile_us(99) or 0))

    def report(self) -> list[str]:
        """The table, a target at a time."""
        text = []
        for target in dict.fromkeys(line.target for line in self.lines.values()):
            text += ["", f"{target}", HEADER]
            text += [self._row(line) for line in self.lines.values() if line.target == target]
        return text

    def _row(self, line: Line) -> str:
        nothing = Line(line.target, "", line.connections)
        base = self.lines.get((line.target, BASE, line.connections), nothing)
        fast = self.lines.get((line.target, "FastHttpUser", line.connections), nothing)
        cells = [
            f"{line.generator:<14}",
            f"{line.connections:>4}",
            f"{statistics.median(line.rates):>11,.0f}",
            f"{_shown_ratio(line.rates, base.rates):>22}",
            f"{_shown_ratio(line.rates, fast.rates):>22}",
            f"{_shown(line.cpus_us):>9}",
            f"{_shown(line.p50s_us):>9}",
            f"{_shown_ratio(line.p50s_us, base.p50s_us):>22}",
            f"{_shown([p50 for p50, _ in line.lags_us]):>8}",
            f"{_shown([p99 for _, p99 in line.lags_us]):>8}",
        ]
        return " ".join(cells)


HEADER = (
    f"{'generator':<14} {'conn':>4} {'requests/s':>11} {'to wrk':>22} {'to FastHttpUser':>22} "
    f"{'CPU us':>9} {'p50 us':>9} {'p50 to wrk':>22} {'lag p50':>8} {'lag p99':>8}"
)


def _shown(values: list[float]) -> str:
    return f"{statistics.median(values):.1f}" if values else "-"


def _shown_ratio(ours: list[float], theirs: list[float]) -> str:
    if not theirs or not ours or ours is theirs:
        return "-"
    mean, low, high = ratio(ours, theirs)
    return f"{mean:.3f} [{low:.3f}, {high:.3f}]"


def main() -> None:
    """Runs the rounds and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each generator's turn")
    parser.add_argument("--json", action="store_true", help="print each reading instead")
    chosen = parser.parse_args()
    cores = split_cores(1)
    answered = (Exchange(bench_targets.CONTENT, bench_targets.ANSWER),)
    workload = Workload("letter_count", 1, "POST", PATH, answered)
    opened = [bench_targets.null_server, bench_targets.granian]
    if bench_targets.nginx_is_installed():
        opened.insert(0, bench_targets.nginx)
    with ExitStack() as stack:
        targets = dict(stack.enter_context(target(cores.servers)) for target in opened)
        driver = stack.enter_context(EngineDriver([workload], cores.generator))
        driver.open([Target(name, url) for name, url in targets.items()])
        bench = Bench(driver, cores.generator, chosen.seconds)
        for number in range(chosen.rounds):
            print(f"round {number + 1} of {chosen.rounds}", file=sys.stderr)
            bench.round(targets, number)
    if chosen.json:
        print(json.dumps([asdict(line) for line in bench.lines.values()]))
        return
    if not cores.disjoint:
        print("Server and generator share a core here: the figures mean little.")
    print("\n".join(bench.report()))


if __name__ == "__main__":
    main()
