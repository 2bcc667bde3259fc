"""Options that several commands take, and the end of every command's help."""

import math
import os
import re
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import click
from click.core import ParameterSource

from benchmarks.machine.cores import CoreSplit
from benchmarks.machine.neighbours import other_measurements
from benchmarks.machine.obstacles import Obstacle, ObstacleKind, find_obstacles
from benchmarks.study.plan import DEFAULT_CONNECTIONS
from implementations.catalogue import MOST_WORKERS, Stack
from podium import streams
from shared.contract import MAX_ROWS
from shared.model.version import EngineChoice

# Loopback has some 28,000 ports for them.
MOST_CONNECTIONS = 10_000
# No answer is waited for longer.
LONGEST_LATE_S = 60.0
SLOW_S = 2.0


class IntegerRange(click.IntRange):
    """A range of integers, called so where something else is given."""

    name = "integer"


entries_option = click.option(
    "--entry",
    "entries",
    metavar="DIR[@REV]",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Add an implementation of your own: a folder with app.py and entry.toml, or that folder "
    "as a git revision has it. May be repeated.",
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
details_option = click.option(
    "--details",
    is_flag=True,
    help="Print verdicts, caveats and all numbers below the overview.",
)
report_directory_option = click.option(
    "--report",
    "directory",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Directory of the report.  [default: beside the study]",
)
seed_option = click.option(
    "--seed",
    type=IntegerRange(0),
    help="Repeat the random choices of an earlier run.  [default: drawn]",
)
rows_option = click.option(
    "--rows",
    default=1,
    show_default=True,
    type=IntegerRange(1, MAX_ROWS),
    help="Rows in each request of predict.",
)
workers_option = click.option(
    "--workers",
    type=IntegerRange(1, MOST_WORKERS),
    metavar="N",
    help="Run each stack with this many worker processes.  [default: those in STACK, or 1]",
)
model_option = click.option(
    "--model",
    metavar="NAME[@VERSION]",
    help="Serve this model of the registry, or of podium's own.  [default: iris]",
)
engine_option = click.option(
    "--engine",
    type=click.Choice(get_args(EngineChoice)),
    default="auto",
    show_default=True,
    help="Answer predict with scikit-learn, with the compiled model, or with the faster one that "
    "was proved to answer alike; batched asks scikit-learn for several requests at once.",
)
headers_option = click.option(
    "--header",
    "headers",
    multiple=True,
    metavar="'NAME: VALUE'",
    help="Send this header field with every request to each --url, and never write its value down. "
    "Give @FILE for a file of such lines, @- for standard input. May be repeated.",
)
sample_option = click.option(
    "--sample",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="FILE",
    help="Ask each --url for predictions of these rows, as JSON: "
    '{"rows":[[…],…],"predictions":[…]}, the latter if known.',
)
connections_option = click.option(
    "--connections",
    default=DEFAULT_CONNECTIONS,
    show_default=True,
    type=IntegerRange(1, MOST_CONNECTIONS),
    help="Connections to each stack.",
)


class FiniteRange(click.FloatRange):
    """A range of numbers that refuses what is no number, or infinite."""

    name = "number"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the number; raises `click.BadParameter`."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number


class Percent(FiniteRange):
    """A range of per cents, with or without the sign."""

    name = "percent"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the number; raises `click.BadParameter`."""
        return super().convert(str(value).removesuffix("%").rstrip(), param, ctx)


class Duration(click.ParamType[float]):
    """A time with its unit, such as 10ms, in seconds.

    `units` : their seconds, by name; `allowed` : the range in words, whose upper end is `below_s`.
    """

    name = "time"

    def __init__(self, units: Mapping[str, float], below_s: float, allowed: str) -> None:
        self.units, self.below_s, self.allowed = units, below_s, allowed

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the seconds; raises `click.BadParameter`."""
        found = re.fullmatch(rf"(\d+(?:\.\d+)?) ?({'|'.join(self.units)})", str(value))
        seconds = float(found[1]) * self.units[found[2]] if found else 0.0
        if not 0 < seconds < self.below_s:
            self.fail(f"{value} is no time {self.allowed}.", param, ctx)
        return seconds


late_after_option = click.option(
    "--late-after",
    "late_after_s",
    type=Duration(
        {"us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0},
        LONGEST_LATE_S,
        "from 1us to below 60s, such as 10ms",
    ),
    help="In open loops, judge the share of answers that come later than this, such as 10ms.  "
    "[default: ten times the best stack's median]",
)


def say(text: str) -> None:
    """Print what is being done, or waited for, to standard error."""
    print(f"podium: {text}", file=sys.stderr, flush=True)


@contextmanager
def said_if_slow(text: str) -> Iterator[None]:
    """Print what is being done to standard error, once that has taken longer than 2 s."""
    timer = threading.Timer(SLOW_S, say, [text])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def say_who_else_measures() -> None:
    """Print a warning where another measurement of podium's runs on this machine."""
    if others := other_measurements():
        pids = ", ".join(map(str, others))
        say(f"another podium measures on this machine (process {pids}): both disturb each other")


OBSTACLES: Mapping[ObstacleKind, Callable[[Obstacle], str]] = {
    "busy": lambda one: (
        f"other programs use {one.measured:.0%} of the measured cores' time: end them, or only "
        "large differences will show"
    ),
    "shared_core": lambda _: (
        "servers and load generator share one core, so rates are lower bounds: use a machine with "
        "two"
    ),
    "quota": lambda one: (
        f"a CPU quota allows {one.measured:g} cores, and will stop servers and generator in "
        "between: lift it (cpu.max), or measure outside the container"
    ),
    "frequency": lambda one: (
        f"the cores' frequency follows their load (governor {one.name}), so a stack may be slower "
        "only because it was idle before: set the governor to performance"
    ),
}


def say_what_is_in_the_way(cores: CoreSplit) -> None:
    """Print what keeps this machine from measuring well, with what to do; takes half a second."""
    for obstacle in find_obstacles(cores):
        say(OBSTACLES[obstacle.kind](obstacle))


def require_writable(path: Path) -> None:
    """Raise the OSError, before a run, for which a file could not be written after it."""
    new = not path.exists()
    # A named pipe that nobody reads is an error, too, instead of a wait without end.
    os.close(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK, 0o666))
    if new:  # two commands at once may try one place
        path.unlink(missing_ok=True)


def with_workers(stack: Stack, workers: int | None) -> Stack:
    """Return the stack with `workers` worker processes, or with those that its name says."""
    if workers is None:
        return stack
    if stack.workers not in (1, workers):
        raise click.UsageError(f"{stack.name} and --workers {workers} differ; give one of the two.")
    return replace(stack, workers=workers)


def refuse_given(why: str, *names: str) -> None:
    """Raise `click.UsageError` for a parameter of the running command that was given in vain.

    `names` : of the parameters that would have no effect; `why` goes after the one that was given.
    """
    context = click.get_current_context()
    for parameter in context.command.params:
        if parameter.name in names and given(parameter.name):
            shown = "STACK" if isinstance(parameter, click.Argument) else parameter.opts[0]
            raise click.UsageError(f"{shown} {why}", context)


def refuse_details(*, as_json: bool) -> None:
    """Raise `click.UsageError` for --details beside --json."""
    if as_json:
        refuse_given("has no effect on --json, which has them all.", "details")


def given(*names: str) -> bool:
    """Return whether one of these parameters of the running command is on the command line."""
    context = click.get_current_context()
    return any(context.get_parameter_source(name) is ParameterSource.COMMANDLINE for name in names)


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
