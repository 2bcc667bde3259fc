"""Open loop: requests start at times fixed in advance, whatever the server does."""

from collections import deque
from collections.abc import Iterator
from time import perf_counter_ns as clock_ns

from benchmarks.engine.loops.loop import CHECK_NS, NEVER_NS, STEP_NS, Loop
from benchmarks.engine.sockets.connection import PooledConnection
from benchmarks.engine.sockets.pool import FREE, LOST, ConnectionPool
from benchmarks.engine.sockets.request import EncodedExchange

SPIN_NS = 2_000_000
"""The loop polls busily when the next start is nearer than this.

A wait ends up to 1 ms late, and a core that slept wakes late.
"""


class OpenLoop(Loop):
    """An open loop: each request starts when due, on a free connection or a new one up to `most`.

    Beyond that, due requests wait; their response time counts from when they were due. A request
    that has waited as long as the time-out is not sent, and counted in `unsent`.
    """

    is_open = True

    def __init__(
        self, pool: ConnectionPool, stream: Iterator[EncodedExchange], connections: int, most: int
    ) -> None:
        super().__init__(pool, stream, connections)
        self.most = max(most, connections)
        self._idle: deque[PooledConnection] = deque()
        self._arrivals: Iterator[int] = iter(())
        self._start_ns = 0
        self._end_ns = 0
        self._due_ns = NEVER_NS
        self._blocked = False

    def warm_up(self, deadline_ns: int) -> bool:
        """Warm up as in `Loop`, with nothing in flight afterwards: only arrivals start requests."""
        self._idle.clear()
        warm = super().warm_up(deadline_ns)
        while self.pool.in_flight and clock_ns() < deadline_ns:
            self.turn(clock_ns() + STEP_NS)
        return warm

    def schedule(self, offsets_ns: Iterator[int], start_ns: int, end_ns: int = NEVER_NS) -> None:
        """Set the due times: `start_ns` + each offset, up to `end_ns`."""
        self._arrivals = offsets_ns
        self._start_ns = start_ns
        self._end_ns = end_ns
        self._next_due()

    def turn(self, until_ns: int) -> None:
        pool, idle, cold, retiring = self.pool, self._idle, self._cold, self._retiring
        poll, by_fd, receive = pool.readiness.poll, pool.by_fd, pool.receive
        empty = 0
        while (now := clock_ns()) < until_ns:
            if now >= self._check_ns:
                self._check(now)
            if now >= self._due_ns and not self._blocked:
                self._start_due()
            timeout_s = self._wait_s(min(self._due_ns, until_ns) - now)
            events = poll(timeout_s)
            if not events and not timeout_s:
                empty += 1
            for fd, mask in events:
                connection = by_fd[fd]
                outcome = receive(connection, mask)
                if outcome == FREE:
                    if (cold or retiring) and self._marked(connection):
                        continue
                    idle.append(connection)
                elif outcome == LOST:
                    self._lost(connection)
                if clock_ns() >= self._due_ns:
                    self._start_due()
        self._empty += empty

    def drain(self, deadline_ns: int) -> None:
        """Send the requests that are due and waiting, then wait for those in flight."""
        self._end_ns = min(self._end_ns, clock_ns())
        if self._due_ns > self._end_ns:
            self._due_ns = NEVER_NS
        while self._due_ns < NEVER_NS and clock_ns() < deadline_ns:
            self.turn(min(clock_ns() + STEP_NS, deadline_ns))
        while self._due_ns < NEVER_NS:
            self.unsent += 1
            self._next_due()
        super().drain(deadline_ns)
        self._idle.clear()

    def _find_nothing(self, until_ns: int) -> None:
        due_ns, self._due_ns = self._due_ns, NEVER_NS
        self.turn(until_ns)
        self._due_ns = due_ns

    def _wait_s(self, wait_ns: int) -> float:
        if self._blocked:
            return CHECK_NS / 1e9  # no connection is free: only an answer helps
        return 0 if wait_ns < SPIN_NS else min(wait_ns - SPIN_NS, CHECK_NS) // 1_000_000 / 1000

    def _start_due(self) -> None:
        """Start all requests that are due, as far as there are connections."""
        self._blocked = False
        while (now := clock_ns()) >= self._due_ns:
            due_ns = self._due_ns
            if now - due_ns > self.pool.timeout_ns:
                self.unsent += 1
                self._next_due()
                continue
            connection = self._free_connection()
            if connection is None:
                self._blocked = True
                return
            self._next_due()
            if not self.pool.start(connection, next(self.stream), due_ns):
                self._lost(connection)

    def _next_due(self) -> None:
        due_ns = self._start_ns + next(self._arrivals, NEVER_NS)
        self._due_ns = due_ns if due_ns <= self._end_ns else NEVER_NS

    def _free_connection(self) -> PooledConnection | None:
        if self._idle:
            return self._idle.popleft()
        if self._later:
            return self._later.pop()[1]
        if len(self.pool.connections) < self.most:
            return self.pool.add()
        return None

    def _lost(self, connection: PooledConnection) -> None:
        self._forget_idle(connection)
        super()._lost(connection)

    def _retire(self, connection: PooledConnection) -> None:
        self._forget_idle(connection)
        super()._retire(connection)

    def _forget_idle(self, connection: PooledConnection) -> None:
        if connection in self._idle:
            self._idle.remove(connection)

    def _again(self, connection: PooledConnection) -> None:
        self._connect(connection)
