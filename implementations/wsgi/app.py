"""The contract over bare WSGI (PEP 3333): the floor under Flask and Falcon."""

import logging
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

from shared import problems
from shared.content import declared_length, dumps, loads, read_limited, require_json
from shared.contract import DOCS_TYPE, JSON_TYPE, NO_STORE
from shared.problems import Problem
from shared.schemas import LetterCountRequest, PredictRequest, count_response, parse
from shared.service import Service, start_service

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

log = logging.getLogger(__name__)

STATUS_LINES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


class Response(NamedTuple):
    """An answer; `headers` are the fields beside `Content-Length`."""

    content: bytes
    headers: tuple[tuple[str, str], ...] = (("Content-Type", JSON_TYPE),)
    status: int = 200


Handler = Callable[["WSGIEnvironment"], Response]
Routes = Mapping[str, Mapping[str, Handler]]


def create_app(service: Service) -> "Application":
    """Return the contract as a WSGI application that serves `service`."""

    def count(_: "WSGIEnvironment") -> Response:
        content = dumps(count_response(service.count_request()))
        return Response(content, (("Content-Type", JSON_TYPE), ("Cache-Control", NO_STORE)))

    def letter_count(environ: "WSGIEnvironment") -> Response:
        service.count_request()
        content = read_json(environ, limit_bytes)
        return Response(dumps(service.letter_count(parse(LetterCountRequest, content))))

    def predict(environ: "WSGIEnvironment") -> Response:
        service.count_request()
        content = read_json(environ, limit_bytes)
        with service.prediction_slot():
            return Response(dumps(service.predict(parse(PredictRequest, content))))

    def health(_: "WSGIEnvironment") -> Response:
        return Response(dumps(service.health()))

    def openapi(environ: "WSGIEnvironment") -> Response:
        document = service.openapi
        if document.matches(environ.get("HTTP_IF_NONE_MATCH")):
            return Response(b"", (("ETag", document.etag),), 304)
        headers = (("Content-Type", JSON_TYPE), ("ETag", document.etag))
        return Response(document.content, headers)

    def docs(_: "WSGIEnvironment") -> Response:
        return Response(service.docs, (("Content-Type", DOCS_TYPE),))

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
    admit = service.guard.admit

    def handle(environ: "WSGIEnvironment") -> Response:
        admit(fields(environ, "HTTP_AUTHORIZATION"), environ.get("REMOTE_ADDR"))
        return handler(environ)

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
    response = Response(b"", (("Allow", allow),), 204)
    return dict(sorted({**handlers, "OPTIONS": lambda _: response}.items()))


class Application:
    """Finds the handler of a request's path and method, and sends its answer."""

    def __init__(self, routes: Routes) -> None:
        self.routes = routes

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        try:
            response = self.find_handler(environ)(environ)
        except Problem as problem:
            response = problem_response(problem)
        except Exception:  # a defect must not reach the server program
            log.exception("Defect in %s %s", environ["REQUEST_METHOD"], environ["PATH_INFO"])
            response = problem_response(problems.InternalError())
        content, headers, status = response
        if status in {204, 304}:
            start_response(STATUS_LINES[status], list(headers))
            return []
        start_response(STATUS_LINES[status], [*headers, ("Content-Length", str(len(content)))])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [content]

    def find_handler(self, environ: "WSGIEnvironment") -> Handler:
        """Return the handler of a path and method; raises `NotFound` and `MethodNotAllowed`."""
        methods = self.routes.get(environ["PATH_INFO"])
        if methods is None:
            raise problems.NotFound
        handler = methods.get(environ["REQUEST_METHOD"])
        if handler is None:
            raise problems.MethodNotAllowed(", ".join(methods))
        return handler


def problem_response(problem: Problem) -> Response:
    """Render `problem`."""
    content = dumps(problem.document())
    return Response(content, tuple(problem.header_fields().items()), problem.status)


def read_json(environ: "WSGIEnvironment", limit_bytes: int) -> object:
    """Return the decoded content; raises a `Problem`."""
    require_json(fields(environ, "CONTENT_TYPE"), fields(environ, "HTTP_CONTENT_ENCODING"))
    length = declared_length(environ.get("CONTENT_LENGTH"), limit_bytes)
    return loads(read_limited(environ["wsgi.input"].read, limit_bytes, length))


def fields(environ: "WSGIEnvironment", name: str) -> list[str]:
    """Return the values of the header fields of one name; WSGI joins several into one."""
    return [environ[name]] if name in environ else []
