"""The time of a call of each of podium's models, by engine and number of rows, interleaved.

In each round every engine has a turn of several calls, each of other rows, as a server under load
has; a figure is the median over all calls. What disturbs the machine disturbs all engines alike.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from statistics import median

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from shared.model.built_in import BUILT_IN_NAMES, BuiltInName, built_in_version
from shared.model.engine import Engine, Rows
from shared.model.manifest import EngineName
from shared.model.model import open_model

ROW_COUNTS = (1, 8, 64, 1024)
ENGINES: tuple[EngineName, ...] = ("sklearn", "compiled")
ROUNDS = 30
# Calls of many rows take a hundred times as long as those of a single row.
CALLS_A_TURN = {1: 40, 8: 20, 64: 6, 1024: 2}
MOST_ROWS = max(ROW_COUNTS)


@dataclass(frozen=True)
class Reading:
    """The time of a call: `us` microseconds, and its ratio to scikit-learn's in the same rounds."""

    model: str
    engine: str
    rows: int
    us: float
    ratio: float


def main() -> int:
    """Measure and print; return the exit code."""
    parser = argparse.ArgumentParser(prog="make bench-model", description=__doc__)
    parser.add_argument("models", nargs="*", metavar="MODEL", help="of podium's own; default: all")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    chosen = parser.parse_args()
    unknown = sorted(set(chosen.models) - set(BUILT_IN_NAMES))
    if unknown:
        parser.error(f"{unknown[0]} is none of {', '.join(BUILT_IN_NAMES)}")
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    readings: list[Reading] = []
    with threadpool_limits(1):
        for name in BUILT_IN_NAMES:
            if not chosen.models or name in chosen.models:
                print(f"podium: measuring {name}", file=sys.stderr)
                readings += _measure(name)
    print(json.dumps([asdict(one) for one in readings]) if chosen.json else _table(readings))
    return 0


def _measure(name: BuiltInName) -> list[Reading]:
    directory = built_in_version(name)
    models = {str(engine): open_model(directory, engine) for engine in ENGINES}
    sample = models["sklearn"].sample.rows
    engines = {engine: model.engine for engine, model in models.items()}
    readings = []
    for count in ROW_COUNTS:
        times = _rounds(engines, list(islice(cycle(sample), MOST_ROWS + count)), count)
        reference = median(times["sklearn"])
        readings += [
            Reading(name, engine, count, median(taken) / 1e3, median(taken) / reference)
            for engine, taken in times.items()
        ]
    return readings


def _rounds(engines: dict[str, Engine], rows: Rows, count: int) -> dict[str, list[int]]:
    times: dict[str, list[int]] = {engine: [] for engine in engines}
    calls = CALLS_A_TURN[count]
    for number in range(ROUNDS):
        for engine, answer in engines.items():
            for call in range(calls):
                start = (number * calls + call) * count % MOST_ROWS
                times[engine].append(_time_ns(answer, rows[start : start + count]))
    return times


def _time_ns(answer: Callable[[Rows], object], rows: Rows) -> int:
    begun = time.perf_counter_ns()
    answer(rows)
    return time.perf_counter_ns() - begun


def _table(readings: Sequence[Reading]) -> str:
    lines = [f"{'model':<14} {'rows':>5} {'scikit-learn':>14} {'compiled':>12} {'ratio':>8}"]
    pairs = zip(readings[::2], readings[1::2], strict=True)
    lines += [
        f"{one.model:<14} {one.rows:>5} {one.us:>11,.0f} µs {two.us:>9,.1f} µs "
        f"{'1/' + format(1 / two.ratio, '.0f') if two.ratio < 0.5 else format(two.ratio, '.2f'):>8}"
        for one, two in pairs
    ]
    return "\n".join(lines)
