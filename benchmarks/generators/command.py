"""`make bench-engine`: compare the engine with other load generators, in one run.

Targets are servers that do next to nothing (nginx if installed, and our null server) and
`wsgi:granian`. The generators take turns in rounds, in a random order, so that whatever else the
machine does happens to all of them. Ratios are geometric means over the rounds, with t intervals
of 95 %; absolute rates are medians and differ between machines by several times.

With `--stacks` (names, or `all`): whether the engine's requests/s agree with those of wrk and
h2load on each of these stacks.
"""

import argparse
import json
import random
import sys
from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict

from benchmarks.driver import SliceOrder, Target
from benchmarks.engine.driver import EngineDriver
from benchmarks.errors import WrongAnswers
from benchmarks.generators import rivals
from benchmarks.generators import targets as bench_targets
from benchmarks.generators.lines import BASE, Line, Lines, agreement
from benchmarks.machine.cores import CoreSplit, split_cores
from benchmarks.ranges import finite, integer
from benchmarks.workload.workload import ExpectedExchange, Workload
from reports.analysis.generator_limit import MOST_CPU_RATIO
from reports.study.histogram import Histogram
from reports.study.records import Shape, SliceOutcome

PATH = "/api/letter_count"
CONNECTIONS = 16
ROUNDS = 12
TURN_S = 0.5
OPEN = "ours, open"
CLOSED = "ours, closed"
# The open loop shows the start lag, so its rate must be below the generator's own limit: half of
# the capacity if the server is the limit, less if it is not.
OPEN_SHARE = 0.5
MOST_OPEN_PER_S = 30_000
AGREEING = ("wrk", "h2load")
"""Generators that the engine should agree with on a stack."""

Turn = tuple[str, str, int]
"""(target, generator, connections)"""


class Bench:
    """The generators, and their readings in each round."""

    def __init__(self, driver: EngineDriver, cores: Collection[int] | None, seconds: float) -> None:
        self.lines = Lines()
        self._driver = driver
        self._cores = cores
        self._seconds = seconds
        self._rivals = rivals.available()

    def turns(self, targets: Collection[str]) -> list[Turn]:
        """Return each generator against each target, at 16 connections and, for some, at one."""
        return [
            (target, generator, connections)
            for target in targets
            for generator in (*self._rivals, CLOSED, OPEN)
            for connections in (CONNECTIONS, 1)
            if connections == CONNECTIONS or generator in (BASE, CLOSED)
        ]

    def agreement_turns(self, target: str) -> list[Turn]:
        """Return the turns that should agree on a stack: a closed loop by each generator."""
        generators = [name for name in AGREEING if name in self._rivals]
        return [(target, generator, CONNECTIONS) for generator in (*generators, CLOSED)]

    def run(
        self, turns: Sequence[Turn], targets: Mapping[str, str], rounds: int, where: str = ""
    ) -> None:
        """Run all turns `rounds` times; `targets` are URLs by name."""
        self._driver.open([Target(name, url) for name, url in targets.items()])
        for number in range(rounds):
            print(f"{where}round {number + 1} of {rounds}", file=sys.stderr)
            self._round(turns, targets, number)

    def _round(self, turns: Sequence[Turn], targets: Mapping[str, str], seed: int) -> None:
        """Run all turns once, in a random order."""
        order = list(turns)
        random.Random(seed).shuffle(order)
        # The open loop's rate comes from the first closed loop.
        order.sort(key=lambda turn: turn[1] == OPEN)
        for target, generator, connections in order:
            line = self.lines.line(target, generator, connections)
            if generator in self._rivals:
                request = rivals.Request(targets[target] + PATH, bench_targets.CONTENT.encode())
                line.take(self._rivals[generator](request, connections, self._seconds, self._cores))
            else:
                self._engine_turn(line, seed)

    def _engine_turn(self, line: Line, seed: int) -> None:
        target, rate = line.target, None
        if line.generator == OPEN:
            capacity = self.lines.line(target, CLOSED, CONNECTIONS).rates[0]
            rate = round(min(OPEN_SHARE * capacity, MOST_OPEN_PER_S))
        shape = Shape(line.connections, rate)
        outcome = self._driver.run(
            SliceOrder(target, "letter_count", shape, self._seconds, 1, seed)
        )
        if outcome.failures:
            raise WrongAnswers(target, "letter_count", outcome.failures, outcome.examples)
        line.take(_reading(outcome))
        if (outcome.generator_cpu_s or 0.0) > MOST_CPU_RATIO * outcome.duration_s:
            line.marks.append(
                f"in a round or more the generator used over {MOST_CPU_RATIO:.0%} "
                f"of its core: its rate is a lower bound"
            )
        if outcome.lag_histogram:
            lag = Histogram.decode(outcome.lag_histogram)
            line.lags_us.append((lag.percentile_us(0.5) or 0, lag.percentile_us(0.99) or 0))


