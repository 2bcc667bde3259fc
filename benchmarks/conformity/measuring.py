"""Interleaved slices of a stack and its naive application, over blocks of fresh processes."""

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from benchmarks.conformity.pairs import Pair
from benchmarks.driver import LoadDriver, SliceOrder, Target
from benchmarks.errors import WrongAnswers
from benchmarks.machine.cores import CoreSplit
from benchmarks.machine.process_usage import cpu_ns, cpu_used_s
from benchmarks.study.order import round_order, slice_seed
from implementations.launching.launcher import LaunchOptions, RunningStack, launch
from reports.study.records import Shape
from shared.contract import OperationName

SLICE_S = 0.2
# Untimed work of a fresh process: caches fill, lazy imports run, threads start.
FIRST_WORK_S = 0.1


@dataclass
class Speed:
    """The sums over the slices of one block, for one service and operation."""

    answered: int = 0
    duration_s: float = 0.0
    sent: int = 0
    cpu_s: float | None = 0.0

    @property
    def requests_per_s(self) -> float:
        return self.answered / self.duration_s

    @property
    def cpu_us(self) -> float | None:
        """The server's CPU time per request; None where processes have no CPU clock."""
        return None if self.cpu_s is None else self.cpu_s / self.sent * 1e6


@dataclass(frozen=True)
class BlockReading:
    """One operation in one block: a stack beside its naive application."""

    stack: str
    operation: OperationName
    block: int
    conforming: Speed
    naive: Speed


@dataclass(frozen=True)
class LadderPlan:
    """The size of a run: `blocks` of `rounds` slices of each service and operation."""

    operations: Sequence[OperationName]
    blocks: int
    rounds: int
    shape: Shape
    seed: int
    cores: CoreSplit


def measure_block(
    pair: Pair, block: int, plan: LadderPlan, driver: LoadDriver
) -> Iterator[BlockReading]:
    """Start both services and measure each operation; raises WrongAnswers and launch errors."""
    with ExitStack() as opened:
        options = LaunchOptions(cores=plan.cores.servers, hash_seed=block)
        stacks = (pair.conforming, pair.naive)
        servers = {stack.name: opened.enter_context(launch(stack, options)) for stack in stacks}
        opened.callback(driver.open, [])  # a server that drains waits for open connections
        driver.open([Target(name, server.url) for name, server in servers.items()])
        run = _Block(servers, plan, driver)
        run.warm_up()
        for number in range(plan.rounds):
            run.one_round(block * plan.rounds + number)
    for operation in plan.operations:
        speeds = [run.speeds[stack.name, operation] for stack in stacks]
        yield BlockReading(pair.conforming.name, operation, block, *speeds)


@dataclass
class _Block:
    """Two running services, and their slices so far."""

    servers: Mapping[str, RunningStack]
    plan: LadderPlan
    driver: LoadDriver
    speeds: defaultdict[tuple[str, OperationName], Speed] = field(
        default_factory=lambda: defaultdict(Speed)
    )

    def warm_up(self) -> None:
        """Have both answer every operation for a moment, unrecorded."""
        for operation in self.plan.operations:
            for name in self.servers:
                self._slice(name, operation, FIRST_WORK_S, seed=0)
        self.speeds.clear()

    def one_round(self, number: int) -> None:
        """Run one slice of each operation and service, with equal requests for both."""
        operations = list(self.plan.operations)
        random.Random(f"{self.plan.seed} {number}").shuffle(operations)
        for operation in operations:
            seed = f"{self.plan.seed} {operation}"
            for name in round_order(list(self.servers), number, seed):
                self._slice(name, operation, SLICE_S, slice_seed(f"{seed} {number}"))

    def _slice(self, name: str, operation: OperationName, duration_s: float, seed: int) -> None:
        pids = self.servers[name].pids()
        before = cpu_ns(pids)
        order = SliceOrder(name, operation, self.plan.shape, duration_s, 1, seed)
        outcome = self.driver.run(order)
        used_s = cpu_used_s(before, cpu_ns(pids))
        if outcome.failures:
            raise WrongAnswers(name, operation, outcome.failures, outcome.examples)
        speed = self.speeds[name, operation]
        speed.answered += outcome.answered
        speed.duration_s += outcome.duration_s
        speed.sent += outcome.sent or 0
        speed.cpu_s = None if used_s is None or speed.cpu_s is None else speed.cpu_s + used_s
