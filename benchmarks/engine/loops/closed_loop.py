"""Closed loop: each connection sends its next request when its answer has come."""

from collections.abc import Callable, Sequence
from time import perf_counter_ns as clock_ns

from benchmarks.engine.loops.loop import CHECK_NS, Loop
from benchmarks.engine.sockets.connection import PooledConnection
from benchmarks.engine.sockets.pool import FREE, LOST
from benchmarks.engine.sockets.readiness import open_readiness
from benchmarks.machine.cores import usable_cores

# Read before the load process is pinned to one of them.
SPIN_NS = 50_000 if len(usable_cores()) > 1 else 0
"""Time that the loop polls with nothing ready before it sleeps.

Waking a sleeping core is work for the core that wakes it: the server's. So a generator that sleeps
between answers takes some of the capacity that it measures, and takes more of it from a faster
server, which wakes it more often.
"""

Poll = Callable[[float], Sequence[tuple[int, int]]]


class ClosedLoop(Loop):
    """A closed loop, with one request in flight on each connection; measures capacity."""

    def turn(self, until_ns: int) -> None:
        pool, stream, cold, retiring = self.pool, self.stream, self._cold, self._retiring
        poll, by_fd = pool.readiness.poll, pool.by_fd
        receive, start = pool.receive, pool.start
        while True:
            now = clock_ns()
            if now >= until_ns:
                return
            if now >= self._check_ns:
                self._check(now)
            events = poll(0) or self._spin(poll, min(now + SPIN_NS, until_ns))
            for fd, mask in events or poll(min(until_ns - now, CHECK_NS) / 1e9):
                connection = by_fd[fd]
                outcome = receive(connection, mask)
                if outcome == FREE:
                    if (cold or retiring) and self._marked(connection):
                        continue
                    if not start(connection, next(stream)):
                        self._lost(connection)
                elif outcome == LOST:
                    self._lost(connection)

    def _spin(self, poll: Poll, until_ns: int) -> Sequence[tuple[int, int]]:
        """Poll busily until something is ready or the time is over; return the ready events."""
        empty = 0
        events: Sequence[tuple[int, int]] = ()
        while not events and clock_ns() < until_ns:
            empty += 1
            events = poll(0)
        self._empty += empty
        return events

    def _find_nothing(self, until_ns: int) -> None:
        # Without sockets, because answers to what is in flight may come at any time.
        readiness = open_readiness()
        self._spin(readiness.poll, until_ns)
        readiness.close()

    def _again(self, connection: PooledConnection) -> None:
        if not self.pool.start(connection, next(self.stream)):
            self._lost(connection)
