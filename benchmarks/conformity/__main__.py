"""`make bench-conformity`: what each stack reaches of a naive application's speed, as a ladder.

Stack and naive application are started together, and slices of the two take turns, so whatever
else the machine does happens to both. Progress goes to standard error; Ctrl-C ends the run and
prints the ladder of the blocks that are whole. Exit status: 0, or 1 where a stack missed 0.85 of
the naive requests/s, or 2 where it could not run, or 130 after Ctrl-C.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict

from benchmarks.conformity.ladder import Rung, build_ladder, ladder_lines
from benchmarks.conformity.measuring import BlockReading, Course, measure_block
from benchmarks.conformity.pairs import Pair, find_pairs
from benchmarks.engine.driver import EngineDriver
from benchmarks.errors import BenchmarksError
from benchmarks.machine.cores import split_cores
from benchmarks.study.plan import DEFAULT_CONNECTIONS
from benchmarks.workload.workload import build_workload
from implementations.errors import ImplementationsError
from reports.study.records import Shape
from shared.contract import OPERATIONS
from shared.service import reference_answers

# What shells give for a process that SIGINT ended.
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures, prints the ladder, and returns the exit status."""
    chosen = _parse(arguments)
    course = Course(
        operations=chosen.operations,
        blocks=chosen.blocks,
        rounds=chosen.rounds,
        shape=Shape(chosen.connections),
        seed=chosen.seed,
        cores=split_cores(1),
    )
    if not course.cores.disjoint:
        print("Server and generator share a core here: the figures mean little.", file=sys.stderr)
    readings: list[BlockReading] = []
    interrupted = False
    try:
        pairs, left_out = find_pairs(chosen.stacks)
        for reason in left_out:
            print(f"conformity: {reason}", file=sys.stderr)
        if not pairs:
            return 2
        _measure(pairs, course, readings)
    except KeyboardInterrupt:
        interrupted = True
    except (BenchmarksError, ImplementationsError) as exc:
        print(f"conformity: {exc}", file=sys.stderr)
        return 2
    rungs = build_ladder(readings)
    if chosen.json:
        print(json.dumps([{**asdict(rung), "verdict": rung.verdict} for rung in rungs], indent=1))
    else:
        print("\n".join(ladder_lines(rungs)))
    if interrupted:
        return INTERRUPTED
    return int(any(rung.verdict == "missed" for rung in rungs))


def _measure(pairs: Sequence[Pair], course: Course, readings: list[BlockReading]) -> None:
    """Adds each block to `readings` as soon as it is whole."""
    workloads = [
        build_workload(operation, seed=course.seed, reference=reference_answers())
        for operation in course.operations
    ]
    with EngineDriver(workloads, course.cores.generator) as driver:
        for place, pair in enumerate(pairs, 1):
            for block in range(course.blocks):
                told = f"{pair.conforming.name} ({place} of {len(pairs)})"
                print(f"{told}, block {block + 1} of {course.blocks}", file=sys.stderr)
                readings += measure_block(pair, block, course, driver)
            _tell(build_ladder(one for one in readings if one.stack == pair.conforming.name))


def _tell(rungs: Sequence[Rung]) -> None:
    for rung in rungs:
        print(f"  {rung.operation}: {rung.rate_ratio}", file=sys.stderr)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="benchmarks.conformity",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="example: python -m benchmarks.conformity flask:gunicorn --operations letter_count",
    )
    parser.add_argument("stacks", nargs="*", metavar="STACK", help="such as flask:granian")
    parser.add_argument(
        "--operations", nargs="+", choices=OPERATIONS, default=list(OPERATIONS), metavar="O"
    )
    parser.add_argument("--blocks", type=_at_least(2), default=4, help="fresh starts of each")
    parser.add_argument("--rounds", type=_at_least(1), default=5, help="slices of each in a block")
    parser.add_argument("--connections", type=_at_least(1), default=DEFAULT_CONNECTIONS)
    parser.add_argument("--seed", type=int, default=0, help="of what is asked and in which order")
    parser.add_argument("--json", action="store_true", help="print the ladder for machines")
    return parser.parse_args(arguments)


def _at_least(least: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        value = int(text)
        if value < least:
            raise argparse.ArgumentTypeError(f"must be {least} or more, got {value}")
        return value

    return number


if __name__ == "__main__":
    sys.exit(main())
