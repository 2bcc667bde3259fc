"""Many clients at once that behave badly, each on a connection of its own."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from types import TracebackType

from contract_tests.errors import ContractTestsError
from contract_tests.http.connection import Connection
from contract_tests.http.errors import Silent
from contract_tests.http.messages import Request

PACE_S = 1.0
"""From one slow byte of a client to its next."""


@dataclass(eq=False)
class CrowdStopped(ContractTestsError):
    """The slow clients of a test did not send even the few bytes that they should."""

    rounds: int
    wanted: int

    def __str__(self) -> str:
        return (
            f"slow clients sent {self.rounds} bytes of {self.wanted} in time; "
            "this machine is too busy for the test"
        )


class Then(Enum):
    """The behaviour of a client that has sent a part of its request."""

    GOES_ON = "sends the rest, a byte each `PACE_S`"
    STAYS = "sends nothing more, and waits"
    CLOSES = "closes the connection"
    RESETS = "ends the connection with a reset"


@dataclass(frozen=True)
class Habit:
    """The behaviour of the clients of a crowd.

    head_bytes : how much of the request's head each sends at once; None for all.
    content_bytes : how much of its content after that, as framed.
    """

    request: Request
    then: Then
    head_bytes: int | None = None
    content_bytes: int = 0

    def parts(self, connection: Connection) -> tuple[bytes, bytes]:
        """Return the bytes that a client sends at once, and the rest of the request."""
        whole = connection.whole_bytes(self.request)
        head_bytes = whole.index(b"\r\n\r\n") + 4
        sent = head_bytes + self.content_bytes if self.head_bytes is None else self.head_bytes
        return whole[:sent], whole[sent:]


class Crowd:
    """`size` clients with one habit; a context manager that closes what is still open."""

    def __init__(self, connect: Callable[[], Connection], habit: Habit, size: int) -> None:
        self._habit = habit
        self._clients: list[tuple[Connection, bytes]] = []
        self._slow_bytes = 0
        self._sent = threading.Condition()
        self._leaving = threading.Event()
        # One thread is enough for any number of clients as slow as these.
        self._thread = threading.Thread(target=self._send_slowly, daemon=True)
        try:
            for _ in range(size):
                self._begin(connect())
        except BaseException:
            self._close()
            raise

    def __enter__(self) -> "Crowd":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._leaving.set()
        self._thread.join()
        self._close()

    def wait_slow_bytes(self, count: int, deadline_s: float) -> None:
        """Wait until this many slow bytes have been sent; raise `CrowdStopped`."""
        with self._sent:
            if not self._sent.wait_for(lambda: self._slow_bytes >= count, deadline_s):
                raise CrowdStopped(self._slow_bytes, count)

    def _begin(self, connection: Connection) -> None:
        at_once, rest = self._habit.parts(connection)
        self._clients.append((connection, rest))
        connection.send(at_once)
        match self._habit.then:
            case Then.CLOSES:
                connection.close()
            case Then.RESETS:
                connection.reset()

    def _send_slowly(self) -> None:
        """Every client at a moment of its own, so that bytes come evenly."""
        if self._habit.then is not Then.GOES_ON:
            return
        started = time.monotonic()
        size = len(self._clients)
        for number in range(size * max(len(rest) for _, rest in self._clients)):
            due_s = started + number * PACE_S / size
            if self._leaving.wait(due_s - time.monotonic()):
                return
            turn, client = divmod(number, size)
            connection, rest = self._clients[client]
            try:
                connection.send(rest[turn : turn + 1])
            except Silent:
                # Whether such a client can send at all is not what is tested.
                continue
            with self._sent:
                self._slow_bytes += 1
                self._sent.notify_all()

    def _close(self) -> None:
        for connection, _ in self._clients:
            connection.close()
