"""The load driver that runs the engine in a Locust process of its own."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from benchmarks.child_process import ChildProcess
from benchmarks.driver import SliceInterrupted, SliceOrder, Target
from benchmarks.engine.errors import EngineRefused
from benchmarks.engine.loops.arrivals import Spacing
from benchmarks.errors import BenchmarksError
from benchmarks.workload.workload import Workload
from reports.study.records import SliceOutcome

# `import locust` takes a second or two; under a heavily loaded machine, many.
START_TIMEOUT_S = 60.0
# Beyond the slice itself: the warm-up, and requests in flight at its end until their time-out.
SLICE_SLACK_S = 60.0
# For a slice that is cut short to end.
CUT_S = 0.7


class EngineDriver:
    """A `benchmarks.driver.LoadDriver` with closed and open loops.

    Its process starts at once, and is waited for when first needed. `spacing` is
    that of the arrivals of open loops. A target's `url` is plain HTTP; another raises
    `EngineRefused`, as does a host name without an address.
    """

    name = "engine"

    def __init__(
        self,
        workloads: Sequence[Workload],
        cores: Collection[int] | None = None,
        spacing: Spacing = "poisson",
    ) -> None:
        self._workloads = tuple(workloads)
        self._spacing = spacing
        self._process = ChildProcess("benchmarks.engine.process", cores)
        self._ready = False

    def use(self, workload: Workload) -> None:
        """See `LoadDriver`."""
        self._make_ready()
        self._send(workload)

    def open(self, targets: Sequence[Target]) -> None:
        """See `LoadDriver`."""
        self._make_ready()
        pairs = [[target.label, target.url] for target in targets]
        self._ask({"do": "open", "targets": pairs}, SLICE_SLACK_S)

    def run(self, order: SliceOrder, at_end: Callable[[], None] | None = None) -> SliceOutcome:
        """See `LoadDriver`."""
        message = {
            "do": "run",
            "label": order.label,
            "operation": order.operation,
            "connections": order.shape.connections,
            "rate_per_s": order.shape.rate_per_s,
            "spacing": self._spacing,
            "duration_s": order.duration_s,
            "rows": order.rows,
            "seed": order.seed,
        }
        try:
            self._ask(message, order.duration_s + SLICE_SLACK_S)
            if at_end is not None:
                at_end()
            return SliceOutcome(**self._process.answer(SLICE_SLACK_S))
        except KeyboardInterrupt:
            with suppress(BenchmarksError):
                raise SliceInterrupted(self._cut_short()) from None
            raise

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
        if kind is None:
            self.close()
        else:
            self._process.kill()

    def _ask(self, message: Mapping[str, Any], timeout_s: float) -> Mapping[str, Any]:
        answer = self._process.ask(message, timeout_s)
        if "error" in answer:
            raise EngineRefused(answer["error"])
        return answer

    def _cut_short(self) -> SliceOutcome:
        answer = self._process.interrupt(CUT_S)
        if "ended" in answer:
            answer = self._process.answer(CUT_S)
        return SliceOutcome(**answer)

    def _make_ready(self) -> None:
        if self._ready:
            return
        self._process.answer(START_TIMEOUT_S)
        for workload in self._workloads:
            self._send(workload)
        self._ready = True

    def _send(self, workload: Workload) -> None:
        members = ("operation", "rows", "method", "path", "any_model", "fields")
        message = {
            "do": "workload",
            "workload": {name: getattr(workload, name) for name in members},
            "exchanges": [[pair.content, pair.answer] for pair in workload.exchanges],
        }
        self._ask(message, SLICE_SLACK_S)
