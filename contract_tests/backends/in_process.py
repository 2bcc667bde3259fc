"""Implementations run inside the test's own process, through WSGI or ASGI and no server."""

import contextlib
import copy
import io
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from contract_tests.backends.asgi_call import NEVER, AsgiRunner, Event
from contract_tests.backends.base import DEADLINE_S, USUAL, Backend, Client, Need
from contract_tests.backends.guarded import KEYS, RATE_LIMIT, Guardable
from contract_tests.backends.wsgi_call import WsgiApp, call
from contract_tests.http.errors import ClosedEarly, Silent
from contract_tests.http.messages import Answer, Request
from shared.guard.guard import Guard
from shared.guard.rate_limit import open_rate_limit
from shared.service import Service
from shared.settings import GuardSettings

CreateApp = Callable[[Service], Any]
Kind = TypeVar("Kind", Answer, Answer | None)
_HOST = "127.0.0.1"


class InProcessBackend(Guardable):
    """An implementation whose application the test makes, and whose service it holds."""

    offers: frozenset[Need] = frozenset({*USUAL, "in_process", "fresh", "guarded"})
    interface: str

    def __init__(
        self, name: str, create_app: CreateApp, service: Service, deadline_s: float = DEADLINE_S
    ) -> None:
        super().__init__(name, {"implementation": name, "interface": self.interface}, deadline_s)
        self.create_app = create_app
        self.service = service
        self.app = create_app(service)

    @contextlib.contextmanager
    def client(self) -> Iterator[Client]:
        yield self

    def exchange(self, request: Request) -> Answer:
        """The answer to `request`."""
        return self.recorded(request, request.content_bytes(), lambda: self.answer(request))

    def answer(self, request: Request) -> Answer:
        """The application's answer."""
        raise NotImplementedError

    def recorded(self, request: Request, content: bytes, answer: Callable[[], Kind]) -> Kind:
        """Return the result of `answer`, noted as the answer to `request` with `content`."""
        exchange = self.record.begin()
        exchange.note_sent(request.head_bytes(_HOST), content)
        answered = answer()
        if answered is not None:
            exchange.note_received(answered.wire_bytes())
        return answered

    @contextlib.contextmanager
    def with_service(self, service: Service) -> Iterator["InProcessBackend"]:
        """The same implementation around another service."""
        other = type(self)(self.name, self.create_app, service, self.deadline_s)
        other.record = self.record
        try:
            yield other
        finally:
            other.close()

    def open_guarded(self) -> Backend:
        service = copy.copy(self.service)
        limit = open_rate_limit(GuardSettings(rate_limit=RATE_LIMIT), workers=1)
        service.guard = Guard(KEYS, limit)
        return type(self)(self.name, self.create_app, service, self.deadline_s)


class WsgiBackend(InProcessBackend):
    """A WSGI implementation, called as PEP 3333 says."""

    interface = "wsgi"
    app: WsgiApp

    def answer(self, request: Request) -> Answer:
        return call(self.app, request)

    def answer_stream(self, request: Request, stream: "MeteredInput") -> Answer:
        """The answer to `request` with its content read from `stream`."""
        return self.recorded(request, b"", lambda: call(self.app, request, stream))

    def send_head(self, request: Request) -> Answer:
        withheld = WithheldInput()
        answer = self.recorded(request, b"", lambda: call(self.app, request, withheld))
        if withheld.was_read:
            raise Silent(self.deadline_s)
        return answer

    def send_cut(self, request: Request, sent_bytes: int) -> Answer | None:
        sent = request.content[:sent_bytes]
        return self.recorded(request, sent, lambda: call(self.app, request, io.BytesIO(sent)))


class AsgiBackend(InProcessBackend):
    """An ASGI implementation, called in an event loop that lives as long as the backend."""

    interface = "asgi"

    def __init__(
        self, name: str, create_app: CreateApp, service: Service, deadline_s: float = DEADLINE_S
    ) -> None:
        super().__init__(name, create_app, service, deadline_s)
        self._runner = AsgiRunner(self.app, deadline_s)

    def answer(self, request: Request) -> Answer:
        return self._runner.call(request)

    def answer_stream(self, request: Request, stream: "MeteredInput") -> Answer:
        """The answer to `request` with its content read from `stream`, 64 KiB an event."""
        return self.recorded(request, b"", lambda: self._runner.call(request, stream.events()))

    def send_head(self, request: Request) -> Answer:
        return self.recorded(request, b"", lambda: self._runner.call(request, [NEVER]))

    def send_cut(self, request: Request, sent_bytes: int) -> Answer | None:
        sent = request.content[:sent_bytes]
        part = {"type": "http.request", "body": sent, "more_body": True}

        def answer() -> Answer | None:
            with contextlib.suppress(ClosedEarly):
                return self._runner.call(request, [part, {"type": "http.disconnect"}])
            return None

        return self.recorded(request, sent, answer)

    def close(self) -> None:
        super().close()
        self._runner.close()


class WithheldInput:
    """Content that does not come: to read it is to wait for ever."""

    def __init__(self) -> None:
        self.was_read = False

    def read(self, size: int = -1, /) -> bytes:
        """Note the attempt."""
        self.was_read = True
        return b""


class MeteredInput:
    """Content of `length` bytes that counts how many of them were taken."""

    _event_bytes = 64 * 1024

    def __init__(self, length: int) -> None:
        self._left = length
        self.taken_bytes = 0

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes more."""
        count = self._left if size < 0 else min(size, self._left)
        self._left -= count
        self.taken_bytes += count
        return b" " * count

    def events(self) -> Iterator[Event]:
        """The same bytes as ASGI events."""
        while piece := self.read(self._event_bytes):
            yield {"type": "http.request", "body": piece, "more_body": bool(self._left)}
        yield NEVER
