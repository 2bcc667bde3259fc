"""Backends behind a socket, at any address."""

import contextlib
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager

from contract_tests.backends.base import DEADLINE_S, USUAL, Backend, Client, Need
from contract_tests.backends.errors import ConnectionFailed, Unreachable
from contract_tests.http.access import DIRECT, Access
from contract_tests.http.adaptive_deadline import AdaptiveDeadline
from contract_tests.http.connection import Connection
from contract_tests.http.errors import BrokenAnswer, ExchangeError, Silent
from contract_tests.http.messages import Answer, Request, get, post_value
from contract_tests.http.secrets import Secrets
from shared import contract
from shared.address import parse_address

# What any backend that serves the operations answers at once.
_PLAIN = (get(contract.COUNT.path), post_value(contract.LETTER_COUNT.path, {"name": "Alice"}))
# From one attempt to reach a backend to the next.
_AGAIN_S = 0.2


class ServedBackend(Backend):
    """A backend that answers at an address.

    adaptive : wait less long for a backend that was silent several times.
    """

    offers: frozenset[Need] = frozenset({*USUAL, "socket"})

    def __init__(
        self,
        name: str,
        url: str,
        traits: Mapping[str, str] | None = None,
        deadline_s: float = DEADLINE_S,
        access: Access = DIRECT,
        *,
        adaptive: bool = False,
    ) -> None:
        super().__init__(name, traits or {}, deadline_s)
        self.url = url
        address = parse_address(url)
        self.host, self.port = address.host, address.port
        self.sample = access.sample
        self._access = access
        self._adaptive = AdaptiveDeadline(deadline_s, self.find_failure) if adaptive else None

    def connect(self, deadline_s: float | None = None, *, recorded: bool = True) -> Connection:
        """Open a connection; `deadline_s` replaces the backend's own for its answers."""
        adaptive = self._adaptive if deadline_s is None else None
        deadline_s = self.deadline_s if deadline_s is None else deadline_s
        record = self.record if recorded else None
        try:
            return Connection(
                self.host, self.port, deadline_s, record, self._access, adaptive=adaptive
            )
        except OSError:
            if self._adaptive is not None:
                self._adaptive.note_lost()
            raise

    def case(self, name: str, kind: str) -> AbstractContextManager[None]:
        if self._adaptive is None:
            return super().case(name, kind)
        return self._adaptive.case(name, kind)

    @contextlib.contextmanager
    def client(self) -> Iterator[Client]:
        with self.connect() as connection:
            yield connection
            connection.end()

    def send_head(self, request: Request) -> Answer:
        with self.connect() as connection:
            connection.send_head(request)
            return connection.read_answer(request.method)

    def send_cut(self, request: Request, sent_bytes: int) -> Answer | None:
        with self.connect() as connection:
            whole = connection.whole_bytes(request)
            # Other rows may be shorter, and what is sent would be whole.
            head_bytes = whole.index(b"\r\n\r\n") + 4
            connection.send(whole[: min(head_bytes + sent_bytes, len(whole) - 1)])
            connection.half_close()
            answers = connection.read_answers(request.method)
        if len(answers) > 1:
            raise BrokenAnswer("a second answer to one request", str(answers[1]).encode())
        return answers[0] if answers else None

    def check_reachable(self) -> None:
        """Raise `Unreachable` unless the address answers HTTP."""
        try:
            self.send(get(contract.HEALTH.path))
        except (OSError, ExchangeError) as exc:
            raise Unreachable(self.url, self._without_secrets(exc)) from None

    def find_failure(self) -> Exception | None:
        """Send plain requests; return the error if it answers none of them any more.

        One that takes no connection gets as long to come back as for an answer.
        """
        ends_at = time.monotonic() + self.deadline_s
        failure: Exception | None = None
        for request in _PLAIN:
            try:
                self._ask_until(ends_at, request)
            except (Silent, OSError) as exc:
                failure = self._without_secrets(exc)
            except ExchangeError:
                return None  # any answer shows that it is there
            else:
                return None
        return failure

    def _ask_until(self, ends_at: float, request: Request) -> None:
        """Send a request once a connection is taken; raise like `connect` if none is until then."""
        while True:
            try:
                with self.connect(self.deadline_s, recorded=False) as connection:
                    connection.exchange(request)
            except OSError:
                if time.monotonic() > ends_at:
                    raise
                time.sleep(_AGAIN_S)  # the port may be taken again, nothing says when
            else:
                return

    def _without_secrets(self, error: ExchangeError | OSError) -> Exception:
        secrets = self._access.secrets
        if isinstance(error, OSError):
            return connection_failed(error, secrets)
        error.received = secrets.hide_bytes(error.received)
        if isinstance(error, BrokenAnswer):
            error.fault = secrets.hide(error.fault)
        return error

    def apart(self) -> "ServedBackend":
        """Return a backend like this for tests that disturb others: itself, if none is launched."""
        return self

    def process_ids(self) -> tuple[int, ...]:
        """Return the processes that serve; none where they are not ours."""
        return ()

    def log(self) -> str:
        """Return its log so far; empty where that cannot be known."""
        return ""

    def close(self) -> None:
        """Do nothing: none of its processes are ours."""


def connection_failed(error: OSError, secrets: Secrets) -> ConnectionFailed:
    """Return the typed form of an error that keeps us from a backend, without secrets."""
    match error:
        case ssl.SSLCertVerificationError():
            return ConnectionFailed("certificate", secrets.hide(error.verify_message))
        case ssl.SSLError():
            return ConnectionFailed("tls", secrets.hide(error.reason or ""))
        case socket.gaierror():
            return ConnectionFailed("host")
        case TimeoutError():
            return ConnectionFailed("timeout")
    return ConnectionFailed("system", secrets.hide(error.strerror or str(error)))
