"""Readiness of sockets: epoll where there is one, else poll through `selectors`.

Locust has gevent patch the standard library, which removes `select.epoll` and makes sockets
cooperative. The engine waits for many sockets at once itself, so it takes the originals.
"""

import selectors
from collections.abc import Sequence
from typing import Any, Literal, Protocol

from gevent.monkey import get_original

READ = 1
WRITE = 4
"""Bits of a mask, with the values that epoll and poll use."""

ReadinessName = Literal["epoll", "poll"]

original_socket: Any = get_original("socket", "socket")
original_getaddrinfo: Any = get_original("socket", "getaddrinfo")


class Readiness(Protocol):
    """A poller of file descriptors."""

    def register(self, fd: int, mask: int) -> None: ...

    def modify(self, fd: int, mask: int) -> None: ...

    def unregister(self, fd: int) -> None: ...

    def poll(self, timeout_s: float) -> Sequence[tuple[int, int]]:
        """Return ready `(fd, mask)` pairs after at most `timeout_s`, perhaps rounded to 1 ms."""
        ...

    def close(self) -> None: ...


class PollReadiness:
    """`Readiness` on `selectors.PollSelector`, for systems without epoll."""

    def __init__(self) -> None:
        self._selector = get_original("selectors", "PollSelector")()

    def register(self, fd: int, mask: int) -> None:
        self._selector.register(fd, self._events(mask))

    def modify(self, fd: int, mask: int) -> None:
        self._selector.modify(fd, self._events(mask))

    def unregister(self, fd: int) -> None:
        self._selector.unregister(fd)

    def poll(self, timeout_s: float) -> Sequence[tuple[int, int]]:
        return [
            (
                key.fd,
                (READ if events & selectors.EVENT_READ else 0)
                | (WRITE if events & selectors.EVENT_WRITE else 0),
            )
            for key, events in self._selector.select(timeout_s)
        ]

    def close(self) -> None:
        self._selector.close()

    @staticmethod
    def _events(mask: int) -> int:
        return (selectors.EVENT_READ if mask & READ else 0) | (
            selectors.EVENT_WRITE if mask & WRITE else 0
        )


def open_readiness(name: ReadinessName | None = None) -> Readiness:
    """Return a new, empty `Readiness`: the one named, or epoll where the system has it."""
    if name == "poll":
        return PollReadiness()
    try:
        epoll: Readiness = get_original("select", "epoll")()
    except AttributeError:
        if name == "epoll":
            raise
        return PollReadiness()
    return epoll
