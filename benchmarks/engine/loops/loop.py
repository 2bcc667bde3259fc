"""What the closed and the open loop share: warming up, trying again, giving up, draining."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from time import perf_counter_ns as clock_ns
from time import process_time_ns

from benchmarks.engine.sockets.connection import IDLE, Connection
from benchmarks.engine.sockets.pool import PENDING, Wire
from benchmarks.engine.sockets.request import Exchange

WARM_NS = 5_000_000
HOPELESS = 3
"""A connection that has failed so often in a row is not waited for in the warm-up."""

STEP_NS = 1_000_000
CHECK_NS = 20_000_000
OVERDUE_NS = 100_000_000
LONGEST_BACKOFF_NS = 1_000_000_000
NEVER_NS = 1 << 62


class Loop(ABC):
    """Starts requests from `stream` on the connections of `wire`, and takes their answers."""

    is_open = False
    """Whether response times count from a due time of their own."""

    def __init__(self, wire: Wire, stream: Iterator[Exchange], connections: int) -> None:
        wire.resize(connections)
        self.wire = wire
        self.stream = stream
        self.unsent = 0
        """Requests that were due in an open loop and never sent."""
        self._cold: set[int] = set()
        self._retiring: set[int] = set()
        self._later: list[tuple[int, Connection]] = []
        self._check_ns = 0
        self._overdue_ns = 0
        self._empty = 0
        self._empty_cost_ns = 0.0

    @property
    def polling_ns(self) -> int:
        """CPU time spent on finding nothing ready so far, in nanoseconds: of no use to anybody."""
        return int(self._empty * self._empty_cost_ns)

    def prepare(self) -> None:
        """Before anything is in flight: measure what finding nothing ready costs of CPU time.

        The least of several tries: rather too little is left out than too much.
        """
        costs_ns = []
        for _ in range(5):
            self._empty = 0
            cpu_ns = process_time_ns()
            self._find_nothing(clock_ns() + STEP_NS)
            costs_ns.append((process_time_ns() - cpu_ns) / max(1, self._empty))
        self._empty = 0
        self._empty_cost_ns = min(costs_ns)

    @abstractmethod
    def _find_nothing(self, until_ns: int) -> None:
        """Poll as the loop does when nothing is ready, and count into `_empty`."""

    @abstractmethod
    def turn(self, until_ns: int) -> None:
        """Go on until the clock (`time.perf_counter_ns`) shows `until_ns`."""

    @abstractmethod
    def _again(self, connection: Connection) -> None:
        """Put a connection that was lost to use again, now."""

    def warm_up(self, deadline_ns: int) -> bool:
        """Have each connection answered once, and 5 ms pass; `False` if that takes too long.

        One that fails again and again is not waited for. What was closed while idle is opened
        again. Requests may be in flight afterwards.
        """
        for fd, mask in self.wire.readiness.poll(0):
            self.wire.receive(self.wire.by_fd[fd], mask)
        self._cold.update(connection.number for connection in self.wire.connections)
        for connection in self.wire.connections:
            if not self.wire.start(connection, next(self.stream)):
                self._lost(connection)
        while True:
            now = clock_ns()
            self.turn(now + WARM_NS)
            if not self._cold:
                return True
            if now > deadline_ns:
                return False

    def grow(self, connections: int) -> None:
        """Add connections between two turns; each sends its first request once it stands."""
        for _ in range(connections):
            self._connect(self.wire.add())

    def shrink(self, connections: int) -> None:
        """Give connections up between two turns; those in use once their answer has come."""
        staying = [one for one in self.wire.connections if one.number not in self._retiring]
        for connection in staying[len(staying) - connections :]:
            if connection.exchange is IDLE:
                self._retire(connection)
            else:
                self._retiring.add(connection.number)

    def drain(self, deadline_ns: int) -> None:
        """Start nothing more; wait for what is in flight, and cut what is left at the deadline."""
        self._later.clear()
        waiting = self.wire.in_flight
        while waiting > 0:
            now = clock_ns()
            if now >= deadline_ns:
                self.wire.cut()
                return
            for fd, mask in self.wire.readiness.poll(CHECK_NS / 1e9):
                if self.wire.receive(self.wire.by_fd[fd], mask) != PENDING:
                    waiting -= 1
            waiting -= len(self._overdue(now))
            if waiting <= 0:
                # A connection closed while idle counts as an end too: look.
                waiting = self.wire.in_flight

    def _marked(self, connection: Connection) -> bool:
        """A free connection was cold, or is retiring: whether it is not to be used any more."""
        self._cold.discard(connection.number)
        if connection.number not in self._retiring:
            return False
        self._retire(connection)
        return True

    def _retire(self, connection: Connection) -> None:
        self._retiring.discard(connection.number)
        self._later = [waiting for waiting in self._later if waiting[1] is not connection]
        self.wire.remove(connection)

    def _connect(self, connection: Connection) -> None:
        """Open it, without a request: it is free when it stands."""
        try:
            self.wire.connect(connection)
        except OSError:
            connection.streak += 1
            self._lost(connection)

    def _lost(self, connection: Connection) -> None:
        """Try a closed connection again: at once after one failure, ever later after more."""
        if connection.streak == 0 or connection.streak >= HOPELESS:
            self._cold.discard(connection.number)
        if connection.number in self._retiring:
            self._retire(connection)
        elif connection.streak <= 1:
            self._again(connection)
        else:
            delay_ns = min(1_000_000 << min(connection.streak, 10), LONGEST_BACKOFF_NS)
            self._later.append((clock_ns() + delay_ns, connection))

    def _overdue(self, now: int) -> list[Connection]:
        """Connections whose request has just timed out; looked for a few times a second."""
        if now < self._overdue_ns:
            return []
        self._overdue_ns = now + OVERDUE_NS
        return list(self.wire.overdue(now))

    def _check(self, now: int) -> None:
        """Look after connections to be tried again, and now and then after time-outs."""
        self._check_ns = now + CHECK_NS
        for connection in self._overdue(now):
            self._lost(connection)
        if self._later:
            due = [connection for at_ns, connection in self._later if at_ns <= now]
            self._later = [(at_ns, connection) for at_ns, connection in self._later if at_ns > now]
            for connection in due:
                self._again(connection)
