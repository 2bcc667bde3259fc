"""The seam between a study and what makes the load.

A driver is told the workloads when it is made. It keeps connections open to several targets at
once and makes one slice at a time, in the order it is told: `open`, then `run` as often as is
wanted, then `close`. A run for `podium load` is one long slice against one target.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self

from reports.study.records import Shape
from shared.contract import OperationName


@dataclass(frozen=True)
class Target:
    """A running service: its label in the study and the URL it answers on."""

    label: str
    url: str


@dataclass(frozen=True)
class SliceOrder:
    """What one slice is to be; `seed` decides the order of requests, equal within a round."""

    label: str
    operation: OperationName
    shape: Shape
    duration_s: float
    rows: int
    seed: int


@dataclass(frozen=True)
class SliceOutcome:
    """What one slice was: see `reports.study.records.Slice` for the meaning of each quantity.

    `sent` counts every request of the slice that was begun, the untimed ones before it (each
    connection answers once) included; so a service that had no other clients counted as many.
    """

    started_at_ns: int
    duration_s: float
    sent: int
    answered: int
    histogram: str
    sum_us: int
    failures: Mapping[str, int] = field(default_factory=dict)
    examples: Mapping[str, str] = field(default_factory=dict)
    generator_cpu_s: float | None = None
    drain_s: float | None = None
    idle_closes: int = 0
    service_histogram: str | None = None
    lag_histogram: str | None = None
    due: int | None = None
    unsent: int = 0


class LoadDriver(Protocol):
    """Makes load. `name` goes into the study."""

    name: str

    def open(self, targets: Sequence[Target]) -> None:
        """Makes these the targets; connections to earlier ones are closed."""

    def run(self, order: SliceOrder) -> SliceOutcome:
        """One slice, from its untimed answers to the end of its drain."""

    def pids(self) -> tuple[int, ...]:
        """The processes that make the load, for the machine's accounts."""

    def close(self) -> None:
        """Ends whatever the driver started; does nothing the second time."""

    def __enter__(self) -> Self:
        """Itself, closed at the end of the block."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Closes."""
