"""The load driver that is stock Locust: users of its own runner in a process of its own.

It has closed loops only, and costs about 45 us of its core a request; studies record its ceiling,
and where a server is faster, the report says that the generator was the limit.
"""

from collections.abc import Collection, Sequence
from types import TracebackType
from typing import Self

from benchmarks.driver import SliceOrder, SliceOutcome, Target
from benchmarks.errors import ShapeNotSupported
from benchmarks.line_process import LineProcess
from benchmarks.workload import Workload

# `import locust` takes a second or two; under a heavily loaded machine, many.
START_TIMEOUT_S = 60.0
# Beyond the slice itself: what is in flight at its end may take until its own time-out.
SLICE_SLACK_S = 60.0


class LocustDriver:
    """A `benchmarks.driver.LoadDriver`; its process starts with it and is ready when needed."""

    name = "locust"

    def __init__(self, workloads: Sequence[Workload], cores: Collection[int] | None = None) -> None:
        self._workloads = tuple(workloads)
        self._process = LineProcess("benchmarks.load_process", cores)
        self._ready = False

    def open(self, targets: Sequence[Target]) -> None:
        """See `LoadDriver`."""
        self._make_ready()
        pairs = [[target.label, target.url] for target in targets]
        self._process.ask({"do": "open", "targets": pairs}, SLICE_SLACK_S)

    def run(self, order: SliceOrder) -> SliceOutcome:
        """See `LoadDriver`; raises `ShapeNotSupported` for an open loop."""
        if order.shape.rate_per_s is not None:
            raise ShapeNotSupported(self.name, order.shape.name)
        message = {
            "do": "run",
            "label": order.label,
            "operation": order.operation,
            "connections": order.shape.connections,
            "duration_s": order.duration_s,
            "rows": order.rows,
            "seed": order.seed,
        }
        return SliceOutcome(**self._process.ask(message, order.duration_s + SLICE_SLACK_S))

    def pids(self) -> tuple[int, ...]:
        """See `LoadDriver`."""
        return (self._process.pid,)

    def close(self) -> None:
        """See `LoadDriver`."""
        self._process.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _make_ready(self) -> None:
        if self._ready:
            return
        self._process.answer(START_TIMEOUT_S)
        for workload in self._workloads:
            message = {
                "do": "workload",
                "workload": {
                    "operation": workload.operation,
                    "rows": workload.rows,
                    "method": workload.method,
                    "path": workload.path,
                    "any_model": workload.any_model,
                },
                "exchanges": [[one.content, one.answer] for one in workload.exchanges],
            }
            self._process.ask(message, SLICE_SLACK_S)
        self._ready = True
