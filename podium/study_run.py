"""The run of a study, for `podium compare` and `podium resume`: set-up, blocks, report."""

import shlex
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path

import psutil

from benchmarks.engine.driver import EngineDriver
from benchmarks.errors import ChildDied, ChildSilent, StudyElsewhere
from benchmarks.machine.cores import split_cores
from benchmarks.machine.earlier_twins import keep_twins
from benchmarks.machine.environment import changes, read_environment
from benchmarks.study.estimate import estimate
from benchmarks.study.order import slice_seed
from benchmarks.study.plan import known_operations
from benchmarks.study.progress import Bar, Lines, Progress
from benchmarks.study.run_context import StudyContext
from benchmarks.study.study import run_study
from benchmarks.workload.workload import Workload, build_workload
from contract_tests.http.sample import IRIS
from contract_tests.run.gate import run_gate
from implementations.catalogue import Stack, equipped, find_obstacle, find_stack
from implementations.errors import ImplementationsError
from podium.commands.options import (
    said_if_slow,
    say,
    say_what_is_in_the_way,
    say_who_else_measures,
)
from reports.analysis.findings import Report
from reports.analysis.gate import answered_wrongly
from reports.study.file import StudyFile
from reports.study.records import Environment, Gate, Plan
from shared.contract import OperationName
from shared.model.model import fresh_sample, sample_of
from shared.sample import Sample
from shared.settings import Settings

GATE_S = 4.0
INTERRUPTED = 130


def find_stacks(plan: Plan) -> dict[str, Stack]:
    """Return the stacks that the plan's labels stand for; raises `UnknownStack`."""
    folders = [Path(folder) for folder in plan.options.entries]
    return {
        entrant.label: equipped(
            find_stack(entrant.stack, folders, plan.options.python), settings_of(plan)
        )
        for entrant in plan.entrants
        if entrant.stack is not None
    }


def settings_of(plan: Plan) -> Settings:
    """Return the settings of the services of a study."""
    return Settings(model=plan.options.model, engine=plan.options.engine)


def make_environments(stacks: Iterable[Stack]) -> dict[str, str]:
    """Make what the stacks with versions of their own need.

    Returns why one cannot be had here, by the name of the stack.
    """
    left_out = {}
    for stack in stacks:
        if stack.asked is None:
            continue
        with said_if_slow(f"making an environment for {stack.name}"):
            obstacle = find_obstacle(stack)
        if obstacle is not None:
            left_out[stack.name] = str(obstacle)
    return left_out


def run_and_report(file: StudyFile, *, details: bool, as_json: bool) -> int:
    """Run what is left of the study in `file`, then report; return the exit code.

    Raises `StudyElsewhere` where this is not what the study was started with. Whatever ends it
    early leaves the file so that `podium resume` goes on with it.
    """
    try:
        with file:
            _run(file)
    except KeyboardInterrupt:
        say(f"interrupted; what is finished is kept, go on with: podium resume {file.path}")
        say(f"to see what it says so far: podium report {file.path}")
        return INTERRUPTED
    except (ChildDied, ChildSilent, ImplementationsError) as exc:
        path = shlex.quote(str(file.path))
        exc.add_note(f"podium: what is finished is kept, go on with: podium resume {path}")
        raise
    return _report(file.path, details=details, as_json=as_json)


def _run(file: StudyFile) -> None:
    plan = file.plan
    stacks, cores = find_stacks(plan), split_cores(plan.workers)
    # Those of a study that is resumed may have been removed since.
    out = {gate.label for gate in file.all(Gate) if not gate.passed}
    make_environments(stack for label, stack in stacks.items() if label not in out)
    (then,), now = file.all(Environment), read_environment([*stacks.values()], cores)
    if differences := changes(then, now):
        raise StudyElsewhere(file.path, differences)
    say_who_else_measures()
    say_what_is_in_the_way(cores)
    model = plan.options.model
    sample = sample_of(model)
    workloads = build_workloads(plan, sample)
    with _progress() as progress:
        progress.message(_intention(file.path, plan))
        run_study(
            StudyContext(
                plan=plan,
                file=file,
                stacks=stacks,
                cores=cores,
                workloads=workloads,
                make_driver=partial(EngineDriver, workloads, cores.generator),
                gate=partial(
                    run_gate,
                    budget_s=GATE_S,
                    sample=IRIS if model is None else sample,
                ),
                settings=settings_of(plan),
                progress=progress,
                begun_s=_command_begun_s(),
                fresh_workload=cache(partial(_fresh_workload, plan)),
            )
        )


def _intention(path: Path, plan: Plan) -> str:
    """Return the plan in one line."""
    stacks = ", ".join(entrant.label for entrant in plan.entrants)
    operations = ", ".join(plan.operations)
    blocks = f"{'up to ' if len(plan.looks) > 1 else ''}{plan.blocks} blocks"
    return f"{path}: {stacks}; {operations}; {blocks}; {estimate(plan)}"


def build_workloads(plan: Plan, sample: Sample) -> tuple[Workload, ...]:
    """Return the requests of the study with their right answers."""
    return tuple(
        build_workload(operation, seed=plan.seed, rows=plan.rows, sample=sample)
        for operation in known_operations(plan.operations)
    )


def _fresh_workload(plan: Plan, operation: OperationName, number: int) -> Workload:
    """Return requests that are not the study's, others for each number."""
    seed = slice_seed(f"{plan.seed} fresh {number}")
    sample = fresh_sample(plan.options.model, seed) if operation == "predict" else None
    return build_workload(operation, seed=seed, rows=plan.rows, sample=sample)


@contextmanager
def _progress() -> Iterator[Progress]:
    if sys.stderr.isatty():
        with Bar(sys.stderr) as bar:
            yield bar
    else:
        yield Lines(sys.stderr)


def _report(path: Path, *, details: bool, as_json: bool) -> int:
    """Write and print the report, and of a gate the comment; return the exit code."""
    # Only now: drawing libraries take a second to import.
    from reports.exports.pull_request import PULL_REQUEST, pull_request  # noqa: PLC0415
    from reports.pages.report_json import report_json  # noqa: PLC0415
    from reports.pages.terminal import print_report  # noqa: PLC0415
    from reports.write import default_directory, write_report, write_whole  # noqa: PLC0415

    with said_if_slow("making the report"):
        written = write_report(path, default_directory(path))
        gate = written.report.gate
        if gate is not None:
            comment = written.markdown.with_name(PULL_REQUEST)
            write_whole(comment, pull_request(written.report))
    if written.report.finished_at is not None and written.report.twins is not None:
        keep_twins(written.report.machine, written.report.twins.of_study)
    if as_json:
        print(report_json(written.report), end="")
    else:
        print_report(written.report, details=details)
        if gate is not None:
            print(f"{gate.headline[:1].upper()}{gate.headline[1:]}.")
            print(
                *(f"  {one.sentence}." for one in gate.operations),
                sep="\
",
            )
    print(f"The report is {written.html}, the study {path}.", file=sys.stderr)
    return _status(written.report)


def _status(report: Report) -> int:
    """Return 1 where a gate is red, or without one a stack answered wrongly."""
    if report.gate is not None:
        return 1 if report.gate.outcome == "red" else 0
    return 1 if answered_wrongly(report.comparisons) else 0


def _command_begun_s() -> float:
    """Return this process's start time on the monotonic clock."""
    return time.monotonic() - (time.time() - psutil.Process().create_time())
