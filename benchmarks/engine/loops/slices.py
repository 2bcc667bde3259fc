"""One slice: warm up, apply a load shape for its duration, drain, and return the counts."""

from collections.abc import Iterator

from benchmarks.engine.loops.arrivals import Arrivals
from benchmarks.engine.loops.closed_loop import ClosedLoop
from benchmarks.engine.loops.open_loop import OpenLoop
from benchmarks.engine.loops.timing import Outcome, Timing, no_collection
from benchmarks.engine.sockets.connection import IDLE
from benchmarks.engine.sockets.pool import ConnectionPool
from benchmarks.engine.sockets.request import EncodedExchange


def run_closed(
    pool: ConnectionPool, stream: Iterator[EncodedExchange], connections: int, duration_s: float
) -> Outcome:
    """Run one closed-loop slice over `connections` connections, at least `duration_s` long."""
    timing = Timing(ClosedLoop(pool, stream, connections))
    with no_collection():
        timing.begin()
        # Requests in flight at the start are among the answers, with their time inside the slice.
        pool.tally.sum_ns -= sum(
            timing.start_ns - busy.due_ns for busy in pool.connections if busy.exchange is not IDLE
        )
        timing.loop.turn(timing.start_ns + int(duration_s * 1e9))
        return timing.end()


def run_open(
    pool: ConnectionPool,
    stream: Iterator[EncodedExchange],
    connections: int,
    *,
    most: int,
    arrivals: Arrivals,
    duration_s: float,
) -> Outcome:
    """Run one open-loop slice: the arrivals of `duration_s`, over up to `most` connections."""
    loop = OpenLoop(pool, stream, connections, most)
    timing = Timing(loop)
    with no_collection():
        timing.begin()
        end_ns = timing.start_ns + int(duration_s * 1e9)
        loop.schedule(arrivals.offsets_ns(), timing.start_ns, end_ns)
        loop.turn(end_ns)
        outcome = timing.end()
    pool.resize(connections)
    return outcome
