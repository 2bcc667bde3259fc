"""The contract over bare ASGI 3: the floor under FastAPI and Falcon's ASGI side."""

import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, NamedTuple

from shared import problems
from shared.content import ContentBuffer, declared_length, dumps, loads, require_json
from shared.contract import DOCS_TYPE, JSON_TYPE, NO_STORE
from shared.problems import Problem
from shared.schemas import LetterCountRequest, PredictRequest, count_response, parse
from shared.service import Service, start_service

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

Headers = tuple[tuple[bytes, bytes], ...]

log = logging.getLogger(__name__)

JSON_HEADERS: Headers = ((b"content-type", JSON_TYPE.encode()),)


class Response(NamedTuple):
    """An answer; `headers` are the fields beside `Content-Length`."""

    content: bytes
    headers: Headers = JSON_HEADERS
    status: int = 200


Handler = Callable[[Scope, Receive], Awaitable[Response]]
Routes = Mapping[str, Mapping[str, Handler]]


def create_app(service: Service) -> "Application":
    """Return the contract as an ASGI application that serves `service`."""

    async def count(_: Scope, __: Receive) -> Response:
        content = dumps(count_response(service.count_request()))
        return Response(content, (*JSON_HEADERS, (b"cache-control", NO_STORE.encode())))

    async def letter_count(scope: Scope, receive: Receive) -> Response:
        service.count_request()
        content = await read_json(scope, receive, limit_bytes)
        return Response(dumps(service.letter_count(parse(LetterCountRequest, content))))

    async def predict(scope: Scope, receive: Receive) -> Response:
        service.count_request()
        content = await read_json(scope, receive, limit_bytes)
        with service.prediction_slot():
            return Response(dumps(await service.predict_async(parse(PredictRequest, content))))

    async def health(_: Scope, __: Receive) -> Response:
        return Response(dumps(service.health()))

    async def openapi(scope: Scope, _: Receive) -> Response:
        document = service.openapi
        if document.matches(",".join(field_values(scope, b"if-none-match")) or None):
            return Response(b"", ((b"etag", document.etag.encode()),), 304)
        return Response(document.content, (*JSON_HEADERS, (b"etag", document.etag.encode())))

    async def docs(_: Scope, __: Receive) -> Response:
        return Response(service.docs, ((b"content-type", DOCS_TYPE.encode()),))

    limit_bytes = service.settings.content_limit_bytes
    return Application(
        {
            "/api/count": reading(guarded(service, count)),
            "/api/letter_count": writing(guarded(service, letter_count)),
            "/api/predict": writing(guarded(service, predict)),
            "/api/health": reading(health),
            "/openapi.json": reading(openapi),
            "/docs": reading(docs),
        }
    )


def get_app() -> "Application":
    """Return the application for a server program; its settings come from the environment."""
    return create_app(start_service())


# From here on: what a framework would bring along.


def guarded(service: Service, handler: Handler) -> Handler:
    """Return `handler` behind the service's guard, if it has one."""
    if service.guard is None:
        return handler
    admit = service.guard.admit_async

    async def handle(scope: Scope, receive: Receive) -> Response:
        await admit(field_values(scope, b"authorization"), scope.get("client"))
        return await handler(scope, receive)

    return handle


def reading(handler: Handler) -> dict[str, Handler]:
    """Return the methods of a path that is read."""
    return with_options({"GET": handler, "HEAD": handler})


def writing(handler: Handler) -> dict[str, Handler]:
    """Return the methods of a path that takes content."""
    return with_options({"POST": handler})


def with_options(handlers: dict[str, Handler]) -> dict[str, Handler]:
    """Return the same methods and `OPTIONS`, in the order of `Allow`."""
    allow = ", ".join(sorted([*handlers, "OPTIONS"]))

    async def options(_: Scope, __: Receive) -> Response:
        return Response(b"", ((b"allow", allow.encode()),), 204)

    return dict(sorted({**handlers, "OPTIONS": options}.items()))


class Application:
    """Finds the handler of a request's path and method, and sends its answer."""

    def __init__(self, routes: Routes) -> None:
        self.routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await follow_lifespan(receive, send)
            return
        try:
            response = await self.find_handler(scope)(scope, receive)
        except Problem as problem:
            response = problem_response(problem)
        except Exception:  # a defect must not reach the server program
            log.exception("Defect in %s %s", scope["method"], scope["path"])
            response = problem_response(problems.InternalError())
        content, headers, status = response
        if status not in {204, 304}:
            headers = (*headers, (b"content-length", str(len(content)).encode()))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        content = b"" if scope["method"] == "HEAD" else content
        await send({"type": "http.response.body", "body": content})

    def find_handler(self, scope: Scope) -> Handler:
        """Return the handler of a path and method; raises `NotFound` and `MethodNotAllowed`."""
        methods = self.routes.get(scope["path"])
        if methods is None:
            raise problems.NotFound
        handler = methods.get(scope["method"])
        if handler is None:
            raise problems.MethodNotAllowed(", ".join(methods))
        return handler


async def follow_lifespan(receive: Receive, send: Send) -> None:
    """Answer the lifespan protocol; this application does nothing at start and end."""
    for moment in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{moment}.complete"})


def problem_response(problem: Problem) -> Response:
    """Render `problem`."""
    fields = problem.header_fields().items()
    headers = tuple((name.lower().encode(), value.encode()) for name, value in fields)
    return Response(dumps(problem.document()), headers, problem.status)


async def read_json(scope: Scope, receive: Receive, limit_bytes: int) -> object:
    """Return the decoded content; raises a `Problem`."""
    require_json(field_values(scope, b"content-type"), field_values(scope, b"content-encoding"))
    lengths = field_values(scope, b"content-length")
    length = declared_length(lengths[0] if lengths else None, limit_bytes)
    content = ContentBuffer(limit_bytes, length)
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise problems.IncompleteContent(length, 0)
        content.append(message.get("body", b""))
        more = message.get("more_body", False)
    return loads(content.bytes())


def field_values(scope: Scope, name: bytes) -> list[str]:
    """Return the values of all header fields of one name."""
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]
