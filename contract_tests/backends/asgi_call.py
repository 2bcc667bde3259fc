"""Calls of an ASGI application, made as a server makes them, whose answers are read strictly."""

import asyncio
import contextlib
import itertools
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any, TypeVar
from urllib.parse import unquote

from contract_tests.backends.wsgi_call import checked
from contract_tests.http.errors import BrokenAnswer, ClosedEarly, Silent
from contract_tests.http.messages import Answer, Request

Event = dict[str, Any]
AsgiApp = Callable[[Event, Callable[[], Awaitable[Event]], Callable[[Event], Awaitable[None]]], Any]
Result = TypeVar("Result")

NEVER: Event = {"type": "never"}
"""Stands for an event that does not come."""


class AsgiRunner:
    """An event loop in a thread of its own, with one application's lifespan around it."""

    def __init__(self, app: AsgiApp, deadline_s: float) -> None:
        self._app = app
        self._deadline_s = deadline_s
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._stopping = asyncio.Event()
        self._started = asyncio.Event()
        self._lifespan = asyncio.run_coroutine_threadsafe(self._live(), self._loop)
        self._run(self._started.wait())

    def call(self, request: Request, events: Iterable[Event] | None = None) -> Answer:
        """The answer to `request`; `events` stand in for those that its content makes.

        Raises `Silent` where the application waits for an event that does not come, and
        `ClosedEarly` where it ends without an answer.
        """
        return self._run(_answer(self._app, request, events or content_events(request)))

    def close(self) -> None:
        """End the lifespan and the loop."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._lifespan.result(self._deadline_s)
        self._run(self._loop.shutdown_default_executor())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(self._deadline_s)
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, Result]) -> Result:
        async def bounded() -> Result:
            return await asyncio.wait_for(work, self._deadline_s)

        try:
            return asyncio.run_coroutine_threadsafe(bounded(), self._loop).result()
        except TimeoutError as exc:
            raise Silent(self._deadline_s) from exc

    async def _live(self) -> None:
        """The lifespan protocol; an application that raises on it has none, says ASGI."""
        asked = False

        async def receive() -> Event:
            nonlocal asked
            if not asked:
                asked = True
                return {"type": "lifespan.startup"}
            await self._stopping.wait()
            return {"type": "lifespan.shutdown"}

        async def send(event: Event) -> None:
            if event["type"] == "lifespan.startup.complete":
                self._started.set()

        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": {}}
        # The protocol: any exception means that the application has no lifespan.
        with contextlib.suppress(Exception):
            await self._app(scope, receive, send)
        self._started.set()
        await self._stopping.wait()


def content_events(request: Request) -> Iterable[Event]:
    """The events that bring the request's content: one a chunk, or one for all of it."""
    pieces = request.chunks if request.chunks is not None else (request.content,)
    for piece in pieces:
        yield {"type": "http.request", "body": piece, "more_body": True}
    yield {"type": "http.request", "body": b"", "more_body": False}
    yield NEVER


def scope_of(request: Request) -> Event:
    """The connection scope for `request`."""
    path, _, query = request.target.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "root_path": "",
        "headers": [
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in request.fields_with_host("127.0.0.1")
        ],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 80),
        "state": {},
    }


async def _answer(app: AsgiApp, request: Request, events: Iterable[Event]) -> Answer:
    coming = itertools.chain(events, itertools.repeat(NEVER))
    answered = asyncio.Event()
    sent: list[Event] = []

    async def receive() -> Event:
        event = next(coming)
        if event is NEVER:
            # After a whole answer a server tells that the client has gone; before, it waits.
            await answered.wait()
            return {"type": "http.disconnect"}
        return event

    async def send(event: Event) -> None:
        sent.append(event)
        if event["type"] == "http.response.body" and not event.get("more_body", False):
            answered.set()

    await app(scope_of(request), receive, send)
    if not answered.is_set():
        raise ClosedEarly(repr(sent).encode())
    start, *bodies = sent
    if start["type"] != "http.response.start":
        raise BrokenAnswer(f"the answer begins with {start['type']}")
    if any(event["type"] != "http.response.body" for event in bodies):
        raise BrokenAnswer(f"{[event['type'] for event in bodies]} after the start")
    fields = tuple(
        (bytes(name).decode("latin-1"), bytes(value).decode("latin-1"))
        for name, value in start.get("headers", ())
    )
    content = b"".join(bytes(event.get("body", b"")) for event in bodies)
    return checked(request.method, start["status"], fields, content)
