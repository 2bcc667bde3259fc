"""The contract in FastAPI: the schemas of requests and answers are given to the routes."""

import logging
from collections.abc import Callable, Coroutine
from contextlib import nullcontext
from functools import wraps
from inspect import iscoroutine
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match
from starlette.types import Scope

from shared import problems, schemas
from shared.content import ContentBuffer, declared_length, dumps, loads, require_json
from shared.contract import DOCS_TYPE, JSON_TYPE, NO_STORE, PREDICT, ROUTE_BY_PATH, ROUTES
from shared.problems import Problem
from shared.schemas import LetterCountRequest, PredictRequest, count_response
from shared.service import Service, start_service

log = logging.getLogger(__name__)

Answer = dict[str, object]


def create_app(service: Service, *, threads: bool = False) -> FastAPI:
    """Return the contract as a FastAPI application, its handlers in the event loop or threads."""
    app = FastAPI(openapi_url=None, redirect_slashes=False)
    app.state.service = service
    app.router.route_class = ContractRoute

    def handler(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        async def run_in_event_loop(**arguments: Any) -> Any:
            answer = function(**arguments)
            return await answer if iscoroutine(answer) else answer

        return function if threads else run_in_event_loop

    @app.api_route("/api/count", methods=["GET", "HEAD"])
    @handler
    def count() -> Response:
        answer = count_response(service.count_request())
        return JsonResponse(answer, headers={"Cache-Control": NO_STORE})

    @app.post("/api/letter_count", response_model=schemas.LetterCountResponse)
    @handler
    def letter_count(body: LetterCountRequest) -> Answer:
        return service.letter_count(body)

    @app.post(
        "/api/predict",
        response_model=schemas.PredictResponse,
        response_class=JsonResponse,
        response_model_exclude_none=True,
    )
    @handler
    def predict(body: PredictRequest) -> Answer | Coroutine[Any, Any, Answer]:
        return service.predict(body) if threads else service.predict_async(body)

    @app.api_route("/api/health", methods=["GET", "HEAD"], response_model=schemas.HealthResponse)
    async def health() -> Answer:  # in the loop: the threads may all be busy with predictions
        return service.health()

    @app.api_route("/openapi.json", methods=["GET", "HEAD"])
    @handler
    def openapi(request: Request) -> Response:
        document = service.openapi
        headers = {"ETag": document.etag}
        if document.matches(",".join(request.headers.getlist("If-None-Match")) or None):
            return Response(status_code=304, headers=headers)
        return Response(document.content, media_type=JSON_TYPE, headers=headers)

    @app.api_route("/docs", methods=["GET", "HEAD"])
    @handler
    def docs() -> Response:
        return Response(service.docs, media_type=DOCS_TYPE)

    add_options(app)
    app.exception_handler(Problem)(problem_response)
    app.exception_handler(404)(unrouted)
    app.exception_handler(405)(unrouted)
    app.exception_handler(RequestValidationError)(invalid_content)
    return app


def get_app() -> FastAPI:
    """Return the application for a server program; its settings come from the environment."""
    return create_app(start_service())


# From here on: what brings FastAPI in line with the contract.


def add_options(app: FastAPI) -> None:
    """Add `OPTIONS` last: FastAPI, which itself answers 405, tries routes in turn."""

    async def options(request: Request) -> Response:
        allow = ROUTE_BY_PATH[request.scope["path"]].allow
        return Response(status_code=204, headers={"Allow": allow})

    for route in ROUTES:
        app.add_api_route(route.path, options, methods=["OPTIONS"])


async def problem_response(request: Request, problem: Problem) -> Response:
    """Render `problem`."""
    response = Response(dumps(problem.document()), problem.status, problem.header_fields())
    if request.method == "HEAD":
        response.body = b""
    return response


async def unrouted(request: Request, _: HTTPException) -> Response:
    """Render 404 or 405; FastAPI lists in `Allow` the methods of one handler, in any order."""
    return await problem_response(request, problems.unrouted(request.scope["path"]))


async def invalid_content(request: Request, invalid: RequestValidationError) -> Response:
    """Render 422; FastAPI has a document of its own, and takes `null` for missing content."""
    errors = invalid.errors()
    if errors[0]["loc"] == ("body",):
        errors = [{**errors[0], "type": "model_type"}]
    problem = problems.InvalidContent(schemas.content_errors(errors, prefix=("body",)))
    return await problem_response(request, problem)


class ContractRoute(APIRoute):
    """Starlette's pattern takes a line end after the path. FastAPI reads content before any code
    of ours, dependencies included, and makes all that fails then a 400; after its handler for
    `Exception` the server drops the connection.
    """

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        return super().matches(scope) if scope["path"] == self.path else (Match.NONE, {})

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()
        route = ROUTE_BY_PATH[self.path]
        predicts = route is PREDICT and self.body_field is not None

        async def handle(request: Request) -> Response:
            try:
                service = request.app.state.service
                if service.guard is not None and route.is_guarded(request.method):
                    authorization = request.headers.getlist("Authorization")
                    await service.guard.admit_async(authorization, request.scope.get("client"))
                if self.body_field is not None:
                    service.count_request()
                    request = JsonRequest(request.scope, request.receive)
                    await request.json()
                with service.prediction_slot() if predicts else nullcontext():
                    response = await handler(request)
            except (Problem, HTTPException, RequestValidationError):
                raise
            except Exception as exc:
                log.exception("Defect in %s %s", request.method, request.scope["path"])
                raise problems.InternalError from exc
            if request.method == "HEAD":
                # Starlette leaves it to the server not to send the content.
                response.body = b""
            return response

        return handle


class JsonRequest(Request):
    """FastAPI takes `+json` types, any coding and any length; its parser takes `NaN` and UTF-16."""

    async def body(self) -> bytes:
        if not hasattr(self, "_body"):
            headers = self.headers  # `get` would give the first of several fields only
            require_json(headers.getlist("Content-Type"), headers.getlist("Content-Encoding"))
            limit_bytes = self.app.state.service.settings.content_limit_bytes
            length = declared_length(headers.get("Content-Length"), limit_bytes)
            content = ContentBuffer(limit_bytes, length)
            try:
                async for chunk in self.stream():
                    content.append(chunk)
            except ClientDisconnect as exc:
                raise problems.IncompleteContent(length, content.received_bytes) from exc
            self._body = content.bytes()
        return self._body

    async def json(self) -> Any:
        if not hasattr(self, "_json"):
            self._json = loads(await self.body())
        return self._json


class JsonResponse(JSONResponse):
    """JSON as the contract wants it; the standard library lays out floats in another way."""

    def render(self, content: Any) -> bytes:
        return dumps(content)
