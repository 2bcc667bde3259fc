"""Timing a loop from a warm start to a drained end."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter_ns as clock_ns
from time import process_time_ns

from benchmarks.engine.counts.tally import Counted, Tally
from benchmarks.engine.errors import Miscounted
from benchmarks.engine.loops.loop import NEVER_NS, Loop

WARM_UP_S = 10.0


def settle_memory() -> None:
    """Collect garbage once, and let later collections leave out all that is there now.

    A collection of this process's 60,000 objects takes 50 ms, too long between two slices; one of
    what came since takes none.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


@contextmanager
def no_collection() -> Iterator[None]:
    """Keep Python's garbage collector out of timed code; it looks at what is new before."""
    gc.collect(0)
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@dataclass(frozen=True)
class Outcome:
    """The counts of one slice or run, from the start of timing to the end of the drain.

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
    """The clock and counts of `loop` from a warm start to a drained end."""

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        self.start_ns = 0
        self._cpu_ns = 0
        self._warm = Tally()

    def begin(self, *, warm_up: bool = True) -> None:
        """Warm up, untimed, and start timing."""
        pool = self.loop.pool
        pool.reset()
        pool.tally = self._warm
        self.loop.prepare()
        if warm_up:
            self.loop.warm_up(clock_ns() + int(WARM_UP_S * 1e9))
        pool.tally = Tally(open_loop=self.loop.is_open)
        self.loop.pauses.begin()
        self._cpu_ns, self.start_ns = self._useful_cpu_ns(), clock_ns()

    def counted(self, ended: Callable[[], None] | None = None) -> Counted:
        """Return the counts since timing started; `ended` is called when its time has been taken.

        To make histograms takes milliseconds, in which the caller may do something else.
        """
        cpu_ns = self._useful_cpu_ns() - self._cpu_ns
        wall_ns = clock_ns() - self.start_ns
        if ended is not None:
            ended()
        return self.loop.pool.tally.counted(
            self.loop.unsent, max(0, cpu_ns) / 1e9, wall_ns / 1e9, self.loop.pauses.total_ns / 1e9
        )

    def _useful_cpu_ns(self) -> int:
        return process_time_ns() - self.loop.polling_ns

    def end(
        self, patience_s: float | None = None, ended: Callable[[], None] | None = None
    ) -> Outcome:
        """Drain for at most `patience_s`, or until each request is answered or timed out.

        `ended` is called then, before anything is made of the counts.
        """
        loop, pool = self.loop, self.loop.pool
        drain_ns = clock_ns()
        loop.drain(NEVER_NS if patience_s is None else drain_ns + int(patience_s * 1e9))
        drain_ns = clock_ns() - drain_ns
        outcome = Outcome(
            counted=self.counted(ended),
            warm=self._warm.counted(),
            drain_s=drain_ns / 1e9,
            started=pool.started,
            idle_closes=pool.idle_closes,
            most_connections=pool.most_connections,
        )
        ends = outcome.counted.sent + outcome.warm.sent
        if ends != pool.started:
            raise Miscounted(pool.started, ends)
        return outcome
