"""One slice: warm up, apply a load shape for its duration, drain, and return the counts."""

from collections.abc import Callable, Iterator
from time import perf_counter_ns as clock_ns

from benchmarks.engine.loops.arrivals import Arrivals
from benchmarks.engine.loops.closed_loop import ClosedLoop
from benchmarks.engine.loops.loop import Loop
from benchmarks.engine.loops.open_loop import OpenLoop
from benchmarks.engine.loops.timing import Outcome, Timing, no_collection
from benchmarks.engine.sockets.connection import IDLE
from benchmarks.engine.sockets.pool import ConnectionPool
from benchmarks.engine.sockets.request import EncodedExchange

TURN_NS = 100_000_000
"""Time between two looks at whether a slice is to stop before its end."""
STOPPED_PATIENCE_S = 0.25
"""Time to wait for answers in flight when it has been stopped."""

Stopped = Callable[[], bool]
Ended = Callable[[], None]


def run_closed(
    pool: ConnectionPool,
    stream: Iterator[EncodedExchange],
    connections: int,
    duration_s: float,
    *,
    stopped: Stopped = bool,
    ended: Ended | None = None,
) -> Outcome:
    """Run one closed-loop slice over `connections` connections, at least `duration_s` long.

    Once `stopped` says so, it ends with what it has counted by then. `ended` is called when its
    last answer is there.
    """
    timing = Timing(ClosedLoop(pool, stream, connections))
    with no_collection():
        timing.begin()
        # Requests in flight at the start are among the answers, with their time inside the slice.
        pool.tally.sum_ns -= sum(
            timing.start_ns - busy.due_ns for busy in pool.connections if busy.exchange is not IDLE
        )
        _turn(timing.loop, timing.start_ns + int(duration_s * 1e9), stopped)
        return timing.end(STOPPED_PATIENCE_S if stopped() else None, ended)


def run_open(
    pool: ConnectionPool,
    stream: Iterator[EncodedExchange],
    connections: int,
    *,
    most: int,
    arrivals: Arrivals,
    duration_s: float,
    stopped: Stopped = bool,
    ended: Ended | None = None,
) -> Outcome:
    """Run one open-loop slice: the arrivals of `duration_s`, over up to `most` connections.

    `stopped` and `ended` as in `run_closed`.
    """
    loop = OpenLoop(pool, stream, connections, most)
    timing = Timing(loop)
    with no_collection():
        timing.begin()
        end_ns = timing.start_ns + int(duration_s * 1e9)
        loop.schedule(arrivals.offsets_ns(), timing.start_ns, end_ns)
        _turn(loop, end_ns, stopped)
        outcome = timing.end(STOPPED_PATIENCE_S if stopped() else None, ended)
    pool.resize(connections)
    return outcome


def _turn(loop: Loop, end_ns: int, stopped: Stopped) -> None:
    while (now := clock_ns()) < end_ns and not stopped():
        loop.turn(min(end_ns, now + TURN_NS))
