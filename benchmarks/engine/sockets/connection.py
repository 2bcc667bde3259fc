"""One connection, and the limit of connections of a process."""

import resource
from typing import Any

from benchmarks.engine.errors import TooManyConnections
from benchmarks.engine.sockets.answer_parser import AnswerParser
from benchmarks.engine.sockets.request import EncodedExchange

OTHER_DESCRIPTORS = 64
UNLIMITED = 1 << 20

IDLE = EncodedExchange(b"", None)
"""The exchange of a connection without a request: no answer is right."""


class PooledConnection:
    """One connection of a pool; it may be closed for now (`fd` -1)."""

    __slots__ = (
        "connecting",
        "due_ns",
        "exchange",
        "fd",
        "fresh",
        "late",
        "number",
        "parser",
        "sent_ns",
        "socket",
        "streak",
        "unsent",
    )

    def __init__(self, number: int) -> None:
        self.number = number
        self.socket: Any = None
        self.fd = -1
        self.exchange = IDLE
        # The request is sent whole and nothing has come yet, so the fast path may be tried.
        self.fresh = False
        self.connecting = False
        self.unsent = b""
        self.parser: AnswerParser | None = None
        self.due_ns = 0
        self.sent_ns = 0
        # Its request was started late, or while one that was is not answered.
        self.late = False
        # Failures since the last right answer; spaces out further attempts.
        self.streak = 0


def connections_allowed(wanted: int = 0) -> int:
    """Raise the limit of open files; return how many connections this process may have.

    Raises `TooManyConnections` if that is fewer than `wanted`.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = UNLIMITED if hard == resource.RLIM_INFINITY else hard
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    allowed = most - OTHER_DESCRIPTORS
    if wanted > allowed:
        raise TooManyConnections(wanted, most)
    return allowed
