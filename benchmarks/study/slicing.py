"""Slices of running servers: each between two countings, with the CPU time that it took."""

import os
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from benchmarks.driver import LoadDriver, SliceOrder, Target
from benchmarks.machine.cores import usable_cores
from benchmarks.machine.noise import NoiseReading, canary_ns, noise_between, read_noise
from benchmarks.machine.process_usage import cpu_ns, cpu_used_s
from benchmarks.study.counting import CountAsker, find_miscount
from benchmarks.study.run_context import Cell, StudyContext
from implementations.launching.launcher import RunningStack
from reports.study.records import Block, MachineNoise, ServerCpu, Slice, SliceOutcome

# Untimed work of a fresh process before its first slice: caches fill, lazy imports happen.
FIRST_WORK_S = 0.05

Examples = Mapping[str, str]
Failures = Mapping[str, int]


@dataclass
class SliceRecorder:
    """Makes and records slices of `servers` (by label) within `block`; `driver` has no others.

    Between two slices nothing is done that can wait: what is made is recorded by `keep`, and the
    processes of a server are looked for once. A context manager that closes its own connections.
    """

    context: StudyContext
    block: Block
    servers: Mapping[str, RunningStack]
    driver: LoadDriver
    _made: list[Slice] = field(default_factory=list)
    _askers: dict[str, CountAsker] = field(default_factory=dict)
    _pids: dict[str, tuple[int, ...]] = field(default_factory=dict)
    _canary_ns: int | None = None
    _early: dict[tuple[str, str], SliceOutcome] = field(default_factory=dict)
    _cpu_s: defaultdict[tuple[str, str], float] = field(default_factory=lambda: defaultdict(float))
    _sent: Counter[tuple[str, str]] = field(default_factory=Counter)

    def open(self) -> None:
        """Open the servers to the driver; each answers every operation for a moment.

        What goes wrong in it is not forgotten: it is counted in the next slice.
        """
        self._askers = {label: CountAsker(server.url) for label, server in self.servers.items()}
        self.driver.open([Target(label, server.url) for label, server in self.servers.items()])
        shape = self.context.plan.shapes[0]
        for cell in (cell for cell in self.context.cells if cell.shape == shape):
            for label in self.servers:
                outcome, _ = self._run(label, cell, FIRST_WORK_S, self.block.hash_seed)
                if outcome.failures:
                    self._early[label, cell.operation] = outcome
        self._canary_ns = None  # that of the first work is not just before the first slice

    def record(
        self,
        label: str,
        cell: Cell,
        *,
        round_number: int,
        position: int,
        length_s: float,
        seed: int,
    ) -> None:
        """Make one slice, which `keep` records."""
        before_ns = self._canary_ns or self._canary()
        outcome, server_cpu_s = self._run(label, cell, length_s, seed)
        early = self._early.pop((label, cell.operation), None)
        if early is not None:
            outcome = _with_failures(outcome, early.failures, early.examples)
        self._made.append(
            Slice(
                block=self.block.number,
                round=round_number,
                position=position,
                label=label,
                operation=cell.operation,
                shape=cell.shape.name,
                server_cpu_s=server_cpu_s,
                canary_before_ns=before_ns,
                canary_after_ns=self._canary_ns,
                **vars(outcome),
            )
        )

    def keep(self) -> int | None:
        """Record the slices made since the last time; return their slowest canary."""
        made, self._made, self._canary_ns = self._made, [], None
        self.context.file.add(*made)
        return max(
            (ns for one in made for ns in (one.canary_before_ns, one.canary_after_ns) if ns),
            default=None,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for asker in self._askers.values():
            asker.close()

    def record_server_cpu(self) -> None:
        """Record the CPU time a request of each server, over all slices so far."""
        for label in self.servers:
            per_request = {
                operation: self._cpu_s[label, operation] / self._sent[label, operation] * 1e6
                for operation in self.context.plan.operations
                if self._cpu_s[label, operation]
            }
            self.context.file.add(ServerCpu(self.block.number, label, per_request))

    def read_noise(self) -> NoiseReading:
        """Read the machine's totals, for `noise_since`."""
        generator = self.driver.pids()
        servers = [pid for label in self.servers for pid in self._server_pids(label)]
        return read_noise(self._cores(), [os.getpid(), *generator, *servers], generator)

    def noise_since(self, before: NoiseReading) -> MachineNoise:
        """Return the machine's noise since that reading."""
        return noise_between(before, self.read_noise(), len(self._cores()))

    def _run(
        self, label: str, cell: Cell, length_s: float, seed: int
    ) -> tuple[SliceOutcome, float | None]:
        """Run one slice between two readings of the count; return its server CPU time too."""
        asker = self._askers[label]
        counted = asker.ask()
        before = self._cpu_ns(label)
        order = SliceOrder(
            label, cell.operation, cell.shape, length_s, self.context.plan.rows, seed
        )
        readings = []

        def read_again() -> None:
            readings.append((self._cpu_ns(label), asker.ask()))
            self._canary_ns = self._canary()

        outcome = self.driver.run(order, read_again)
        ((after, counted_after),) = readings
        used_s = cpu_used_s(before, after)
        miscount = find_miscount(counted, counted_after, outcome)
        if miscount is not None:
            outcome = _with_failures(outcome, {"miscounted": 1}, {"miscounted": str(miscount)})
        if used_s is None:
            return outcome, None
        self._cpu_s[label, cell.operation] += used_s
        self._sent[label, cell.operation] += outcome.sent or 0
        # The untimed answers before the slice took their share.
        return outcome, used_s * outcome.answered / max(outcome.sent or 0, 1)

    def _cpu_ns(self, label: str) -> dict[int, int] | None:
        """Return the CPU time of the server's processes, and look for them again if one ended."""
        known = cpu_ns(self._server_pids(label))
        if known is None:
            del self._pids[label]
        return known

    def _server_pids(self, label: str) -> tuple[int, ...]:
        if label not in self._pids:  # to look for them takes milliseconds
            self._pids[label] = self.servers[label].pids()
        return self._pids[label]

    def _canary(self) -> int:
        return canary_ns(self.context.cores.servers)

    def _cores(self) -> frozenset[int]:
        cores = self.context.cores
        known = (cores.servers or frozenset()) | (cores.generator or frozenset())
        return known or usable_cores()


def _with_failures(outcome: SliceOutcome, failures: Failures, examples: Examples) -> SliceOutcome:
    """Return the outcome with further failures counted."""
    return replace(
        outcome,
        failures=dict(Counter(outcome.failures) + Counter(failures)),
        examples={**examples, **outcome.examples},
    )
