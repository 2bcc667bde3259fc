"""Backends behind a socket: any URL, and stacks that we launch ourselves."""

import contextlib
import socket
import ssl
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from contract_tests.access import DIRECT, Access
from contract_tests.address import parse_address
from contract_tests.backends import DEADLINE_S, USUAL, Backend, Client, Need
from contract_tests.connection import Connection
from contract_tests.errors import BrokenAnswer, ExchangeError, Unreachable
from contract_tests.exchange import Answer, Request, get
from contract_tests.guarded import KEYS, RATE_LIMIT, Guardable
from contract_tests.planted import planted_stack
from implementations.catalogue import Stack
from implementations.launcher import LaunchOptions, launch
from shared import contract

# Shorter than the 10 s that are usual, so that the tests of SIGTERM do not take that long.
GRACE_S = 5.0


class ServedBackend(Backend):
    """A backend that answers at an address."""

    offers: frozenset[Need] = frozenset({*USUAL, "socket"})

    def __init__(
        self,
        name: str,
        url: str,
        traits: Mapping[str, str] | None = None,
        deadline_s: float = DEADLINE_S,
        access: Access = DIRECT,
    ) -> None:
        super().__init__(name, traits or {}, deadline_s)
        self.url = url
        address = parse_address(url)
        self.host, self.port = address.host, address.port
        self.sample = access.sample
        self._access = access

    def connect(self, deadline_s: float | None = None, *, recorded: bool = True) -> Connection:
        """A new connection; `deadline_s` is for its answers, where not as for all."""
        deadline_s = self.deadline_s if deadline_s is None else deadline_s
        record = self.record if recorded else None
        return Connection(self.host, self.port, deadline_s, record, self._access)

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
        """Raises `Unreachable` unless somebody answers HTTP there."""
        try:
            self.send(get(contract.HEALTH.path))
        except (OSError, ExchangeError) as exc:
            reason = self._access.secrets.hide_parts(why_unreachable(exc))
            raise Unreachable(self.url, reason) from None

    def apart(self) -> "ServedBackend":
        """One like this for what may disturb other tests: itself, where none can be launched."""
        return self

    def process_ids(self) -> tuple[int, ...]:
        """The processes that serve; none where they are not ours."""
        return ()

    def log(self) -> str:
        """What it has logged so far; nothing where that cannot be known."""
        return ""

    def close(self) -> None:
        """Nothing of ours runs."""


class FreshService(Protocol):
    """A service that was started for one test, and whose end the test watches."""

    host: str
    port: int

    def terminate(self) -> None:
        """Sends SIGTERM, and does not wait."""

    def wait(self) -> int:
        """The exit status, once it has ended; a service that outlives its grace is killed."""


class WorkerService(Protocol):
    """A service of several workers that was started for one test."""

    host: str
    port: int

    def worker_pids(self) -> tuple[int, ...]:
        """The processes that serve requests now."""


class LaunchedBackend(Guardable, ServedBackend):
    """A stack that we launched."""

    offers: frozenset[Need] = ServedBackend.offers | {
        "fresh",
        "launched",
        "workers",
        "guarded",
        "planted",
    }

    def __init__(
        self, stack: Stack, traits: Mapping[str, str], options: LaunchOptions | None = None
    ) -> None:
        self._stack = stack
        self._running = launch(stack, options)
        self._apart: PlantedBackend | None = None
        super().__init__(stack.name, self._running.url, traits)

    @contextlib.contextmanager
    def launch_fresh(self) -> Iterator[FreshService]:
        """The same stack once more, for one test alone."""
        with LaunchedService(self._stack) as service:
            yield service

    @contextlib.contextmanager
    def launch_workers(self, number: int) -> Iterator[WorkerService]:
        """The same stack once more, with so many workers."""
        with launch(replace(self._stack, workers=number), LaunchOptions(grace_s=GRACE_S)) as stack:
            yield stack

    def open_guarded(self) -> Backend:
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("\n".join(KEYS))
            file.flush()
            options = LaunchOptions(api_keys_file=Path(file.name), rate_limit=RATE_LIMIT)
            return LaunchedBackend(self._stack, self.traits, options)

    def apart(self) -> ServedBackend:
        """The same stack once more, with a defect in it; launched when it is first asked for."""
        if self._apart is None:
            self._apart = PlantedBackend(self, self._stack)
        return self._apart

    def close(self) -> None:
        super().close()
        try:
            if self._apart is not None:
                self._apart.close()
        finally:
            self._running.stop()


class PlantedBackend(ServedBackend):
    """A stack that `like` is too, launched with the defect of `planted_app`."""

    def __init__(self, like: ServedBackend, stack: Stack) -> None:
        self._opened = contextlib.ExitStack()
        with self._opened:
            planted = self._opened.enter_context(planted_stack(stack))
            self._running = self._opened.enter_context(launch(planted))
            self._opened = self._opened.pop_all()
        super().__init__(like.name, self._running.url, like.traits)
        self.record = like.record

    def process_ids(self) -> tuple[int, ...]:
        return self._running.worker_pids()

    def log(self) -> str:
        return self._running.output()

    def close(self) -> None:
        self._opened.close()


class LaunchedService:
    """A launched stack whose end can be watched."""

    def __init__(self, stack: Stack) -> None:
        self._running = launch(stack, LaunchOptions(grace_s=GRACE_S))
        self.host = self._running.host
        self.port = self._running.port

    def __enter__(self) -> "LaunchedService":
        return self

    def __exit__(self, *error: object) -> None:
        self._running.kill()

    def terminate(self) -> None:
        """Lets the stack begin to drain."""
        self._running.ask_to_stop()

    def wait(self) -> int:
        """The exit status, once it has ended."""
        return self._running.stop()


def why_unreachable(error: Exception) -> str:
    """What keeps us from a backend, in words."""
    match error:
        case ssl.SSLCertVerificationError():
            return f"its certificate is not trusted: {error.verify_message}; see --ca-file"
        case ssl.SSLError():
            return f"TLS fails: {(error.reason or 'no reason given').replace('_', ' ').lower()}"
        case socket.gaierror():
            return "no host is known by this name"
        case TimeoutError():
            return "the connection is not taken in time"
        case OSError():
            return error.strerror or str(error)
    return str(error)
