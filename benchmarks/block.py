"""One block: all stacks started afresh, then rounds in which each entrant gets one slice."""

import os
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from benchmarks.accounts import cpu_ns, cpu_used_s
from benchmarks.canary import canary_ns
from benchmarks.counting import ask_count, why_miscounted
from benchmarks.course import Cell, Course, timestamp
from benchmarks.driver import LoadDriver, SliceOrder, SliceOutcome, Target
from benchmarks.noise import NoiseReading, noise_between, read_noise
from benchmarks.order import round_order, shuffled_cells, slice_seed
from benchmarks.plan import TWIN
from benchmarks.schedule import Schedule
from implementations.launcher import RunningStack
from reports.records import Block, Cost, Round, Slice

# Untimed work of a fresh process before its first round: caches fill, lazy imports happen.
FIRST_WORK_S = 0.05


@dataclass
class BlockRun:
    """A block while it runs. `labels` are those that passed the gate, the twin last."""

    course: Course
    block: Block
    labels: tuple[str, ...]
    lengths_s: Mapping[Cell, float]
    servers: Mapping[str, RunningStack]
    driver: LoadDriver
    _early: dict[tuple[str, str], SliceOutcome] = field(default_factory=dict)
    _cpu_s: defaultdict[tuple[str, str], float] = field(default_factory=lambda: defaultdict(float))
    _sent: Counter[tuple[str, str]] = field(default_factory=Counter)

    def first_work(self) -> None:
        """Every entrant answers every operation for a moment; what goes wrong is not forgotten."""
        for cell in self.course.cells:
            for label in self.labels:
                outcome, _ = self._slice(label, cell, FIRST_WORK_S, self.block.hash_seed)
                if outcome.failures:
                    self._early[label, cell.operation] = outcome

    def round(self, cell: Cell, number: int) -> None:
        """One slice of every entrant in this round's order, each recorded when it ends."""
        plan, file = self.course.plan, self.course.file
        place = f"{plan.seed} {cell.operation} {cell.shape.name}"
        index = (self.block.number - 1) * plan.rounds_per_block + number - 1
        order = round_order(self.labels, index, place)
        seed = slice_seed(f"{place} {self.block.number} {number}")
        before, canary = self._noise(), canary_ns()
        for position, label in enumerate(order):
            outcome, server_cpu_s = self._slice(label, cell, self.lengths_s[cell], seed)
            early = self._early.pop((label, cell.operation), None)
            if early is not None:
                outcome = _with_failures(outcome, early.failures, early.examples)
            file.add_slice(
                Slice(
                    block=self.block.number,
                    round=number,
                    position=position,
                    label=label,
                    operation=cell.operation,
                    shape=cell.shape.name,
                    server_cpu_s=server_cpu_s,
                    **_recorded(outcome),
                )
            )
        noise = noise_between(before, self._noise(), len(self._cores()))
        file.add_round(
            Round(
                block=self.block.number,
                number=number,
                operation=cell.operation,
                shape=cell.shape.name,
                order=order,
                canary_ns=canary,
                steal_ratio=noise.steal_ratio,
                other_cpu_ratio=noise.other_cpu_ratio,
                run_queue_delay_ratio=noise.run_queue_delay_ratio,
            )
        )

    def record_costs(self) -> None:
        """The server CPU time that each entrant took for a request, over the whole block."""
        for label in self.labels:
            per_request = {
                operation: self._cpu_s[label, operation] / self._sent[label, operation] * 1e6
                for operation in self.course.plan.operations
                if self._cpu_s[label, operation]
            }
            self.course.file.add_cost(
                Cost(self.block.number, label, None, per_request, None, None, None, None)
            )

    def _slice(
        self, label: str, cell: Cell, length_s: float, seed: int
    ) -> tuple[SliceOutcome, float | None]:
        """One slice between two countings, and the server CPU time that its answers took."""
        server = self.servers[label]
        counted = ask_count(server.url)
        before = cpu_ns(server.pids())
        order = SliceOrder(label, cell.operation, cell.shape, length_s, self.course.plan.rows, seed)
        outcome = self.driver.run(order)
        used_s = cpu_used_s(before, cpu_ns(server.pids()))
        why = why_miscounted(counted, ask_count(server.url), outcome)
        if why is not None:
            outcome = _with_failures(outcome, {"miscounted": 1}, {"miscounted": why})
        if used_s is None:
            return outcome, None
        self._cpu_s[label, cell.operation] += used_s
        self._sent[label, cell.operation] += outcome.sent
        # The untimed answers before the slice took their share.
        return outcome, used_s * outcome.answered / max(outcome.sent, 1)

    def _cores(self) -> frozenset[int]:
        cores = self.course.cores
        known = (cores.servers or frozenset()) | (cores.generator or frozenset())
        return known or frozenset(range(os.cpu_count() or 1))

    def _noise(self) -> NoiseReading:
        generator = self.driver.pids()
        servers = [pid for server in self.servers.values() for pid in server.pids()]
        return read_noise(self._cores(), [os.getpid(), *generator, *servers], generator)


