"""Closed loop: each connection sends its next request when its answer has come."""

from time import perf_counter_ns as clock_ns

from benchmarks.engine.connection import Connection
from benchmarks.engine.loop import CHECK_NS, Loop
from benchmarks.engine.wire import FREE, LOST


class ClosedLoop(Loop):
    """As many requests in flight as there are connections; measures capacity."""

    def turn(self, until_ns: int) -> None:
        wire, stream, cold, retiring = self.wire, self.stream, self._cold, self._retiring
        poll, by_fd = wire.readiness.poll, wire.by_fd
        receive, start = wire.receive, wire.start
        while True:
            now = clock_ns()
            if now >= until_ns:
                return
            if now >= self._check_ns:
                self._check(now)
            for fd, mask in poll(min(until_ns - now, CHECK_NS) / 1e9):
                connection = by_fd[fd]
                outcome = receive(connection, mask)
                if outcome == FREE:
                    if (cold or retiring) and self._marked(connection):
                        continue
                    if not start(connection, next(stream)):
                        self._lost(connection)
                elif outcome == LOST:
                    self._lost(connection)

    def _again(self, connection: Connection) -> None:
        if not self.wire.start(connection, next(self.stream)):
            self._lost(connection)
