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
from benchmarks.machine.earlier_twins import earlier_twins
from benchmarks.machine.environment import read_environment
from benchmarks.study.looks import LOOKS, with_looks
from benchmarks.study.plan import Mode, StudyOptions, known_operations, make_plan
from implementations.catalogue import find_stack
from implementations.errors import NoStudies
from implementations.places import STUDIES
from podium.commands.options import (
    Duration,
    FiniteRange,
    IntegerRange,
    closing,
    connections_option,
    engine_option,
    entries_option,
    given,
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
from podium.margin import refuse_unreachable, warn_of_few_blocks
from podium.study_run import run_and_report
from reports.study.file import StudyFile
from reports.study.records import PlanOptions
from shared.contract import OPERATIONS
from shared.model.model import pinned
from shared.model.version import EngineChoice

_NUMBERS = f"{', '.join(map(str, LOOKS[:-1]))} and {LOOKS[-1]}"
DEFAULT_STACKS = ("flask:gunicorn", "fastapi:uvicorn", "falcon:gunicorn", "falcon-asgi:uvicorn")


@click.command(
    "compare",
    epilog=closing(
        "podium compare --quick",
        "podium compare flask:gunicorn flask:granian --operations predict --rows 32",
        "podium compare --quick --model digits --engine sklearn",
        "podium compare --until-decided --margin 2 --at-most 30m",
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
    "--until-decided",
    is_flag=True,
    help=f"Go on until all pairs are decided, judged after {_NUMBERS} blocks.",
)
@click.option(
    "--margin",
    "margin_percent",
    metavar="PERCENT",
    type=FiniteRange(0.1, 50),
    default=100 * PlanOptions.margin_ratio,
    show_default=True,
    help="Call stacks equal that differ by less than this.",
)
@click.option(
    "--at-most",
    "at_most_s",
    type=Duration({"m": 60.0, "h": 3600.0}, 7 * 86400.0, "in minutes or hours, such as 30m or 2h"),
    help="With --until-decided, end after this time, such as 30m, with the last judgement reached.",
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
    until_decided: bool,
    margin_percent: float,
    at_most_s: float | None,
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
    6 minutes, with --until-decided 48; the first line says how long yours take at most. Ctrl-C
    keeps what is finished, and `podium resume` goes on with it.
    """
    if quick:
        refuse_given("and --quick contradict each other: give one of the two.", "thorough")
        refuse_given("is for open loops, which --quick leaves out.", "late_after_s")
    if until_decided:
        refuse_given("and --until-decided contradict each other: give one of the two.", "blocks")
    else:
        refuse_given("is for --until-decided.", "at_most_s")
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
    further = replace(
        plan.options,
        entries=folders,
        late_after_s=late_after_s,
        margin_ratio=margin_percent / 100,
    )
    plan = replace(plan, options=further)
    if until_decided:
        plan = with_looks(plan, at_most_s)
        refuse_unreachable(plan)
    elif given("margin_percent", "blocks"):
        warn_of_few_blocks(plan)
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
    twins = earlier_twins(environment.machine)
    plan = replace(plan, options=replace(plan.options, earlier_twins=twins))
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