def _reading(outcome: SliceOutcome) -> rivals.Reading:
    service = Histogram.decode(outcome.service_histogram or outcome.histogram)
    return rivals.Reading(
        outcome.answered / outcome.duration_s,
        (outcome.generator_cpu_s or 0.0) / (outcome.sent or 1) * 1e6,
        service.percentile_us(0.5),
    )


def against_all(bench: Bench, cores: CoreSplit, rounds: int) -> None:
    """Run all generators against the null servers and `wsgi:granian`, in rounds."""
    opened = [bench_targets.null_server, bench_targets.granian]
    if bench_targets.nginx_is_installed():
        opened.insert(0, bench_targets.nginx)
    with ExitStack() as stack:
        targets = dict(stack.enter_context(target(cores.servers)) for target in opened)
        bench.run(bench.turns(targets), targets, rounds)


def on_stacks(bench: Bench, cores: CoreSplit, rounds: int, stacks: Sequence[str]) -> None:
    """Run the engine, wrk and h2load against one stack after the other."""
    for name in bench_targets.stack_names(stacks):
        with bench_targets.served(name, cores.servers) as (target, url):
            turns = bench.agreement_turns(target)
            bench.run(turns, {target: url}, rounds, f"{name}, ")
            ours = bench.lines.line(target, CLOSED, CONNECTIONS)
            for _, other, _ in turns[:-1]:
                theirs = bench.lines.line(target, other, CONNECTIONS)
                ours.marks.append(agreement(ours.rates, theirs.rates, other))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the rounds and print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.generators.bench",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog='example: make bench-engine ARGS="--stacks falcon-asgi:uvicorn --rounds 6"',
    )
    parser.add_argument(
        "--rounds", type=integer(1, 1000), default=ROUNDS, help="default: %(default)s"
    )
    parser.add_argument(
        "--seconds",
        type=finite(0, 3600),
        default=TURN_S,
        help="of each generator's turn (default: %(default)s)",
    )
    parser.add_argument(
        "--stacks", nargs="+", metavar="STACK", help="test agreement on these stacks instead"
    )
    parser.add_argument("--json", action="store_true", help="print all readings as JSON")
    chosen = parser.parse_args(arguments)
    cores = split_cores(1)
    answered = (ExpectedExchange(bench_targets.CONTENT, bench_targets.ANSWER),)
    workload = Workload("letter_count", 1, "POST", PATH, answered)
    with EngineDriver([workload], cores.generator) as driver:
        bench = Bench(driver, cores.generator, chosen.seconds)
        if chosen.stacks:
            on_stacks(bench, cores, chosen.rounds, chosen.stacks)
        else:
            against_all(bench, cores, chosen.rounds)
    if chosen.json:
        print(json.dumps([asdict(line) for line in bench.lines.all()]))
        return 0
    if not cores.disjoint:
        print("Server and generator share a core here: the figures mean little.")
    print("\n".join(bench.lines.report()))
    return 0
