"""Timing a loop from a warm start to a drained end."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter_ns as clock_ns
from time import process_time_ns

from benchmarks.engine.counts.tally import Counted, Tally
from benchmarks.engine.errors import Miscounted
from benchmarks.engine.loops.loop import NEVER_NS, Loop

WARM_UP_S = 10.0


@contextmanager
def no_collection() -> Iterator[None]:
    """Keep Python's garbage collector out of what is timed: all of it runs before and after."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


@dataclass(frozen=True)
class Outcome:
    """One slice or run, from when timing started to when nothing was in flight.

    Its time, `counted.wall_s`, includes the drain. `warm` was counted before timing started, and
    `started` counts the requests of both.
    """

    counted: Counted
    warm: Counted
    drain_s: float
    started: int
    idle_closes: int
    most_connections: int


class Timing:
    """What is counted of `loop` from a warm start to a drained end."""

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        self.start_ns = 0
        self._cpu_ns = 0
        self._warm = Tally()

    def begin(self, *, warm_up: bool = True) -> None:
        """Warm up, untimed, and start timing."""
        wire = self.loop.wire
        wire.reset()
        wire.tally = self._warm
        self.loop.prepare()
        if warm_up:
            self.loop.warm_up(clock_ns() + int(WARM_UP_S * 1e9))
        wire.tally = Tally(open_loop=self.loop.is_open)
        self._cpu_ns, self.start_ns = self._useful_cpu_ns(), clock_ns()

    def counted(self) -> Counted:
        """What has been counted since timing started."""
        cpu_ns = self._useful_cpu_ns() - self._cpu_ns
        wall_ns = clock_ns() - self.start_ns
        return self.loop.wire.tally.counted(self.loop.unsent, max(0, cpu_ns) / 1e9, wall_ns / 1e9)

    def _useful_cpu_ns(self) -> int:
        return process_time_ns() - self.loop.polling_ns

    def end(self, patience_s: float | None = None) -> Outcome:
        """Drain, for at most `patience_s` (else until each request is answered or timed out)."""
        loop, wire = self.loop, self.loop.wire
        drain_ns = clock_ns()
        loop.drain(NEVER_NS if patience_s is None else drain_ns + int(patience_s * 1e9))
        drain_ns = clock_ns() - drain_ns
        outcome = Outcome(
            counted=self.counted(),
            warm=self._warm.counted(),
            drain_s=drain_ns / 1e9,
            started=wire.started,
            idle_closes=wire.idle_closes,
            most_connections=wire.most_connections,
        )
        ended = outcome.counted.sent + outcome.warm.sent
        if ended != wire.started:
            raise Miscounted(wire.started, ended)
        return outcome
