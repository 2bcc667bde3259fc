"""The base of the closed and the open loop: warm-up, retries, time-outs and drain."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from time import perf_counter_ns as clock_ns
from time import process_time_ns

from benchmarks.engine.loops.pauses import Pauses
from benchmarks.engine.sockets.connection import IDLE, PooledConnection
from benchmarks.engine.sockets.pool import PENDING, ConnectionPool
from benchmarks.engine.sockets.request import EncodedExchange

WARM_NS = 5_000_000
HOPELESS = 3
"""The warm-up does not wait for a connection that has failed this many times in a row."""

STEP_NS = 1_000_000
CHECK_NS = 20_000_000
OVERDUE_NS = 100_000_000
LONGEST_BACKOFF_NS = 1_000_000_000
NEVER_NS = 1 << 62


class Loop(ABC):
    """A loop that sends requests from `stream` on the connections of `pool`."""

    is_open = False
    """Whether each request has a due time, from which its response time counts."""

    def __init__(
        self, pool: ConnectionPool, stream: Iterator[EncodedExchange], connections: int
    ) -> None:
        pool.resize(connections)
        self.pool = pool
        self.stream = stream
        self.unsent = 0
        """Requests that were due in an open loop and never sent."""
        self.pauses = Pauses(2 * CHECK_NS)  # a check is due every so often, and waits as long
        self._cold: set[int] = set()
        self._retiring: set[int] = set()
        self._later: list[tuple[int, PooledConnection]] = []
        self._check_ns = 0
        self._overdue_ns = 0
        self._late = False
        self._empty = 0
        self._empty_cost_ns = 0.0

    @property
    def polling_ns(self) -> int:
        """CPU time spent so far on polls that found nothing, in nanoseconds."""
        return int(self._empty * self._empty_cost_ns)

    def prepare(self) -> None:
        """Measure the CPU time of a poll that finds nothing, before anything is in flight.

        Once for each pool, for it takes 5 ms. The lowest of several tries counts, so that too
        little is left out rather than too much.
        """
        known = self.pool.empty_costs_ns.get(self.is_open)
        if known is not None:
            self._empty_cost_ns = known
            return
        costs_ns = []
        for _ in range(5):
            self._empty = 0
            cpu_ns = process_time_ns()
            self._find_nothing(clock_ns() + STEP_NS)
            costs_ns.append((process_time_ns() - cpu_ns) / max(1, self._empty))
        self._empty = 0
        self._empty_cost_ns = self.pool.empty_costs_ns[self.is_open] = min(costs_ns)

    @abstractmethod
    def _find_nothing(self, until_ns: int) -> None:
        """Poll as the loop does when nothing is ready, and count the polls in `_empty`."""

    @abstractmethod
    def turn(self, until_ns: int) -> None:
        """Run until the clock (`time.perf_counter_ns`) shows `until_ns`."""

    @abstractmethod
    def _again(self, connection: PooledConnection) -> None:
        """Reuse a lost connection now."""

    def warm_up(self, deadline_ns: int) -> bool:
        """Have each connection answered once and 5 ms pass; return `False` past the deadline.

        It does not wait for a connection that keeps failing, and reopens those that were closed
        while idle. Requests may be in flight afterwards.
        """
        for fd, mask in self.pool.readiness.poll(0):
            self.pool.receive(self.pool.by_fd[fd], mask)
        self._cold.update(connection.number for connection in self.pool.connections)
        for connection in self.pool.connections:
            if not self.pool.start(connection, next(self.stream)):
                self._lost(connection)
        self.turn(clock_ns() + WARM_NS)
        while self._cold:
            now = clock_ns()
            if now > deadline_ns:
                return False
            self.turn(now + STEP_NS)
        return True

    def grow(self, connections: int) -> None:
        """Add connections between two turns; each sends its first request once connected."""
        for _ in range(connections):
            self._connect(self.pool.add())

    def shrink(self, connections: int) -> None:
        """Remove connections between two turns; busy ones once their answer has come."""
        staying = [kept for kept in self.pool.connections if kept.number not in self._retiring]
        for connection in staying[len(staying) - connections :]:
            if connection.exchange is IDLE:
                self._retire(connection)
            else:
                self._retiring.add(connection.number)

    def drain(self, deadline_ns: int) -> None:
        """Start nothing more; wait for requests in flight, and fail those left at the deadline."""
        self._later.clear()
        waiting = self.pool.in_flight
        while waiting > 0:
            now = clock_ns()
            self.pauses.look(now)
            if now >= deadline_ns:
                self.pool.cut()
                return
            for fd, mask in self.pool.readiness.poll(CHECK_NS / 1e9):
                if self.pool.receive(self.pool.by_fd[fd], mask) != PENDING:
                    waiting -= 1
            waiting -= len(self._overdue(now))
            if waiting <= 0:
                # A connection closed while idle was counted as an end too, so count again.
                waiting = self.pool.in_flight

    def _marked(self, connection: PooledConnection) -> bool:
        """Note that a connection is free; return whether it was retiring, and is now removed."""
        self._cold.discard(connection.number)
        if connection.number not in self._retiring:
            return False
        self._retire(connection)
        return True

    def _retire(self, connection: PooledConnection) -> None:
        self._retiring.discard(connection.number)
        self._later = [waiting for waiting in self._later if waiting[1] is not connection]
        self.pool.remove(connection)

    def _connect(self, connection: PooledConnection) -> None:
        """Open a connection without a request: it is free once connected."""
        try:
            self.pool.connect(connection)
        except OSError:
            connection.streak += 1
            self._lost(connection)

    def _lost(self, connection: PooledConnection) -> None:
        """Retry a closed connection: at once after one failure, with a growing delay after more."""
        if connection.streak == 0 or connection.streak >= HOPELESS:
            self._cold.discard(connection.number)
        if connection.number in self._retiring:
            self._retire(connection)
        elif connection.streak <= 1:
            self._again(connection)
        else:
            delay_ns = min(1_000_000 << min(connection.streak, 10), LONGEST_BACKOFF_NS)
            self._later.append((clock_ns() + delay_ns, connection))

    def _overdue(self, now: int) -> list[PooledConnection]:
        """Return connections whose request has just timed out; looks every 100 ms.

        A look that comes late, once, is left out: what was answered while we did not run is not
        read yet.
        """
        if now < self._overdue_ns:
            return []
        self._late = not self._late and 0 < self._overdue_ns < now - OVERDUE_NS
        self._overdue_ns = now + OVERDUE_NS
        return [] if self._late else list(self.pool.overdue(now))

    def _check(self, now: int) -> None:
        """Retry lost connections; every 100 ms, fail requests that timed out."""
        self._check_ns = now + CHECK_NS
        self.pauses.look(now)
        for connection in self._overdue(now):
            self._lost(connection)
        if self._later:
            due = [connection for at_ns, connection in self._later if at_ns <= now]
            self._later = [(at_ns, connection) for at_ns, connection in self._later if at_ns > now]
            for connection in due:
                self._again(connection)
