"""The contract once more, by machine: the OpenAPI 3.1 document that every backend serves.

Its parts come from where the service itself takes them, the routes, the schemas and the problems,
so that it cannot say anything else.
"""

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from shared.contract import (
    COUNT,
    DOCS,
    DOCS_TYPE,
    JSON_TYPE,
    MAX_ERRORS,
    OPENAPI,
    PREDICT,
    PROBLEM_TYPE,
    ROUTES,
    Route,
)
from shared.json_text import dumps
from shared.openapi_tables import (
    HEADERS,
    IF_NONE_MATCH,
    INFO,
    PROBLEMS,
    REQUESTS,
    ROUTING_PROBLEMS,
    SUCCESSES,
    SUMMARIES,
    Json,
)
from shared.problems import InternalError, InvalidContent, Problem
from shared.schemas import (
    CountResponse,
    HealthResponse,
    LetterCountRequest,
    LetterCountResponse,
    PredictRequest,
    PredictResponse,
)

_ENTITY_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')


@dataclass(frozen=True)
class OpenApiDocument:
    """The OpenAPI document as it is served."""

    document: Json

    @cached_property
    def content(self) -> bytes:
        """Its bytes: always the same for the same settings."""
        return dumps(self.document)

    @cached_property
    def etag(self) -> str:
        """Its strong entity tag, quotes included (RFC 9110 section 8.8.3)."""
        return '"' + hashlib.sha256(self.content).hexdigest() + '"'

    def matches(self, if_none_match: str | None) -> bool:
        """Whether the answer is 304: `If-None-Match` has this tag, or is `*`.

        Tags are compared weakly (RFC 9110 section 13.1.2). The values of several fields come
        joined with commas; None is no such field.
        """
        if if_none_match is None:
            return False
        return if_none_match.strip() == "*" or self.etag in _ENTITY_TAG.findall(if_none_match)


def build_document(content_limit_bytes: int) -> OpenApiDocument:
    """The document of a service that takes content of up to `content_limit_bytes`."""
    return OpenApiDocument(
        {
            "openapi": "3.1.0",
            "info": INFO,
            "paths": {route.path: _path_item(route, content_limit_bytes) for route in ROUTES},
            "components": {
                "schemas": _schemas(),
                "responses": {_name(problem): _problem(problem) for problem in ROUTING_PROBLEMS},
                "headers": HEADERS,
            },
        }
    )


def _path_item(route: Route, content_limit_bytes: int) -> Json:
    item: Json = {}
    for method in route.methods:
        operation: Json = {
            "operationId": f"{method.lower()}_{route.name}",
            "summary": SUMMARIES[route],
        }
        if method == "OPTIONS":
            operation["summary"] = "Which methods this path has."
            operation["responses"] = {"204": _response("In `Allow`.", ("Allow",))}
        else:
            if route is OPENAPI:
                operation["parameters"] = [IF_NONE_MATCH]
            if method == "POST":
                operation["requestBody"] = _request_body(route, content_limit_bytes)
            operation["responses"] = _responses(route, with_content=method != "HEAD")
        item[method.lower()] = operation
    return item


def _request_body(route: Route, content_limit_bytes: int) -> Json:
    schema, description, example = REQUESTS[route]
    return {
        "description": f"{description} At most {content_limit_bytes} bytes.",
        "required": True,
        "content": {JSON_TYPE: {"schema": _ref("schemas", schema), "example": example}},
    }


def _responses(route: Route, *, with_content: bool) -> Json:
    """Status -> response. `HEAD` has the same answers, without their content."""
    responses = {"200": _success(route)}
    if route is OPENAPI:
        responses["304"] = _response("The document is the one that is known.", ("ETag",))
    for problem in (*PROBLEMS.get(route, ()), InternalError()):
        responses[str(problem.status)] = _problem(problem)
    if not with_content:
        for response in responses.values():
            response.pop("content", None)
    return responses


def _success(route: Route) -> Json:
    if route is DOCS:
        content = {DOCS_TYPE: {"schema": {"type": "string"}}}
        return _response("The page.", content=content)
    if route is OPENAPI:
        content = {JSON_TYPE: {"schema": {"type": "object"}}}
        return _response("The document.", ("ETag",), content)
    schema, description, example = SUCCESSES[route]
    content = {JSON_TYPE: {"schema": _ref("schemas", schema), "example": example}}
    return _response(description, ("Cache-Control",) if route is COUNT else (), content)


def _problem(problem: Problem) -> Json:
    headers = tuple(name for name in sorted(problem.header_fields()) if name in HEADERS)
    media = {"schema": _ref("schemas", _name(problem)), "example": problem.document()}
    return _response(problem.detail, headers, {PROBLEM_TYPE: media})


def _response(description: str, headers: tuple[str, ...] = (), content: Json | None = None) -> Json:
    response: Json = {"description": description}
    if headers:
        response["headers"] = {name: _ref("headers", name) for name in headers}
    if content is not None:
        response["content"] = content
    return response


def _schemas() -> Json:
    requests = (LetterCountRequest, PredictRequest)
    answers = (CountResponse, LetterCountResponse, PredictResponse, HealthResponse)
    _, definitions = models_json_schema(
        [(schema, "validation") for schema in (*requests, *answers)],
        ref_template="#/components/schemas/{model}",
        schema_generator=_UntitledJsonSchema,
    )
    problems = (*ROUTING_PROBLEMS, *PROBLEMS[PREDICT], InternalError())
    return {**definitions["$defs"]} | {
        _name(problem): _problem_schema(problem) for problem in problems
    }


def _problem_schema(problem: Problem) -> Json:
    """A problem's members are constants, but for the `errors` of `InvalidContent`."""
    properties: Json = {
        name: {"const": value} for name, value in problem.document().items() if name != "errors"
    }
    if isinstance(problem, InvalidContent):
        properties["errors"] = {
            "description": "What is wrong and where, in the order of the content.",
            "type": "array",
            "minItems": 1,
            "maxItems": MAX_ERRORS,
            "items": {
                "type": "object",
                "properties": {
                    "pointer": {"type": "string", "description": "JSON Pointer (RFC 6901)."},
                    "detail": {"type": "string"},
                },
                "required": ["pointer", "detail"],
                "additionalProperties": False,
            },
        }
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _name(problem: Problem) -> str:
    return type(problem).__name__


def _ref(kind: str, name: str) -> Json:
    return {"$ref": f"#/components/{kind}/{name}"}


class _UntitledJsonSchema(GenerateJsonSchema):
    """Without a title for each field, which would only repeat its name."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False
