"""`podium compare`: the main job, from the contract gate to the report."""

import os
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from benchmarks.engine.driver import EngineDriver
from benchmarks.machine.cores import split_cores
from benchmarks.machine.earlier_twins import earlier_twins
from benchmarks.machine.environment import read_environment
from benchmarks.study.given_time import with_time
from benchmarks.study.looks import LOOKS, with_looks
from benchmarks.study.pilot import leave_out
from benchmarks.study.plan import Mode, StudyOptions, as_gate, known_operations, make_plan
from implementations.catalogue import equipped, find_stack
from implementations.errors import NoStudies
from implementations.places import STUDIES
from implementations.revisions import find_entry
from podium.commands.options import (
    Duration,
    FiniteRange,
    IntegerRange,
    Percent,
    closing,
    connections_option,
    details_option,
    engine_option,
    entries_option,
    given,
    json_option,
    late_after_option,
    model_option,
    refuse_details,
    refuse_given,
    require_writable,
    rows_option,
    say,
    seed_option,
    with_workers,
    workers_option,
)
from podium.margin import refuse_unreachable, warn_of_few_blocks
from podium.study_run import make_environments, run_and_report, settings_of
from reports.study.file import StudyFile
from reports.study.records import PlanOptions
from shared.contract import OPERATIONS
from shared.model.model import pinned
from shared.model.version import EngineChoice

_NUMBERS = f"{', '.join(map(str, LOOKS[:-1]))} and {LOOKS[-1]}"
# From the command to the report.
GATE_S = 240.0

DEFAULT_STACKS = ("flask:gunicorn", "fastapi:uvicorn", "falcon:gunicorn", "falcon-asgi:uvicorn")


