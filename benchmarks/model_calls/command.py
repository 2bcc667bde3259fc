"""`make bench-model-calls`: how long health takes while predict is saturated with a slow model.

All stacks are started at once, on one core, and slices of them take turns; the generator has
another core. In each slice health is asked at a low fixed rate and timed from when it was due,
first with nothing else to do, then while some connections ask for predictions one after the other.
Progress goes to standard error. Exit status: 0; 2 if it could not run; 130 after Ctrl-C.
"""

import argparse
import asyncio
import json
import os
import sys
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, get_args

from benchmarks.machine.cores import pin, split_cores
from benchmarks.model_calls.probing import Probed, probe
from benchmarks.ranges import finite, integer
from benchmarks.study.order import round_order
from implementations.catalogue import find_stack
from implementations.launching.launcher import LaunchOptions, RunningStack, launch
from shared.model.model import sample_of
from shared.model.version import EngineChoice
from shared.sample import Sample
from shared.settings import Settings

STACKS = (
    *("fastapi:uvicorn", "falcon-asgi:uvicorn", "asgi:uvicorn", "fastapi-threads:uvicorn"),
    *("flask:gunicorn", "falcon:gunicorn", "wsgi:gunicorn", "wsgi:granian"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table, and return the exit status."""
    chosen = _parse(arguments)
    cores = split_cores(1)
    if not cores.disjoint:
        print("Server and generator share a core here: the figures mean little.", file=sys.stderr)
    sample = sample_of(chosen.model)
    settings = Settings(model=chosen.model, engine=chosen.engine)
    idle: defaultdict[str, Probed] = defaultdict(Probed)
    busy: defaultdict[str, Probed] = defaultdict(Probed)
    with ExitStack() as opened:
        options = LaunchOptions(cores=cores.servers, settings=settings)
        running = {
            name: opened.enter_context(launch(find_stack(name), options)) for name in chosen.stacks
        }
        if cores.generator is not None:
            pin([os.getpid()], cores.generator)
        for number in range(chosen.rounds):
            print(f"round {number + 1} of {chosen.rounds}", file=sys.stderr)
            for name in round_order(list(running), number, str(chosen.seed)):
                _add(idle[name], _slice(running[name], sample, chosen, connections=0))
                _add(busy[name], _slice(running[name], sample, chosen, chosen.connections))
        calls = {name: stack.stack.entry.model_call for name, stack in running.items()}
    rows = [
        {
            "stack": name,
            "model_call": calls[name],
            "predictions_per_s": busy[name].predictions_per_s,
            "health_idle_p99_ms": idle[name].health_ms(0.99),
            "health_p50_ms": busy[name].health_ms(0.5),
            "health_p99_ms": busy[name].health_ms(0.99),
        }
        for name in running
    ]
    print(json.dumps(rows, indent=1) if chosen.json else "\n".join(_table(rows)))
    return 0


def _slice(
    running: RunningStack, sample: Sample, chosen: argparse.Namespace, connections: int
) -> Probed:
    return asyncio.run(
        probe(
            running.stack.name,
            ("127.0.0.1", running.port),
            sample,
            connections=connections,
            rate_per_s=chosen.rate,
            duration_s=chosen.duration,
        )
    )


def _add(total: Probed, one: Probed) -> None:
    total.health_s += one.health_s
    total.predicted += one.predicted
    total.duration_s += one.duration_s


def _table(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return the lines of a table in Markdown."""
    lines = [
        "| stack | model call | predictions/s | health p99 idle | health p50 | health p99 |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        times = (row["health_idle_p99_ms"], row["health_p50_ms"], row["health_p99_ms"])
        cells = (row["stack"], row["model_call"], f"{row['predictions_per_s']:.0f}")
        lines.append(f"| {' | '.join([*cells, *(f'{time:.1f} ms' for time in times)])} |")
    return lines


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.model_calls",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog='example: make bench-model-calls ARGS="fastapi fastapi-threads --rounds 2"',
    )
    parser.add_argument(
        "stacks", nargs="*", default=STACKS, metavar="STACK", help="such as flask:granian"
    )
    parser.add_argument("--model", default="digits", help="to be asked (default: %(default)s)")
    parser.add_argument(
        "--engine",
        choices=get_args(EngineChoice),
        default="sklearn",
        help="that answers (default: %(default)s)",
    )
    parser.add_argument(
        "--connections",
        type=integer(1, 1000),
        default=8,
        help="that ask predict in a closed loop (default: %(default)s)",
    )
    parser.add_argument(
        "--rate",
        type=finite(0, 1000),
        default=50,
        help="of health, in 1/s (default: %(default)s)",
    )
    parser.add_argument(
        "--duration", type=finite(0, 600), default=3, help="of a slice, in s (default: %(default)s)"
    )
    parser.add_argument(
        "--rounds", type=integer(1, 1000), default=5, help="slices of each (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of the order of stacks")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    return parser.parse_args(arguments)
