"""One slice: warm up, time a load shape for a while, drain, and say what was counted."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter_ns as clock_ns
from time import process_time_ns

from benchmarks.engine.closed_loop import ClosedLoop
from benchmarks.engine.errors import Miscounted
from benchmarks.engine.exchange import Exchange
from benchmarks.engine.histogram import Histogram
from benchmarks.engine.loop import Loop
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
    return Timing(ClosedLoop(wire, stream, connections)).run(duration_s)


class Timing:
    """Times a loop from a warm start to a drained end."""

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        self.wire = loop.wire

    def run(self, duration_s: float) -> Outcome:
        wire, loop = self.wire, self.loop
        wire.started = wire.idle_closes = 0
        wire.tally = warm = Tally()
        with no_collection():
            loop.warm_up(clock_ns() + int(WARM_UP_S * 1e9))
            wire.tally = tally = Tally()
            cpu_ns, start_ns = process_time_ns(), clock_ns()
            end_ns = start_ns + int(duration_s * 1e9)
            loop.turn(end_ns)
            drain_ns = clock_ns()
            loop.drain(drain_ns + 2 * wire.timeout_ns)
            stop_ns, cpu_ns = clock_ns(), process_time_ns() - cpu_ns
        outcome = Outcome(
            duration_s=(stop_ns - start_ns) / 1e9,
            sent=tally.answered + tally.failed,
            answered=tally.answered,
            failures=tally.failures,
            examples=tally.examples,
            times=Histogram(tally.times),
            service=Histogram(tally.service),
            lag=Histogram(tally.lag),
            sum_us=tally.sum_ns // 1000,
            generator_cpu_s=(cpu_ns - loop.polling_ns) / 1e9,
            drain_s=(stop_ns - drain_ns) / 1e9,
            idle_closes=wire.idle_closes,
            most_connections=len(wire.connections),
            warm_failures=warm.failures,
            warm_examples=warm.examples,
        )
        ended = outcome.sent + warm.answered + warm.failed
        if ended != wire.started:
            raise Miscounted(wire.started, ended)
        return outcome
