"""The contract in Falcon over ASGI: the same resources, their responders `async def`."""

import logging
from typing import Any

from falcon import HTTP_204, HTTP_304
from falcon.asgi import App, Request, Response
from falcon.asgi_spec import AsgiEvent
from falcon.errors import HTTPBadRequest, HTTPError, HTTPMethodNotAllowed, HTTPNotFound
from falcon.media import JSONHandler
from falcon.typing import AsyncReadableIO

from shared import problems
from shared.content import ContentBuffer, dumps, loads, require_json
from shared.contract import DOCS_TYPE, JSON_TYPE, NO_STORE, ROUTE_BY_PATH
from shared.problems import Problem
from shared.schemas import LetterCountRequest, PredictRequest, count_response, parse
from shared.service import Service, start_service

log = logging.getLogger(__name__)


def create_app(service: Service) -> "App[JsonRequest, Response]":
    """Return the contract as a Falcon application that serves `service`."""
    app = EarlyAnswerApp(request_type=JsonRequest, middleware=[ContractMiddleware(service)])
    limit_bytes = service.settings.content_limit_bytes
    app.req_options.media_handlers[JSON_TYPE] = LimitedJsonHandler(limit_bytes)
    # Falcon's own puts spaces between tokens.
    app.resp_options.media_handlers[JSON_TYPE] = JSONHandler(dumps=dumps)

    app.add_route("/api/count", Count(service))
    app.add_route("/api/letter_count", LetterCount(service))
    app.add_route("/api/predict", Predict(service))
    app.add_route("/api/health", Health(service))
    app.add_route("/openapi.json", OpenApi(service))
    app.add_route("/docs", Docs(service))

    app.add_error_handler(Problem, problem_response)
    for error in (HTTPNotFound, HTTPMethodNotAllowed, HTTPBadRequest):
        app.add_error_handler(error, unrouted)
    app.add_error_handler(Exception, internal_error)
    return app


def get_app() -> "App[JsonRequest, Response]":
    """Return the application for a server program; its settings come from the environment."""
    return create_app(start_service())


class Resource:
    """A path of the contract, with its `OPTIONS`."""

    def __init__(self, service: Service) -> None:
        self.service = service

    async def on_options(self, req: Request, resp: Response) -> None:
        """Answer `OPTIONS`; Falcon would answer 200, and leave `OPTIONS` itself out of `Allow`."""
        resp.status = HTTP_204
        resp.set_header("Allow", ROUTE_BY_PATH[req.path].allow)


class Count(Resource):
    async def on_get(self, req: Request, resp: Response) -> None:
        resp.set_header("Cache-Control", NO_STORE)
        resp.media = count_response(self.service.count_request())

    on_head = on_get


class LetterCount(Resource):
    async def on_post(self, req: Request, resp: Response) -> None:
        self.service.count_request()
        resp.media = self.service.letter_count(parse(LetterCountRequest, await req.get_media()))


class Predict(Resource):
    async def on_post(self, req: Request, resp: Response) -> None:
        self.service.count_request()
        content = await req.get_media()
        with self.service.prediction_slot():
            resp.media = await self.service.predict_async(parse(PredictRequest, content))


class Health(Resource):
    async def on_get(self, req: Request, resp: Response) -> None:
        resp.media = self.service.health()

    on_head = on_get


class OpenApi(Resource):
    async def on_get(self, req: Request, resp: Response) -> None:
        document = self.service.openapi
        resp.set_header("ETag", document.etag)
        if document.matches(req.get_header("If-None-Match")):
            resp.status = HTTP_304
        else:
            resp.data = document.content

    on_head = on_get


class Docs(Resource):
    async def on_get(self, req: Request, resp: Response) -> None:
        resp.content_type = DOCS_TYPE
        resp.data = self.service.docs

    on_head = on_get


# From here on: what brings Falcon in line with the contract. Error handlers take four arguments.


async def problem_response(req: Request, resp: Response, problem: Problem, params: Any) -> None:  # noqa: ARG001
    """Render `problem`."""
    resp.status = problem.status
    resp.set_headers(problem.header_fields())
    resp.data = dumps(problem.document())


async def unrouted(req: Request, resp: Response, error: HTTPError, params: Any) -> None:  # noqa: ARG001
    """Render 404 or 405; Falcon's answer has only a title, and `WEBSOCKET` gets no route at all."""
    await problem_response(req, resp, problems.unrouted(req.path), params)


async def internal_error(req: Request, resp: Response, error: Exception, params: Any) -> None:
    """Log a defect and render 500, without a word of it."""
    log.error("Defect in %s %s", req.method, req.path, exc_info=error)
    await problem_response(req, resp, problems.InternalError(), params)


class ContractMiddleware:
    """Exact paths and methods, then the guard, between Falcon's routing and the responders.

    Falcon's router ignores a slash at the start of a path and answers an unknown method with 400.
    """

    def __init__(self, service: Service) -> None:
        self.guard = service.guard

    async def process_resource(
        self, req: Request, resp: Response, resource: object, params: object
    ) -> None:
        if req.path != req.uri_template:
            raise HTTPNotFound
        route = ROUTE_BY_PATH[req.path]
        if req.method not in route.methods:
            raise HTTPMethodNotAllowed(route.methods)
        if self.guard is not None and route.is_guarded(req.method):
            await self.guard.admit_async([req.auth or ""], req.scope.get("client"))


class JsonRequest(Request):
    """Falcon knows JSON by its type in small letters only, takes a missing type for it, and looks
    at no coding.
    """

    async def get_media(self, default_when_empty: object = None) -> Any:
        encoding = self.get_header("Content-Encoding")
        require_json([self.content_type or ""], [] if encoding is None else [encoding])
        handler = self.options.media_handlers[JSON_TYPE]
        return await handler.deserialize_async(self.stream, JSON_TYPE, self.content_length)


class LimitedJsonHandler(JSONHandler):
    """The media handler for JSON; Falcon's own reads without limit, and takes `NaN`."""

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(dumps=dumps, loads=loads)
        self._limit_bytes = limit_bytes

    async def deserialize_async(
        self, stream: AsyncReadableIO, content_type: str | None, content_length: int | None
    ) -> Any:
        if content_length is not None and content_length > self._limit_bytes:
            raise problems.ContentTooLarge
        content = ContentBuffer(self._limit_bytes, content_length)
        content.append(await stream.read(self._limit_bytes + 1))
        return loads(content.bytes())


class EarlyAnswerApp(App[JsonRequest, Response]):
    """Falcon waits for content before it looks for a route, takes a client that is gone for the
    end of the content, and fails at versions such as 2.0 and at a query that is not UTF-8.
    """

    # As in Falcon itself, an ASGI application is no WSGI application, which it is derived from.
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # type: ignore[override]
        if scope["type"] != "http":
            return await super().__call__(scope, receive, send)
        nothing_yet = iter([{"type": "http.request", "more_body": True}])

        async def receive_content() -> AsgiEvent:
            event = next(nothing_yet, None) or await receive()
            if event["type"] == "http.disconnect":
                raise problems.IncompleteContent(None, 0)
            return event

        scope = {**scope, "http_version": "1.1", "query_string": b""}
        return await super().__call__(scope, receive_content, send)
