"""`podium compare`: the main job, from the contract gate to the report."""

import random
import sys
import time
from dataclasses import replace
from pathlib import Path

import click

from benchmarks.engine.driver import EngineDriver
from benchmarks.study.plan import DEFAULT_CONNECTIONS, Mode, StudyOptions, make_plan
from implementations.catalogue import find_stack
from podium.commands.options import entries_option
from podium.study_run import environment_of, run_and_report
from reports.study.file import StudyFile
from shared.contract import MAX_ROWS, OPERATIONS

DEFAULT_STACKS = ("flask:gunicorn", "fastapi:uvicorn", "falcon:gunicorn", "falcon-asgi:uvicorn")
STUDIES = Path("studies")


@click.command("compare")
@click.argument("stacks", nargs=-1, metavar="[STACK]...")
@click.option("--quick", "mode", flag_value="quick", help="90 s: finds differences of about 7 %")
@click.option("--thorough", "mode", flag_value="thorough", help="hours: finds 1 to 2 %")
@click.option("--blocks", type=click.IntRange(2), help="how often all stacks are started afresh")
@click.option("--operations", default=",".join(OPERATIONS), show_default=True, metavar="O,O")
@click.option(
    "--connections", default=DEFAULT_CONNECTIONS, show_default=True, type=click.IntRange(1)
)
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1))
@click.option("--rows", default=1, show_default=True, type=click.IntRange(1, MAX_ROWS))
@click.option("--seed", type=click.IntRange(0), help="of orders and inputs; drawn if not given")
@entries_option
@click.option(
    "--study",
    "path",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="where the study goes; in studies/ if not given",
)
@click.option("--json", "as_json", is_flag=True, help="print the report as JSON")
def command(
    *,
    stacks: tuple[str, ...],
    mode: Mode | None,
    blocks: int | None,
    operations: str,
    connections: int,
    workers: int,
    rows: int,
    seed: int | None,
    entries: tuple[Path, ...],
    path: Path | None,
    as_json: bool,
) -> int:
    """Compare STACKs: check the contract, measure in turns, say which is faster and how sure.

    Without a STACK: flask, fastapi, falcon and falcon-asgi under their usual servers. Each is
    measured in a closed loop, and in all but quick studies also in an open loop, at half of what
    the slowest can serve, and alone on the machine. It takes at most 6 minutes. Ctrl-C keeps what
    is finished, and `podium resume` goes on with it.

    \b
    Example:
      podium compare --quick
      podium compare flask:gunicorn flask:granian --operations predict --rows 32
    """
    seed = random.SystemRandom().randrange(2**31) if seed is None else seed
    names = stacks or DEFAULT_STACKS
    found = (find_stack(name, entries) for name in names)
    chosen = tuple(replace(stack, workers=max(workers, stack.workers)) for stack in found)
    options = StudyOptions(
        stacks=chosen,
        mode=mode or "default",
        blocks=blocks,
        operations=tuple(operations.split(",")),
        connections=connections,
        rows=rows,
        workers=max(stack.workers for stack in chosen),
        seed=seed,
    )
    plan = make_plan(options, driver=EngineDriver.name, command=_repeating(seed))
    if entries:
        folders = tuple(str(folder.resolve()) for folder in entries)
        plan = replace(plan, options=replace(plan.options, entries=folders))
    if path is None:
        STUDIES.mkdir(exist_ok=True)
        path = STUDIES / f"{time.strftime('%Y-%m-%d-%H%M%S')}-{plan.mode}.study"
    return run_and_report(StudyFile.create(path, plan, environment_of(plan)), as_json=as_json)


def _repeating(seed: int) -> tuple[str, ...]:
    """The command that repeats this study: as it was given, with the seed that was drawn."""
    arguments = sys.argv[1:]
    given = any(word.split("=")[0] == "--seed" for word in arguments)
    return ("podium", *arguments, *(() if given else ("--seed", str(seed))))
