"""The seam between a study and what makes the load.

A driver gets workloads when it is made. It keeps connections open to several targets at once
and makes one slice at a time, in the order of the calls: `open`, then `run` as often as is wanted,
then `close`. A run for `podium load` is one long slice against one target.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from benchmarks.workload.workload import Workload
from reports.study.records import Shape, SliceOutcome
from shared.contract import OperationName


@dataclass(frozen=True)
class Target:
    """A running service: its label in the study and the URL it answers on."""

    label: str
    url: str


@dataclass(frozen=True)
class SliceOrder:
    """One slice to be made; `seed` decides the order of requests, equal within a round."""

    label: str
    operation: OperationName
    shape: Shape
    duration_s: float
    rows: int
    seed: int


@dataclass(eq=False)
class SliceInterrupted(KeyboardInterrupt):
    """A slice was interrupted; `outcome` is what it had counted."""

    outcome: SliceOutcome


class LoadDriver(Protocol):
    """Makes load. `name` goes into the study."""

    name: str

    def use(self, workload: Workload) -> None:
        """Send this workload for its operation and rows from now on."""

    def open(self, targets: Sequence[Target]) -> None:
        """Make these the targets; connections to earlier ones are closed."""

    def run(self, order: SliceOrder, at_end: Callable[[], None] | None = None) -> SliceOutcome:
        """One slice, from its untimed answers to the end of its drain.

        `at_end` is called then, while its outcome is made of what was counted.
        At Ctrl-C it is cut short and raises `SliceInterrupted`; no other may follow.
        """

    def pids(self) -> tuple[int, ...]:
        """The processes that make the load, for the machine's accounts."""

    def close(self) -> None:
        """End all that the driver started; do nothing the second time."""

    def __enter__(self) -> Self:
        """Itself, closed at the end of the block."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Closes."""
