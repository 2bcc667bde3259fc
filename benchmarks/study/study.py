"""A study from its plan to its last block; it can be stopped anywhere and gone on with later.

Whatever is finished is in the study file already. Going on looks at the file: gates, ceilings and
blocks that are there are not made again, and a block that did not come to its end is marked as
broken and, unless at least half of its rounds are whole, made up for by another.
"""

from collections import Counter
from dataclasses import replace

from benchmarks.study.block import run_block
from benchmarks.study.ceiling import measure_ceilings
from benchmarks.study.pilot import look_at_each_alone, slice_lengths, with_open_loops
from benchmarks.study.run_context import Course, timestamp
from benchmarks.study.schedule import Schedule
from benchmarks.study.solo_block import run_solo_block
from reports.study.records import Plan, Study


def run_study(course: Course) -> None:
    """All that is still to be done for `course.plan`; then the study file is finished.

    Whatever ends it early (Ctrl-C, a server that does not start, a full disk) is raised after the
    running block has been marked as broken.
    """
    budget_s = course.plan.options.get("budget_s")
    schedule = Schedule.starting(course.begun_s, _budget_left_s(course.file.read(), budget_s))
    _close_broken_blocks(course)
    slowest = look_at_each_alone(course)
    course = with_open_loops(course, slowest)
    lengths_s = slice_lengths(course, slowest)
    measure_ceilings(course)
    passed = {gate.label for gate in course.file.read().gates if gate.passed}
    labels = tuple(label for label in course.stacks if label in passed)
    if not _solo_done(course.file.read()):
        run_solo_block(course, len(course.file.read().blocks) + 1, labels=labels)
    while (left := blocks_left(course.file.read())) > 0:
        number = len(course.file.read().blocks) + 1
        run_block(
            course,
            number,
            labels=labels,
            lengths_s=lengths_s,
            schedule=schedule,
            blocks_left=left,
        )
    course.file.finish(timestamp())


def blocks_left(study: Study) -> int:
    """How many blocks are still to be run: planned ones less those that count."""
    blocks = [block for block in study.blocks if not block.solo]
    return study.plan.blocks - sum(counts(study, block.number) for block in blocks)


def counts(study: Study, number: int) -> bool:
    """Whether the block is whole, or at least half of each cell's planned rounds are there."""
    state = next(block.state for block in study.blocks if block.number == number)
    if state == "whole":
        return True
    rounds = Counter((one.operation, one.shape) for one in study.rounds if one.block == number)
    return all(
        2 * rounds[operation, shape.name] >= study.plan.rounds_per_block
        for operation in study.plan.operations
        for shape in study.plan.shapes_of(operation)
    )


def _solo_done(study: Study) -> bool:
    """Whether there is a whole solo block, or none is wanted."""
    whole = any(block.solo and block.state == "whole" for block in study.blocks)
    return whole or not study.plan.options.get("solo_passes")


def _close_broken_blocks(course: Course) -> None:
    """Marks blocks that were running when their study was killed."""
    for block in course.file.read().blocks:
        if block.state == "running":
            course.file.end_block(
                replace(block, state="broken", ended_at=timestamp(), why_broken="killed")
            )


def _budget_left_s(study: Study, budget_s: float | None) -> float | None:
    """The share of the budget that the blocks still to be run have; all of it at the start."""
    plan: Plan = study.plan
    return None if budget_s is None else budget_s * blocks_left(study) / plan.blocks
