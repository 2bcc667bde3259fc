"""Options that several commands take, and the end of every command's help."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from benchmarks.study.plan import DEFAULT_CONNECTIONS
from implementations.catalogue import Stack
from podium import streams
from shared.contract import MAX_ROWS

entries_option = click.option(
    "--entry",
    "entries",
    metavar="DIR",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Add an implementation of your own: a folder with app.py and entry.toml. May be repeated.",
)


def _for_programs(_: click.Context, __: click.Parameter, as_json: bool) -> bool:
    if as_json:
        streams.print_for_programs()
    return as_json


json_option = click.option(
    "--json",
    "as_json",
    is_flag=True,
    callback=_for_programs,
    help="Print JSON instead of text.",
)
seed_option = click.option(
    "--seed",
    type=click.IntRange(0),
    help="Repeat the random choices of an earlier run.  [default: drawn]",
)
rows_option = click.option(
    "--rows",
    default=1,
    show_default=True,
    type=click.IntRange(1, MAX_ROWS),
    help="Rows in each request of predict.",
)
workers_option = click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(1),
    help="Worker processes of each stack.",
)
connections_option = click.option(
    "--connections",
    default=DEFAULT_CONNECTIONS,
    show_default=True,
    type=click.IntRange(1),
    help="Connections to each stack.",
)


class FiniteRange(click.FloatRange):
    """A range of numbers that refuses what is no number, or infinite."""

    name = "number range"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the number; raises `click.BadParameter`."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number


def require_writable(path: Path) -> None:
    """Raise the OSError, before a run, for which a file could not be written after it."""
    new = not path.exists()
    path.open("ab").close()
    if new:
        path.unlink()


def with_workers(stack: Stack, workers: int) -> Stack:
    """Return the stack with at least `workers` worker processes."""
    return replace(stack, workers=max(workers, stack.workers))


COULD_NOT_RUN = "could not run; what to do is on standard error"
DEFECT = "a defect of podium; please report it"


def closing(*examples: str, ok: str = "as wanted", no: str | None = None) -> str:
    """Return the end of a command's help: examples, and what its exit codes mean.

    `no` : what the code 1 says; None for a command that never ends with it.
    """
    codes = {0: ok, 1: no, 2: COULD_NOT_RUN, 70: DEFECT, 130: "interrupted"}
    return "\n".join(
        [
            "\b",
            "Examples:",
            *(f"  {example}" for example in examples),
            "",
            "\b",
            "Exit codes:",
            *(f"  {code:<4} {meaning}" for code, meaning in codes.items() if meaning),
        ]
    )
