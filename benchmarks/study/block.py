"""One block: all stacks started afresh, then rounds in which each entrant gets one slice."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.study.order import round_order, shuffled_cells, slice_seed
from benchmarks.study.run_context import Cell, StudyContext, timestamp
from benchmarks.study.schedule import Schedule
from benchmarks.study.slicing import SliceRecorder
from reports.study.records import Block, Round


@dataclass
class BlockRun:
    """A block while it runs. `labels` are those that passed the gate, the twin last.

    `rounds_before` : how many rounds of each cell earlier blocks had of as many labels.
    """

    context: StudyContext
    block: Block
    labels: tuple[str, ...]
    lengths_s: Mapping[Cell, float]
    recorder: SliceRecorder
    rounds_before: Mapping[Cell, int]

    def round(self, cell: Cell, number: int) -> None:
        """Make one slice of every entrant in this round's order, each recorded when it ends."""
        plan = self.context.plan
        seed_key = f"{plan.seed} {cell.operation} {cell.shape.name}"
        order = round_order(self.labels, self.rounds_before[cell] + number - 1, seed_key)
        seed = slice_seed(f"{seed_key} {self.block.number} {number}")
        before = self.recorder.read_noise()
        try:
            for position, label in enumerate(order):
                self.recorder.record(
                    label,
                    cell,
                    round_number=number,
                    position=position,
                    length_s=self.lengths_s[cell],
                    seed=seed,
                )
        finally:
            canary = self.recorder.keep()
        noise = self.recorder.noise_since(before)
        self.context.file.add(
            Round(
                block=self.block.number,
                number=number,
                operation=cell.operation,
                shape=cell.shape.name,
                order=order,
                canary_ns=canary,
                **vars(noise),
            )
        )


def run_block(
    context: StudyContext,
    number: int,
    *,
    labels: tuple[str, ...],
    lengths_s: Mapping[Cell, float],
    schedule: Schedule,
    blocks_left: int,
) -> None:
    """Run block `number` and record it as whole, or as broken by the error that is then raised."""
    begun_s = time.monotonic()
    twin_stack = _twin_stack(context, labels)
    block = Block(
        number=number,
        state="running",
        hash_seed=context.hash_seed(number),
        twin_stack=twin_stack,
        started_at=timestamp(),
    )
    stacks = {label: context.stacks[label] for label in labels}
    if context.twin is not None and twin_stack is not None:
        stacks[context.twin] = context.stacks[twin_stack]
    with context.recorded(block):
        context.progress.update(
            _done(context, blocks_left), f"block {number}: starting {len(stacks)}", None
        )
        with (
            context.make_driver() as driver,
            context.launched(stacks, block.hash_seed) as servers,
            SliceRecorder(context, block, servers, driver) as recorder,
        ):
            recorder.open()
            run = BlockRun(
                context, block, tuple(stacks), lengths_s, recorder, _rounds_of(context, len(stacks))
            )
            rounds_s = _run_rounds(run, schedule, blocks_left, begun_s)
            recorder.record_server_cpu()
    schedule.overhead_s = time.monotonic() - begun_s - rounds_s


def _twin_stack(context: StudyContext, labels: Sequence[str]) -> str | None:
    """Return the stack to be entered twice in the next block, each in its turn; None for none."""
    earlier = sum(not block.solo for block in context.file.all(Block))
    turn, blocks_since = divmod(earlier, context.plan.options.twin_every)
    if context.twin is None or blocks_since:
        return None
    return labels[(context.plan.seed + turn) % len(labels)]


def _rounds_of(context: StudyContext, entrants: int) -> Mapping[Cell, int]:
    """Return how many rounds of so many entrants each cell has had, solo blocks left out."""
    solo = {block.number for block in context.file.all(Block) if block.solo}
    run = Counter(
        (one.operation, one.shape)
        for one in context.file.all(Round)
        if one.block not in solo and len(one.order) == entrants
    )
    return {cell: run[cell.operation, cell.shape.name] for cell in context.cells}


def _run_rounds(run: BlockRun, schedule: Schedule, blocks_left: int, begun_s: float) -> float:
    """Run a block's rounds, as many as there is time for; return the seconds they took."""
    context, block = run.context, run.block
    started_s = time.monotonic()
    schedule.overhead_s = max(schedule.overhead_s, started_s - begun_s)
    most, number = context.plan.rounds_per_block, 0
    rounds = schedule.rounds(started_s, blocks_left, most)
    while number < rounds:
        number += 1
        pass_started_s = time.monotonic()
        for cell in shuffled_cells(context.cells, f"{context.plan.seed} {block.number} {number}"):
            done = _done(context, blocks_left) + (number - 1) / rounds / context.plan.blocks
            left_s = schedule.left_s(rounds - number + 1, blocks_left - 1, rounds)
            text = f"block {block.number}, round {number} of {rounds}: {cell.operation}"
            context.progress.update(done, text, left_s if number > 1 or schedule.pass_s else None)
            run.round(cell, number)
        schedule.pass_s = time.monotonic() - pass_started_s
        if number == 1:
            rounds = schedule.rounds(time.monotonic(), blocks_left, most)
    return time.monotonic() - started_s


def _done(context: StudyContext, blocks_left: int) -> float:
    return 1 - blocks_left / context.plan.blocks
