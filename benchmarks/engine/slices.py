"""One slice: warm up, time a load shape for a while, drain, and say what was counted."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter_ns as clock_ns
from time import process_time_ns

from benchmarks.engine.arrivals import Arrivals
from benchmarks.engine.closed_loop import ClosedLoop
from benchmarks.engine.errors import Miscounted
from benchmarks.engine.exchange import Exchange
from benchmarks.engine.histogram import Histogram
from benchmarks.engine.loop import Loop
from benchmarks.engine.open_loop import OpenLoop
from benchmarks.engine.tally import Outcome, Tally
from benchmarks.engine.wire import Wire

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


def run_closed(
    wire: Wire, stream: Iterator[Exchange], connections: int, duration_s: float
) -> Outcome:
    """One closed-loop slice over `connections` connections, at least `duration_s` long."""
    timing = Timing(ClosedLoop(wire, stream, connections))
    with no_collection():
        timing.begin()
        timing.loop.turn(timing.start_ns + int(duration_s * 1e9))
        return timing.end()


def run_open(
    wire: Wire,
    stream: Iterator[Exchange],
    connections: int,
    *,
    most: int,
    arrivals: Arrivals,
    duration_s: float,
) -> Outcome:
    """One open-loop slice: the arrivals of `duration_s`, over up to `most` connections."""
    loop = OpenLoop(wire, stream, connections, most)
    timing = Timing(loop)
    with no_collection():
        timing.begin()
        end_ns = timing.start_ns + int(duration_s * 1e9)
        loop.schedule(arrivals.offsets_ns(), timing.start_ns, end_ns)
        loop.turn(end_ns)
        return timing.end()


class Timing:
    """What is counted of `loop` from a warm start to a drained end."""

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        self.start_ns = 0
        self.paused_ns = 0
        self.longest_pause_ns = 0
        self._cpu_ns = 0
        self._warm = Tally()

    def begin(self) -> None:
        """Warm up, untimed, and start timing."""
        wire, loop = self.loop.wire, self.loop
        wire.started = wire.idle_closes = 0
        wire.tally = self._warm
        loop.warm_up(clock_ns() + int(WARM_UP_S * 1e9))
        wire.tally = Tally()
        self._cpu_ns, self.start_ns = process_time_ns(), clock_ns()

    @contextmanager
    def pause(self) -> Iterator[None]:
        """Account for what is done inside: something else than making load."""
        before_ns = clock_ns()
        yield
        pause_ns = clock_ns() - before_ns
        self.paused_ns += pause_ns
        self.longest_pause_ns = max(self.longest_pause_ns, pause_ns)

    def end(self, patience_s: float | None = None) -> Outcome:
        """Drain, for at most `patience_s` (else until each request is answered or timed out)."""
        loop, wire, warm = self.loop, self.loop.wire, self._warm
        tally = wire.tally
        drain_ns = clock_ns()
        patience_ns = 2 * wire.timeout_ns if patience_s is None else int(patience_s * 1e9)
        loop.drain(drain_ns + patience_ns)
        stop_ns, cpu_ns = clock_ns(), process_time_ns() - self._cpu_ns
        outcome = Outcome(
            duration_s=(stop_ns - self.start_ns) / 1e9,
            sent=tally.answered + tally.failed,
            answered=tally.answered,
            failures=tally.failures,
            examples=tally.examples,
            times=Histogram(tally.times),
            service=Histogram(tally.service),
            lag=Histogram(tally.lag),
            sum_us=tally.sum_ns // 1000,
            generator_cpu_s=max(0, cpu_ns - loop.polling_ns) / 1e9,
            drain_s=(stop_ns - drain_ns) / 1e9,
            idle_closes=wire.idle_closes,
            unsent=loop.unsent,
            most_connections=len(wire.connections),
            paused_s=self.paused_ns / 1e9,
            longest_pause_s=self.longest_pause_ns / 1e9,
            warm_failures=warm.failures,
            warm_examples=warm.examples,
            started=wire.started,
        )
        ended = outcome.sent + warm.answered + warm.failed
        if ended != wire.started:
            raise Miscounted(wire.started, ended)
        return outcome
