"""`make bench-conformity`: the speed of each stack as a ratio to a naive application's.

Stack and naive application are started together, and slices of the two take turns, so whatever
else the machine does happens to both. Progress goes to standard error; Ctrl-C ends the run and
prints the ladder of all complete blocks. Exit status: 0; 1 if a stack missed 0.85 of the naive
requests/s; 2 if it could not run; 130 after Ctrl-C.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict

from benchmarks.conformity.ladder import Rung, build_ladder, ladder_lines
from benchmarks.conformity.measuring import BlockReading, LadderPlan, measure_block
from benchmarks.conformity.pairs import Pair, find_pairs
from benchmarks.engine.driver import EngineDriver
from benchmarks.machine.cores import split_cores
from benchmarks.ranges import integer
from benchmarks.study.plan import DEFAULT_CONNECTIONS
from benchmarks.workload.workload import build_workload
from reports.study.records import Shape
from shared.contract import OPERATIONS
from shared.model.model import sample_of


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the ladder, and return the exit status."""
    chosen = _parse(arguments)
    plan = LadderPlan(
        operations=chosen.operations,
        blocks=chosen.blocks,
        rounds=chosen.rounds,
        shape=Shape(chosen.connections),
        seed=chosen.seed,
        cores=split_cores(1),
    )
    if not plan.cores.disjoint:
        print("Server and generator share a core here: the figures mean little.", file=sys.stderr)
    pairs, left_out = find_pairs(chosen.stacks)
    for reason in left_out:
        print(f"podium: {reason}", file=sys.stderr)
    if not pairs:
        return 2
    readings: list[BlockReading] = []
    try:
        _measure(pairs, plan, readings)
    except KeyboardInterrupt:
        _print_ladder(build_ladder(readings), as_json=chosen.json)
        raise
    rungs = build_ladder(readings)
    _print_ladder(rungs, as_json=chosen.json)
    return int(any(rung.verdict == "missed" for rung in rungs))


def _measure(pairs: Sequence[Pair], plan: LadderPlan, readings: list[BlockReading]) -> None:
    """Add each block to `readings` as soon as it is complete."""
    workloads = [
        build_workload(operation, seed=plan.seed, sample=sample_of(None))
        for operation in plan.operations
    ]
    with EngineDriver(workloads, plan.cores.generator) as driver:
        for number, pair in enumerate(pairs, 1):
            stack = pair.conforming.name
            for block in range(plan.blocks):
                print(
                    f"{stack} ({number} of {len(pairs)}), block {block + 1} of {plan.blocks}",
                    file=sys.stderr,
                )
                readings += measure_block(pair, block, plan, driver)
            for rung in build_ladder(reading for reading in readings if reading.stack == stack):
                print(f"  {rung.operation}: {rung.rate_ratio}", file=sys.stderr)


def _print_ladder(rungs: Sequence[Rung], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps([{**asdict(rung), "verdict": rung.verdict} for rung in rungs], indent=1))
    else:
        print("\n".join(ladder_lines(rungs)))


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.conformity",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog='example: make bench-conformity ARGS="flask:gunicorn --operations letter_count"',
    )
    parser.add_argument("stacks", nargs="*", metavar="STACK", help="such as flask:granian")
    parser.add_argument(
        "--operations",
        nargs="+",
        choices=OPERATIONS,
        default=list(OPERATIONS),
        metavar="O",
        help=f"some of: {', '.join(OPERATIONS)} (default: all)",
    )
    parser.add_argument(
        "--blocks",
        type=integer(2, 1000),
        default=4,
        help="fresh starts of each (default: %(default)s)",
    )
    parser.add_argument(
        "--rounds",
        type=integer(1, 1000),
        default=5,
        help="slices of each in a block (default: %(default)s)",
    )
    parser.add_argument(
        "--connections",
        type=integer(1, 10_000),
        default=DEFAULT_CONNECTIONS,
        help="in a closed loop (default: %(default)s)",
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="seed of the requests and of their order"
    )
    parser.add_argument("--json", action="store_true", help="print the ladder as JSON")
    return parser.parse_args(arguments)
