"""A study from its plan to its last block; it can be stopped anywhere and resumed later.

Each finished step is in the study file already. Resuming looks at the file: gates, ceilings and
blocks that are there are not made again; a block that did not come to its end is marked as broken
and, unless it counts (`reports.study.counted_blocks`), made up for by another.
"""

from collections.abc import Iterable
from dataclasses import replace

from benchmarks.study.block import run_block
from benchmarks.study.ceiling import measure_ceilings
from benchmarks.study.looks import Looks
from benchmarks.study.pilot import run_pilots, slice_lengths, with_open_loops
from benchmarks.study.run_context import StudyContext, timestamp
from benchmarks.study.schedule import Schedule
from benchmarks.study.solo_block import run_solo_block
from reports.study.counted_blocks import counted_blocks
from reports.study.file import StudyFile
from reports.study.records import Block, Gate, Plan, Round


def run_study(context: StudyContext) -> None:
    """Do all that is still to be done for `context.plan`, then finish the study file.

    Whatever ends it early (Ctrl-C, a server that does not start, a full disk) is raised after the
    running block has been marked as broken.
    """
    file = context.file
    schedule = Schedule.starting(context.begun_s, _budget_left_s(context.plan, file))
    _close_broken_blocks(context)
    lowest = run_pilots(context)
    context = with_open_loops(context, lowest)
    lengths_s = slice_lengths(context, lowest)
    passed = {gate.label for gate in file.all(Gate) if gate.passed}
    labels = tuple(label for label in context.stacks if label in passed)
    if context.plan.options.gate_ratio is not None and len(labels) < len(context.stacks):
        file.finish(timestamp())  # what is out cannot be compared
        return
    measure_ceilings(context)
    if not _solo_done(context.plan, file.all(Block)):
        run_solo_block(context, len(file.all(Block)) + 1, labels=labels)
    looks = Looks(context, schedule)
    while (left := blocks_left(context.plan, file.all(Block), file.all(Round))) > 0:
        if looks.end(context.plan.blocks - left):
            break
        run_block(
            context,
            len(file.all(Block)) + 1,
            labels=labels,
            lengths_s=lengths_s,
            schedule=schedule,
            blocks_left=left,
        )
    file.finish(timestamp())


def blocks_left(plan: Plan, blocks: Iterable[Block], rounds: Iterable[Round]) -> int:
    """Return how many blocks are still to be run: the planned ones less those that count."""
    interleaved = [block for block in blocks if not block.solo]
    return plan.blocks - len(counted_blocks(plan, interleaved, rounds))


def _solo_done(plan: Plan, blocks: Iterable[Block]) -> bool:
    """Whether there is a whole solo block, or none is wanted."""
    return not plan.options.solo_passes or any(b.solo and b.state == "whole" for b in blocks)


def _close_broken_blocks(context: StudyContext) -> None:
    """Mark blocks that were running when their study was killed."""
    for block in context.file.all(Block):
        if block.state == "running":
            context.file.end_block(
                replace(block, state="broken", ended_at=timestamp(), why_broken="killed")
            )


def _budget_left_s(plan: Plan, file: StudyFile) -> float | None:
    """Return the share of the budget of the blocks still to be run; all of it at the start."""
    budget_s = plan.options.budget_s
    if budget_s is None:
        return None
    return budget_s * blocks_left(plan, file.all(Block), file.all(Round)) / plan.blocks
