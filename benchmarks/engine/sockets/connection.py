"""One connection and what goes on on it."""

from typing import Any

from benchmarks.engine.sockets.answer_parser import AnswerParser
from benchmarks.engine.sockets.request import Exchange

IDLE = Exchange(b"", None)
"""What a connection without a request waits for: nothing is right."""


class Connection:
    """One connection, or the place of one that is closed for now (`fd` -1)."""

    __slots__ = (
        "connecting",
        "due_ns",
        "exchange",
        "fd",
        "fresh",
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
        # Failures since the last right answer; spaces out further attempts.
        self.streak = 0