def run_block(
    course: Course,
    number: int,
    *,
    labels: tuple[str, ...],
    lengths_s: Mapping[Cell, float],
    schedule: Schedule,
    blocks_left: int,
) -> None:
    """Runs block `number` and records it as whole, or as broken by what is then raised."""
    begun_s = time.monotonic()
    twin_stack = labels[(course.plan.seed + number) % len(labels)]
    block = Block(number, "running", course.hash_seed(number), twin_stack, timestamp())
    course.file.start_block(block)
    stacks = {label: course.stacks[label] for label in labels} | {TWIN: course.stacks[twin_stack]}
    try:
        course.tell.at(_done(course, blocks_left), f"block {number}: starting {len(stacks)}", None)
        with course.make_driver() as driver, course.launched(stacks, block.hash_seed) as servers:
            driver.open([Target(label, server.url) for label, server in servers.items()])
            run = BlockRun(course, block, (*labels, TWIN), lengths_s, servers, driver)
            run.first_work()
            rounds_s = _run_rounds(run, schedule, blocks_left, begun_s)
            run.record_costs()
            driver.close()  # before the servers: none has to wait for its connections
    except BaseException as exc:
        why = "interrupted" if isinstance(exc, KeyboardInterrupt) else str(exc)
        course.file.end_block(replace(block, state="broken", ended_at=timestamp(), why_broken=why))
        raise
    course.file.end_block(replace(block, state="whole", ended_at=timestamp()))
    schedule.overhead_s = time.monotonic() - begun_s - rounds_s


def _run_rounds(run: BlockRun, schedule: Schedule, blocks_left: int, begun_s: float) -> float:
    """The rounds of a block, as many as there is time for; returns how long they took."""
    course, block = run.course, run.block
    started_s = time.monotonic()
    schedule.overhead_s = max(schedule.overhead_s, started_s - begun_s)
    rounds, number = course.plan.rounds_per_block, 0
    while number < rounds:
        number += 1
        pass_started_s = time.monotonic()
        for cell in shuffled_cells(course.cells, f"{course.plan.seed} {block.number} {number}"):
            done = _done(course, blocks_left) + (number - 1) / rounds / course.plan.blocks
            left_s = schedule.left_s(rounds - number + 1, blocks_left - 1, rounds)
            text = f"block {block.number}, round {number} of {rounds}: {cell.operation}"
            course.tell.at(done, text, left_s if number > 1 or schedule.pass_s else None)
            run.round(cell, number)
        schedule.pass_s = time.monotonic() - pass_started_s
        if number == 1:
            rounds = schedule.rounds(time.monotonic(), blocks_left, rounds)
    return time.monotonic() - started_s


def _recorded(outcome: SliceOutcome) -> dict[str, Any]:
    """The fields that a slice's record takes over from its outcome."""
    names = {field.name for field in fields(SliceOutcome)} & {field.name for field in fields(Slice)}
    return {name: getattr(outcome, name) for name in names}


def _done(course: Course, blocks_left: int) -> float:
    return 1 - blocks_left / course.plan.blocks


def _with_failures(
    outcome: SliceOutcome, failures: Mapping[str, int], examples: Mapping[str, str]
) -> SliceOutcome:
    """The outcome with further failures counted."""
    return replace(
        outcome,
        failures=dict(Counter(outcome.failures) + Counter(failures)),
        examples={**examples, **outcome.examples},
    )
