"""The solo block: long slices of one stack after another, each alone on the machine.

Short interleaved slices are precise, but all stacks suffer from them alike (caches are cold at each
slice), which no twin can see. So each study also measures long solo slices, and its report says
where the two disagree.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.driver import LoadDriver
from benchmarks.study.order import round_order, slice_seed
from benchmarks.study.run_context import Cell, StudyContext, timestamp
from benchmarks.study.slicing import SliceRecorder
from reports.study.records import Block, MachineNoise, Round

SOLO_SLICE_S = 2.0


@dataclass
class SoloBlockRun:
    """A solo block while it runs: its passes are its rounds.

    Closed loops only: an open loop has the rate that was asked for, alone or not.
    """

    context: StudyContext
    block: Block
    driver: LoadDriver

    def one_pass(self, number: int, order: tuple[str, ...]) -> None:
        """Start every stack afresh and measure it by itself, in this order."""
        noise: defaultdict[Cell, list[MachineNoise]] = defaultdict(list)
        for position, label in enumerate(order):
            self.context.progress.update(0.0, f"block {self.block.number}: {label} alone", None)
            for cell, one in self._measure(label, number, position).items():
                noise[cell].append(one)
        for cell, found in noise.items():
            self._record_round(cell, number, order, found)

    def _measure(self, label: str, number: int, position: int) -> dict[Cell, MachineNoise]:
        """Make a solo slice of each cell; return the machine's noise in each."""
        context, found = self.context, {}
        stacks = {label: context.stacks[label]}
        with (
            context.launched(stacks, self.block.hash_seed) as servers,
            SliceRecorder(context, self.block, servers, self.driver) as recorder,
        ):
            recorder.open()
            for cell in context.cells:
                if cell.shape.rate_per_s is not None:
                    continue
                seed_key = f"{context.plan.seed} {cell.operation} {cell.shape.name}"
                before = recorder.read_noise()
                recorder.record(
                    label,
                    cell,
                    round_number=number,
                    position=position,
                    length_s=SOLO_SLICE_S,
                    seed=slice_seed(f"{seed_key} {self.block.number} {number}"),
                )
                recorder.keep()
                found[cell] = recorder.noise_since(before)
        return found

    def _record_round(
        self, cell: Cell, number: int, order: tuple[str, ...], noise: Sequence[MachineNoise]
    ) -> None:
        """Record a cell's slices of a pass as a round, with the most noise that any had."""
        self.context.file.add(
            Round(
                block=self.block.number,
                number=number,
                operation=cell.operation,
                shape=cell.shape.name,
                order=order,
                steal_ratio=_most(one.steal_ratio for one in noise),
                other_cpu_ratio=_most(one.other_cpu_ratio for one in noise),
                run_queue_delay_ratio=_most(one.run_queue_delay_ratio for one in noise),
            )
        )


def run_solo_block(context: StudyContext, number: int, *, labels: tuple[str, ...]) -> None:
    """Run block `number` and record it as whole, or as broken by the error that is then raised."""
    block = Block(
        number=number,
        state="running",
        hash_seed=context.hash_seed(number),
        twin_stack=None,
        started_at=timestamp(),
        solo=True,
    )
    with context.recorded(block), context.make_driver() as driver:
        run = SoloBlockRun(context, block, driver)
        for pass_number in range(1, context.plan.options.solo_passes + 1):
            order = round_order(labels, pass_number - 1, f"{context.plan.seed} solo")
            run.one_pass(pass_number, order)


def _most(ratios: Iterable[float | None]) -> float | None:
    return max((ratio for ratio in ratios if ratio is not None), default=None)
