"""Requests encoded before a run, and their right answers."""

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.workload.answer_check import excerpt

LEAST_LONGEST_BYTES = 1 << 18
LONGER_TIMES = 64

Check = Callable[[int, bytes], str | None]
"""(connection number, content) -> what is wrong with the content, or `None`."""


@dataclass(slots=True)
class EncodedExchange:
    """One request as the bytes to send, and the expected answer of one service.

    Content equal to `expected` is right. Other content is right only if there is a `check` and it
    finds nothing wrong; it is then what is expected next, because a service whose last digits are
    others has the same ones each time, and comparing bytes costs a tenth of comparing numbers.
    """

    request: bytes
    expected: bytes | None
    check: Check | None = None
    status: int = 200

    @property
    def longest_answer_bytes(self) -> int:
        """The length at which an answer that has not ended is given up, with its head.

        Far beyond what another model or a longer head needs, so that memory has a bound.
        """
        return LEAST_LONGEST_BYTES + LONGER_TIMES * len(self.expected or b"")

    def wrong(self, connection: int, content: bytes) -> str | None:
        """Return what is wrong with `content`, or `None`."""
        if content == self.expected:
            return None
        if self.check is not None:
            why = self.check(connection, content)
            if why is None and self.expected is not None:
                self.expected = content
            return why
        expected = self.expected or b""
        return f"expected {excerpt(expected, content)}, got {excerpt(content, expected)}"


def encode_request(method: str, path: str, host: str, content: bytes | None = None) -> bytes:
    """Return the bytes of an HTTP/1.1 request (RFC 9112); `content` is JSON text or `None`.

    `host` is the value of the `Host` field. No other field is sent than those a server needs.
    """
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}"]
    if content is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + (content or b"")
