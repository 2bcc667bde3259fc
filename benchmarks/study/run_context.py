"""The context that the parts of a running study share."""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from benchmarks.driver import LoadDriver
from benchmarks.machine.cores import CoreSplit, pin
from benchmarks.study.progress import Progress
from benchmarks.workload.workload import Workload
from implementations.catalogue import Stack
from implementations.launching.launcher import LaunchOptions, RunningStack, launch
from reports.check.results import GateResult
from reports.study.file import StudyFile
from reports.study.records import Block, Plan, Shape
from shared.contract import OperationName
from shared.settings import Settings

# Stands for a block's number in the hash seed of a stack that is started alone.
ALONE = 0
# Starting more at once only makes each wait for the others.
LAUNCHES_AT_ONCE = 6
_BEGAN_AT, _BEGAN_S = datetime.now(UTC), time.monotonic()


@dataclass(frozen=True)
class Cell:
    """One operation under one load shape: the unit of comparison."""

    operation: OperationName
    shape: Shape


@dataclass(frozen=True)
class StudyContext:
    """A running study. `gate` asks a service at a URL whether it keeps the contract.

    `stacks` maps the labels of the plan's entrants, without the twin, to what is launched;
    `begun_s` is when the command was (on the monotonic clock), from which the budget is counted.
    `fresh_workload` makes requests of an operation that are not the study's, others for each
    number. `settings` are those of the services.
    """

    plan: Plan
    file: StudyFile
    stacks: Mapping[str, Stack]
    cores: CoreSplit
    workloads: tuple[Workload, ...]
    make_driver: Callable[[], LoadDriver]
    gate: Callable[[str], GateResult]
    progress: Progress
    begun_s: float
    fresh_workload: Callable[[OperationName, int], Workload] | None = None
    settings: Settings = field(default_factory=Settings)

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Every operation under each of its shapes, in the plan's order."""
        return tuple(
            Cell(workload.operation, shape)
            for workload in self.workloads
            for shape in self.plan.shapes_of(workload.operation)
        )

    @property
    def twin(self) -> str | None:
        """The label under which one of the stacks is entered again; None where none is."""
        return next((one.label for one in self.plan.entrants if one.stack is None), None)

    def hash_seed(self, block: int) -> int:
        """Return a PYTHONHASHSEED: equal for all processes of a block, another in the next."""
        return random.Random(f"{self.plan.seed} {block}").randrange(1, 2**32)

    @contextmanager
    def recorded(self, block: Block) -> Iterator[None]:
        """Record the block as running, then as whole, or as broken by the error raised."""
        self.file.add(block)
        try:
            yield
        except BaseException as exc:
            why = "interrupted" if isinstance(exc, KeyboardInterrupt) else str(exc)
            ended = replace(block, state="broken", ended_at=timestamp(), why_broken=why)
            self.file.end_block(ended)
            raise
        self.file.end_block(replace(block, state="whole", ended_at=timestamp()))

    @contextmanager
    def launched_alone(self, stack: Stack) -> Iterator[RunningStack]:
        """Launch one stack on the servers' cores from its first moment; kill it at the end."""
        options = LaunchOptions(
            cores=self.cores.servers, hash_seed=self.hash_seed(ALONE), settings=self.settings
        )
        server = launch(stack, options)
        try:
            yield server
        finally:
            server.kill()

    @contextmanager
    def launched(
        self, stacks: Mapping[str, Stack], hash_seed: int
    ) -> Iterator[dict[str, RunningStack]]:
        """Launch all of these afresh side by side; kill them at the end.

        They start on all cores, for there is no load yet, and get the servers' when all are ready.
        At the end nothing is left for them to answer, so it is not waited for that they drain.
        """
        options = LaunchOptions(hash_seed=hash_seed, settings=self.settings)
        with ThreadPoolExecutor(LAUNCHES_AT_ONCE) as pool:
            starts = {label: pool.submit(launch, stack, options) for label, stack in stacks.items()}
            try:
                running = {label: start.result() for label, start in starts.items()}
            except BaseException:
                _undo(list(starts.values()))
                raise
            try:
                if self.cores.servers is not None:
                    pids = [pid for server in running.values() for pid in server.pids()]
                    pin(pids, self.cores.servers)
                yield running
            finally:
                list(pool.map(RunningStack.kill, running.values()))


def timestamp() -> str:
    """Return the present time for the study's records: UTC, ISO 8601.

    It runs on evenly if the wall clock is set meanwhile.
    """
    passed_s = time.monotonic() - _BEGAN_S
    return (_BEGAN_AT + timedelta(seconds=passed_s)).isoformat(timespec="milliseconds")


def _undo(starts: Sequence["Future[RunningStack]"]) -> None:
    """Stop the stacks that were started or are still starting."""
    for start in starts:
        start.cancel()
    for start in starts:
        if not start.cancelled() and start.exception() is None:
            start.result().stop()