@click.command(
    "compare",
    epilog=closing(
        "podium compare --quick",
        "podium compare flask:gunicorn flask:granian --operations predict --rows 32",
        "podium compare --quick --model digits --engine sklearn",
        "podium compare --until-decided --margin 2 --at-most 30m",
        "podium compare flask flask@3.0 flask@../checkout flask:granian@2.6",
        "podium compare --entry backend --entry backend@main --gate 5%",
        no="a stack broke the contract or answered wrongly under load; of a gate, it is red",
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
    "--time",
    "time_s",
    type=Duration(
        {"s": 1.0, "m": 60.0, "h": 3600.0}, 7 * 86400.0, "in seconds, minutes or hours, such as 4m"
    ),
    help="Take as many blocks as fit into this time, such as 4m.",
)
@click.option(
    "--gate",
    "gate_percent",
    metavar="PERCENT",
    type=Percent(0.1, 50),
    help="Compare two, and end with 1 where one, the head, is slower than the other, the base, by "
    "more than this for certain. The base is the one with an @, else the first.",
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
@click.option(
    "--python",
    metavar="PYTHON",
    help="Run stacks with a version by this interpreter: its version, such as 3.13, a name or a "
    "path.  [default: podium's own]",
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
@details_option
@json_option
def command(
    *,
    stacks: tuple[str, ...],
    quick: bool,
    thorough: bool,
    blocks: int | None,
    time_s: float | None,
    gate_percent: float | None,
    until_decided: bool,
    margin_percent: float,
    at_most_s: float | None,
    operations: str,
    python: str | None,
    connections: int,
    workers: int | None,
    model: str | None,
    engine: EngineChoice,
    rows: int,
    late_after_s: float | None,
    seed: int | None,
    entries: tuple[Path, ...],
    path: Path | None,
    details: bool,
    as_json: bool,
) -> int:
    """Compare STACKs: check the contract, measure, say which is faster and how sure that is.

    A STACK is IMPLEMENTATION[@VERSION][:SERVER[@VERSION][:WORKERS]]; one with a version, or the
    path of a checkout as the implementation's, gets an environment of its own.

    Without a STACK: flask, fastapi, falcon and falcon-asgi under their usual servers. An entry
    DIR@REV is compared in any case, and without a STACK the other entries with it. Each is measured
    in a closed loop, and in all but quick studies and gates also in an open loop, at about half of
    what the slowest can serve; in thorough ones also alone on the machine. Four stacks take at most
    6 minutes, with --until-decided 48, a gate 4; the first line says how long yours take at most.
    Ctrl-C keeps what is finished, and `podium resume` goes on with it.
    """
    refuse_details(as_json=as_json)
    _refuse_contradictions(quick=quick, until_decided=until_decided, time_s=time_s)
    mode: Mode = "quick" if quick else "thorough" if thorough else "default"
    wanted = known_operations([operation.strip() for operation in operations.split(",")])
    if "predict" not in wanted:
        refuse_given(
            "is for predict, which is not among the --operations.", "rows", "model", "engine"
        )
    seed = random.SystemRandom().randrange(2**31) if seed is None else seed
    names = _named(stacks, entries)
    chosen = tuple(with_workers(find_stack(name, entries, python), workers) for name in names)
    if all(stack.asked is None for stack in chosen):
        refuse_given("is for stacks with a version, such as flask@3.0.", "python")
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
        python=python,
    )
    plan = replace(plan, options=further)
    if gate_percent is not None:
        plan = as_gate(plan, gate_percent / 100, open_loops=late_after_s is not None)
        time_s = time_s or (GATE_S if mode == "default" and blocks is None else None)
    plan = plan if time_s is None else with_time(plan, time_s)
    if until_decided:
        plan = with_looks(plan, at_most_s)
        refuse_unreachable(plan)
    elif given("margin_percent", "blocks"):
        warn_of_few_blocks(plan)
    path = _usable_path(path, plan.mode)
    chosen = tuple(equipped(stack, settings_of(plan)) for stack in chosen)
    left_out = make_environments(chosen)
    environment = read_environment(chosen, split_cores(plan.workers))
    twins = earlier_twins(environment.machine)
    plan = replace(plan, options=replace(plan.options, earlier_twins=twins))
    file = StudyFile.create(path, plan, environment)
    for label, why in left_out.items():
        leave_out(file, label, why, say)
    return run_and_report(file, details=details, as_json=as_json)


def _refuse_contradictions(*, quick: bool, until_decided: bool, time_s: float | None) -> None:
    """Raise `click.UsageError` for options of which one makes another one vain."""
    if quick:
        refuse_given("and --quick contradict each other: give one of the two.", "thorough")
        refuse_given("is for open loops, which --quick leaves out.", "late_after_s")
    if until_decided:
        refuse_given(
            "and --until-decided contradict each other: give one of the two.",
            *("blocks", "time_s", "gate_percent"),
        )
    else:
        refuse_given("is for --until-decided.", "at_most_s")
    if time_s is not None:
        refuse_given("and --time contradict each other: give one of the two.", "blocks")


def _named(stacks: Sequence[str], entries: Sequence[Path]) -> Sequence[str]:
    """Return the names of what is compared: STACKs, entries with a revision, or the usual ones."""
    known = [find_entry(folder).name for folder in entries]
    revised = [name for name in known if "@" in name]
    if not revised:
        return stacks or DEFAULT_STACKS
    if not stacks:
        return known
    named = {name.partition(":")[0] for name in stacks}
    return [*stacks, *(name for name in revised if name not in named)]


def _usable_path(path: Path | None, mode: str) -> Path:
    """Return the file of the study, whose folder is there; raises `click.UsageError`."""
    if path is None:
        path = _new_study(mode)
    elif not path.name:
        raise click.BadParameter(f"{str(path)!r} is no name of a file.", param_hint="--study")
    path.parent.mkdir(parents=True, exist_ok=True)
    from reports.write import default_directory  # noqa: PLC0415 (imports scipy)

    pages = default_directory(path)
    if pages.exists() and not pages.is_dir():
        raise click.UsageError(
            f"The report's pages would go into {pages}, which is a file: name another --study."
        )
    return path


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
    seeded = any(word.split("=")[0] == "--seed" for word in arguments)
    return ("podium", *arguments, *(() if seeded else ("--seed", str(seed))))
