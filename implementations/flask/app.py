"""The contract in Flask: one view function per operation, and the global `request`."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import Flask, Request, Response, request
from flask.json.provider import JSONProvider
from flask.typing import ResponseReturnValue
from werkzeug import exceptions
from werkzeug.routing import MapAdapter

from shared import problems
from shared.content import declared_length, dumps, loads, read_limited, require_json
from shared.contract import DOCS_TYPE, JSON_TYPE, NO_STORE, ROUTE_BY_PATH
from shared.problems import Problem
from shared.schemas import LetterCountRequest, PredictRequest, count_response, parse
from shared.service import Service, start_service

if TYPE_CHECKING:
    from shared.guard.guard import Guard


def create_app(service: Service) -> Flask:
    """Return the contract as a Flask application that serves `service`."""
    app = ContractFlask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = service.settings.content_limit_bytes
    app.url_map.merge_slashes = False

    @app.get("/api/count")
    def count() -> ResponseReturnValue:
        return count_response(service.count_request()), {"Cache-Control": NO_STORE}

    @app.post("/api/letter_count")
    def letter_count() -> ResponseReturnValue:
        service.count_request()
        return service.letter_count(parse(LetterCountRequest, request.get_json()))

    @app.post("/api/predict")
    def predict() -> ResponseReturnValue:
        service.count_request()
        content = request.get_json()
        with service.prediction_slot():
            return service.predict(parse(PredictRequest, content))

    @app.get("/api/health")
    def health() -> ResponseReturnValue:
        return service.health()

    @app.get("/openapi.json")
    def openapi() -> ResponseReturnValue:
        document = service.openapi
        if document.matches(request.headers.get("If-None-Match")):
            return Response(status=304, headers={"ETag": document.etag})
        return Response(document.content, mimetype=JSON_TYPE, headers={"ETag": document.etag})

    @app.get("/docs")
    def docs() -> ResponseReturnValue:
        return Response(service.docs, content_type=DOCS_TYPE)

    app.before_request(refuse_respelled_method)
    if service.guard is not None:
        app.before_request(admission(service.guard))
    app.register_error_handler(Problem, problem_response)
    app.register_error_handler(404, unrouted)
    app.register_error_handler(405, unrouted)
    app.register_error_handler(500, internal_error)
    return app


def get_app() -> Flask:
    """Return the application for a server program; its settings come from the environment."""
    return create_app(start_service())


# From here on: what brings Flask in line with the contract.


def problem_response(problem: Problem) -> Response:
    """Render `problem`."""
    return Response(dumps(problem.document()), problem.status, problem.header_fields())


def unrouted(_: exceptions.HTTPException) -> Response:
    """Render 404 or 405; Flask would answer in HTML, with `Allow` in any order."""
    return problem_response(problems.unrouted(request.environ["PATH_INFO"]))


def internal_error(_: exceptions.InternalServerError) -> Response:
    """Render 500; Flask has logged the traceback by now, and would answer in HTML."""
    return problem_response(problems.InternalError())


def refuse_respelled_method() -> None:
    """Refuse a method in other letter case; Werkzeug takes `get` for `GET`."""
    if request.environ["REQUEST_METHOD"] != request.method and request.url_rule is not None:
        raise exceptions.MethodNotAllowed


def admission(guard: "Guard") -> Callable[[], None]:
    """Return a function that Flask calls before each view: it asks the guard."""

    def admit() -> None:
        rule = request.url_rule
        if rule is not None and ROUTE_BY_PATH[rule.rule].is_guarded(request.method):
            guard.admit(request.headers.getlist("Authorization"), request.remote_addr)

    return admit


class JsonRequest(Request):
    """Flask's request, exact about which content is JSON and how much of it is read."""

    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:
        """Return the decoded content; raises a `Problem`.

        Flask takes `+json` types, any charset and any coding for JSON, and of chunked content
        over the limit it gives the beginning.
        """
        require_json(self.headers.getlist("Content-Type"), self.headers.getlist("Content-Encoding"))
        limit_bytes = self.max_content_length or 0
        length = declared_length(self.environ.get("CONTENT_LENGTH"), limit_bytes)
        content = read_limited(self.environ["wsgi.input"].read, limit_bytes, length)
        return self.json_module.loads(content)


class JsonProvider(JSONProvider):
    """JSON as the contract wants it.

    Flask's own takes `NaN`, sorts members, escapes what is not ASCII and adds a line end.
    """

    def dumps(self, obj: object, **_: object) -> str:
        return dumps(obj).decode()

    def loads(self, s: str | bytes, **_: object) -> object:
        return loads(s)


class ContractFlask(Flask):
    """Flask with the contract's request, JSON, `OPTIONS` and paths."""

    request_class = JsonRequest
    json_provider_class = JsonProvider

    def make_default_options_response(self) -> Response:
        """Answer `OPTIONS`; Flask would answer 200 with an empty page, and `Allow` in any order."""
        response = Response(status=204, headers={"Allow": ROUTE_BY_PATH[request.path].allow})
        del response.headers["Content-Type"]
        return response

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Bind the exact path to the routes, whatever the `Host`.

        Werkzeug ignores slashes at the start of a path, and answers 400 to long host names and to
        a WebSocket handshake.
        """
        if request is None:
            return super().create_url_adapter(request)
        if request.path != request.environ["PATH_INFO"]:
            raise exceptions.NotFound
        return self.url_map.bind("", path_info=request.path, default_method=request.method)
