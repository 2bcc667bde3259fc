"""A TCP connection that sends exact bytes and reads answers strictly, within a deadline."""

import contextlib
import time
from collections.abc import Sequence
from types import TracebackType

from contract_tests.http.access import DIRECT, Access
from contract_tests.http.adaptive_deadline import AdaptiveDeadline
from contract_tests.http.answer_reader import AnswerReader
from contract_tests.http.errors import BrokenAnswer, Silent
from contract_tests.http.messages import Answer, Request
from contract_tests.http.record import OpenExchange, Record
from contract_tests.http.transport import open_transport
from shared.address import host_field


class Connection:
    """One connection to a backend; every wait together ends `deadline_s` after the last `send`.

    Without a `record` nothing is kept of what is sent and received. With `adaptive` a wait may end
    earlier, and the time of each answer is noted there.
    """

    def __init__(
        self,
        host: str,
        port: int,
        deadline_s: float,
        record: Record | None = None,
        access: Access = DIRECT,
        *,
        adaptive: AdaptiveDeadline | None = None,
    ) -> None:
        self.host = host
        self.port = port
        self._adaptive = adaptive
        self._wait_s = deadline_s if adaptive is None else adaptive.wait_s
        self._record = record
        self._exchange: OpenExchange | None = None
        self._sent_at = time.monotonic()
        self._access = access
        self._transport = open_transport(host, port, access.tls, deadline_s)
        self._reader = AnswerReader(self._receive)

    def __enter__(self) -> "Connection":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def host_field(self) -> str:
        """The value of the `Host` field."""
        return host_field(self.host, self.port)

    def send(self, data: bytes) -> None:
        """Send `data`, changed only where the backend's access asks for it.

        Raises `Silent` where the backend stops taking bytes. That it has closed the connection is
        no error here: its answer is read next.
        """
        self._write(self._access.outgoing(data), self._access.recorded(data))

    def send_head(self, request: Request, version: str = "1.1") -> None:
        """Send a request without its content."""
        self.send(self._access.adapted(request).head_bytes(self.host_field, version))

    def send_request(self, request: Request, version: str = "1.1") -> None:
        """Send a whole request."""
        self.send(self.whole_bytes(request, version))

    def send_pipelined(self, requests: Sequence[Request]) -> None:
        """Send whole requests in one write."""
        whole = [self.whole_bytes(request) for request in requests]
        self._write(
            b"".join(map(self._access.outgoing, whole)), b"".join(map(self._access.recorded, whole))
        )

    def whole_bytes(self, request: Request, version: str = "1.1") -> bytes:
        """A whole request, for `send`."""
        adapted = self._access.adapted(request)
        return adapted.head_bytes(self.host_field, version) + adapted.content_bytes()

    def _write(self, data: bytes, recorded: bytes) -> None:
        self._sent_at = time.monotonic()
        if self._record is not None:
            if self._exchange is None or self._exchange.is_answered:
                self._exchange = self._record.begin()
            self._exchange.note_sent(recorded)
        try:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self._transport.send(data, self._wait_s)
        except TimeoutError as exc:
            raise self._silence() from exc

    def half_close(self) -> None:
        """Close the sending side; answers can still be read."""
        self._transport.half_close()

    def read_answer(self, method: str = "GET") -> Answer:
        """The next answer; raises an `ExchangeError` if there is none."""
        return self._reader.read_answer(method)

    def has_answer(self) -> bool:
        """Whether bytes of an answer, or the end, have come; does not wait."""
        return self._transport.is_readable()

    def read_interim(self) -> int:
        """The status of an interim answer, which must come next."""
        return self._reader.read_interim()

    def read_answer_or_end(self, method: str = "GET") -> Answer | None:
        """The next answer; None where the connection is closed without a byte of one."""
        return None if self._reader.at_end() else self.read_answer(method)

    def read_answers(self, method: str = "GET") -> list[Answer]:
        """All answers until the backend closes the connection."""
        answers = []
        while not self._reader.at_end():
            answers.append(self.read_answer(method))
        return answers

    def exchange(self, request: Request) -> Answer:
        """Send a whole request and read its answer."""
        self.send_request(request)
        return self.read_answer(request.method)

    def end(self) -> None:
        """Close, after the last answer; raise `BrokenAnswer` if anything came after it."""
        self.half_close()
        self.expect_end()
        self.close()

    def expect_end(self) -> None:
        """Wait until the backend closes; raise `BrokenAnswer` if it sends anything more."""
        if not self._reader.at_end():
            raise BrokenAnswer("bytes after the answer", self._reader.unread)

    def close(self) -> None:
        """Close the connection at once."""
        self._transport.close()

    def reset(self) -> None:
        """Close the connection with a reset, as a client that crashed does."""
        self._transport.reset()

    def _receive(self) -> bytes:
        left_s = self._sent_at + self._wait_s - time.monotonic()
        if left_s <= 0:
            raise self._silence()
        try:
            received = self._transport.receive(left_s)
        except TimeoutError as exc:
            raise self._silence() from exc
        except ConnectionResetError:
            # A close with unread content behind it arrives as a reset: the end all the same.
            return b""
        if self._adaptive is not None:
            self._adaptive.note_received(time.monotonic() - self._sent_at)
        if self._exchange is not None and received:
            self._exchange.note_received(received)
        return received

    def _silence(self) -> Silent:
        if self._adaptive is None:
            return Silent(self._wait_s, self._reader.unread)
        return self._adaptive.silence(self._wait_s, self._reader.unread)
