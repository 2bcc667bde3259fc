"""The looks of a study that goes on until its pairs are decided, and where it ends.

They are numbers of blocks, written into the plan before the first block; between them nothing is
judged, so that seeing a study run gives nobody a choice of when to stop it.
"""

import time
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import fsum

from benchmarks.errors import LookTooLate
from benchmarks.study.estimate import estimated_s
from benchmarks.study.run_context import StudyContext, timestamp
from benchmarks.study.schedule import RESERVE_S, Schedule
from reports.study.records import Block, Plan, Round

LOOKS = (8, 12, 16, 24, 32, 48, 64)


def with_looks(plan: Plan, at_most_s: float | None) -> Plan:
    """Return the plan with all looks that fit into the time; raises `LookTooLate` if none does."""
    plans = {look: _of_blocks(plan, look) for look in LOOKS}
    took_s = {look: estimated_s(each) for look, each in plans.items()}
    looks = tuple(look for look in LOOKS if at_most_s is None or took_s[look] <= at_most_s)
    if not looks:
        raise LookTooLate(LOOKS[0], took_s[LOOKS[0]])
    last = plans[looks[-1]]
    return replace(last, options=replace(last.options, looks=looks, at_most_s=at_most_s))


def _of_blocks(plan: Plan, blocks: int) -> Plan:
    budget_s = plan.options.budget_s
    share_s = None if budget_s is None else budget_s * blocks / plan.blocks
    return replace(plan, blocks=blocks, options=replace(plan.options, budget_s=share_s))


@dataclass
class Looks:
    """The looks of a study while it runs; `seen` is how many were evaluated in this session."""

    context: StudyContext
    schedule: Schedule
    seen: int = 0
    earlier_s: float = field(init=False)

    def __post_init__(self) -> None:
        self.earlier_s = fsum(map(_lasted_s, self.context.file.all(Block)))

    def end(self, counted: int) -> bool:
        """Return whether the study ends here, after so many blocks that count.

        It does where no pair is left undecided at the last look reached, or where the next look
        lies beyond the limit of time; but never before the first look.
        """
        plan, file = self.context.plan, self.context.file
        if not plan.options.looks:
            return False
        from reports.analysis.analysis import analyse  # noqa: PLC0415 (imports scipy)
        from reports.analysis.looks import all_decided, looks_reached  # noqa: PLC0415 (likewise)

        reached = len(looks_reached(plan, file.all(Block), file.all(Round)))
        if reached > self.seen:
            self.seen = reached
            self.context.progress.update(counted / plan.blocks, "looking at the pairs", None)
            if all_decided(analyse(replace(file.read(), finished_at=timestamp()))):
                self._say(f"nothing is left undecided after {plan.looks[reached - 1]} blocks")
                return True
        if 0 < reached < len(plan.looks) and self._too_late(plan.looks[reached] - counted):
            self._say(f"the time is over; the last look was after {plan.looks[reached - 1]} blocks")
            return True
        return False

    def _too_late(self, blocks: int) -> bool:
        """Whether so many blocks more, each as short as may be, go beyond the limit of time."""
        options = self.context.plan.options
        if options.at_most_s is None:
            return False
        rounds = 1 if options.budget_s is not None else self.context.plan.rounds_per_block
        block_s = self.schedule.overhead_s + rounds * self.schedule.pass_s
        gone_s = self.earlier_s + time.monotonic() - self.context.begun_s
        return gone_s + blocks * block_s + RESERVE_S > options.at_most_s

    def _say(self, text: str) -> None:
        self.context.progress.message(text)


def _lasted_s(block: Block) -> float:
    if block.ended_at is None:
        return 0.0
    begun, ended = map(datetime.fromisoformat, (block.started_at, block.ended_at))
    return (ended - begun).total_seconds()
