"""One slice: warm up, time a load shape for a while, drain, and say what was counted."""

from collections.abc import Iterator

from benchmarks.engine.loops.arrivals import Arrivals
from benchmarks.engine.loops.closed_loop import ClosedLoop
from benchmarks.engine.loops.open_loop import OpenLoop
from benchmarks.engine.loops.timing import Outcome, Timing, no_collection
from benchmarks.engine.sockets.connection import IDLE
from benchmarks.engine.sockets.pool import Wire
from benchmarks.engine.sockets.request import Exchange


def run_closed(
    wire: Wire, stream: Iterator[Exchange], connections: int, duration_s: float
) -> Outcome:
    """One closed-loop slice over `connections` connections, at least `duration_s` long."""
    timing = Timing(ClosedLoop(wire, stream, connections))
    with no_collection():
        timing.begin()
        # What is in flight at the start is among the answers; of its time, what lies in the slice.
        wire.tally.sum_ns -= sum(
            timing.start_ns - one.due_ns for one in wire.connections if one.exchange is not IDLE
        )
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
        outcome = timing.end()
    wire.resize(connections)
    return outcome
