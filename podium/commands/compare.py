"""`podium compare`: the main job, from the contract gate to the report."""

import os
import random
import sys
import time
from dataclasses import replace
from pathlib import Path

import click

from benchmarks.engine.driver import EngineDriver
from benchmarks.machine.cores import split_cores
from benchmarks.machine.environment import read_environment
from benchmarks.study.plan import Mode, StudyOptions, known_operations, make_plan
from implementations.catalogue import find_stack
from implementations.errors import NoStudies
from implementations.places import STUDIES
from podium.commands.options import (
    IntegerRange,
    closing,
    connections_option,
    engine_option,
    entries_option,
    json_option,
    late_after_option,
    model_option,
    refuse_given,
    require_writable,
    rows_option,
    seed_option,
    with_workers,
    workers_option,
)
from podium.study_run import run_and_report
from reports.study.file import StudyFile
from shared.contract import OPERATIONS
from shared.model.model import pinned
from shared.model.version import EngineChoice

DEFAULT_STACKS = ("flask:gunicorn", "fastapi:uvicorn", "falcon:gunicorn", "falcon-asgi:uvicorn")


@click.command(
    "compare",
    epilog=closing(
        "podium compare --quick",
        "podium compare flask:gunicorn flask:granian --operations predict --rows 32",
        "podium compare --quick --model digits --engine sklearn",
        no="a stack broke the contract or answered wrongly under load",
    ),
)
@click.argument("stacks", nargs=-1, metavar="[STACK]...")
@click.option(
    "--quick", is_flag=True, help="Take 90 s for four stacks: finds differences of about 7 %."
)
@click.option("--thorough", is_flag=True, help="Take hours: finds differences of 1 to 2 %.")
@click.option(
    "--blocks",
    type=IntegerRange(2, 1000),
    help="Number of times that all stacks are started afresh; verdicts need 4.",
)
@click.option(
    "--operations",
    default=",".join(OPERATIONS),
    show_default=True,
    metavar="O,O",
    help="Operations to compare.",
)
@connections_option
@workers_option
@model_option
@engine_option
@rows_option
@late_after_option
@seed_option
@entries_option
@click.option(
    "--study",
    "path",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File of the study.  [default: a new one in studies/]",
)
@json_option
def command(
    *,
    stacks: tuple[str, ...],
    quick: bool,
    thorough: bool,
    blocks: int | None,
    operations: str,
    connections: int,
    workers: int | None,
    model: str | None,
    engine: EngineChoice,
    rows: int,
    late_after_s: float | None,
    seed: int | None,
    entries: tuple[Path, ...],
    path: Path | None,
    as_json: bool,
) -> int:
    """Compare STACKs: check the contract, measure, say which is faster and how sure that is.

    Without a STACK: flask, fastapi, falcon and falcon-asgi under their usual servers. Each is
    measured in a closed loop, and in all but quick studies also in an open loop, at about half of
    what the slowest can serve; in thorough ones also alone on the machine. Four stacks take at most
    6 minutes; the first line says how long yours take at most. Ctrl-C keeps what is finished, and
    `podium resume` goes on with it.
    """
    if quick:
        refuse_given("and --quick contradict each other: give one of the two.", "thorough")
        refuse_given("is for open loops, which --quick leaves out.", "late_after_s")
    mode: Mode = "quick" if quick else "thorough" if thorough else "default"
    wanted = known_operations([operation.strip() for operation in operations.split(",")])
    if "predict" not in wanted:
        refuse_given(
            "is for predict, which is not among the --operations.", "rows", "model", "engine"
        )
    seed = random.SystemRandom().randrange(2**31) if seed is None else seed
    names = stacks or DEFAULT_STACKS
    chosen = tuple(with_workers(find_stack(name, entries), workers) for name in names)
    options = StudyOptions(
        stacks=chosen,
        mode=mode,
        blocks=blocks,
        operations=wanted,
        connections=connections,
        rows=rows,
        workers=max(stack.workers for stack in chosen),
        seed=seed,
        model=pinned(model),
        engine=engine,
    )
    plan = make_plan(options, driver=EngineDriver.name, command=_repeating(seed))
    folders = tuple(str(folder.resolve()) for folder in entries)
    plan = replace(plan, options=replace(plan.options, entries=folders, late_after_s=late_after_s))
    if path is None:
        path = _new_study(plan.mode)
    elif not path.name:
        raise click.BadParameter(f"{str(path)!r} is no name of a file.", param_hint="--study")
    path.parent.mkdir(parents=True, exist_ok=True)
    from reports.write import default_directory  # noqa: PLC0415 (imports scipy)

    pages = default_directory(path)
    if pages.exists() and not pages.is_dir():
        raise click.UsageError(
            f"The report's pages would go into {pages}, which is a file: name another --study."
        )
    environment = read_environment(chosen, split_cores(plan.workers))
    return run_and_report(StudyFile.create(path, plan, environment), as_json=as_json)


def _new_study(mode: str) -> Path:
    """Return the file of a new study in the folder of studies, which is made if need be."""
    try:
        STUDIES.mkdir(exist_ok=True)
        require_writable(STUDIES / ".new")
    except OSError as exc:
        raise NoStudies(STUDIES.absolute(), exc.strerror or str(exc)) from exc
    # With the process, for two may begin in the same second.
    return STUDIES / f"{time.strftime('%Y-%m-%d-%H%M%S')}-{os.getpid()}-{mode}.study"


def _repeating(seed: int) -> tuple[str, ...]:
    """Return the command that repeats this study: as given, with the seed that was drawn."""
    arguments = sys.argv[1:]
    given = any(word.split("=")[0] == "--seed" for word in arguments)
    return ("podium", *arguments, *(() if given else ("--seed", str(seed))))
