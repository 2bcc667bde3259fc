"""The OpenAPI 3.1 document that every backend serves: the contract for machines.

Its parts come from where the service itself takes them, the routes, the schemas and the problems,
so that it cannot say anything else.
"""

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import groupby

from shared.content import dumps
from shared.contract import COUNT, DOCS, DOCS_TYPE, JSON_TYPE, OPENAPI, PROBLEM_TYPE, ROUTES, Route
from shared.openapi.described_model import DescribedModel, Json
from shared.openapi.page import build_docs
from shared.openapi.schemas import build_schemas, problem_schema_name
from shared.openapi.tables import (
    BEARER,
    HEADERS,
    IF_NONE_MATCH,
    INFO,
    LINKS,
    PROBLEMS,
    REQUESTS,
    ROUTING_PROBLEMS,
    SECURITY,
    SUCCESSES,
    SUMMARIES,
    WHEN,
    answer_examples,
    request_examples,
)
from shared.problems import InvalidContent, Problem

_ENTITY_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')


@dataclass(frozen=True)
class OpenApiDocument:
    """The OpenAPI document as it is served."""

    document: Json

    @cached_property
    def content(self) -> bytes:
        """Its bytes: always the same for the same settings and model."""
        return dumps(self.document)

    @cached_property
    def page(self) -> bytes:
        """The same as a page for people, in HTML."""
        return build_docs(self.document)

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


# Not of all models: a service may switch between many.
@lru_cache(maxsize=16)
def build_document(content_limit_bytes: int, model: DescribedModel | None) -> OpenApiDocument:
    """Return the document of a service that takes up to `content_limit_bytes` of content.

    model : None while there is none, and then the document leaves open what a row is.
    """
    paths = {route.path: _path_item(route, content_limit_bytes, model) for route in ROUTES}
    return OpenApiDocument(
        {
            "openapi": "3.1.0",
            "info": INFO,
            "paths": paths,
            "components": {
                "schemas": build_schemas(model),
                "responses": _shared_responses(),
                "headers": HEADERS,
                "securitySchemes": {"bearer": BEARER},
            },
        }
    )


def _path_item(route: Route, content_limit_bytes: int, model: DescribedModel | None) -> Json:
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
            if route.counted:
                operation["security"] = SECURITY
            if route is OPENAPI:
                operation["parameters"] = [IF_NONE_MATCH]
            if method == "POST":
                operation["requestBody"] = _request_body(route, content_limit_bytes, model)
            operation["responses"] = _responses(route, model, with_content=method != "HEAD")
        item[method.lower()] = operation
    return item


def _request_body(route: Route, content_limit_bytes: int, model: DescribedModel | None) -> Json:
    schema, description = REQUESTS[route]
    return {
        "description": f"{description} At most {content_limit_bytes:,} bytes.",
        "required": True,
        "content": _content(JSON_TYPE, _ref("schemas", schema), request_examples(route, model)),
        "x-content-limit-bytes": content_limit_bytes,
    }


def _responses(route: Route, model: DescribedModel | None, *, with_content: bool) -> Json:
    """Return responses by status; `HEAD` has the same ones, without their content."""
    responses = {"200": _success(route, model)}
    if route in LINKS:
        responses["200"]["links"] = LINKS[route]
    if route is OPENAPI:
        responses["304"] = _response("The document is the one that is known.", ("ETag",))
    for problems in _by_status(PROBLEMS[route]):
        if with_content and _is_shared(problems):
            response = _ref("responses", type(problems[0]).__name__)
        else:
            response = _refusal(problems, route)
        responses[str(problems[0].status)] = response
    if not with_content:
        for response in responses.values():
            response.pop("content", None)
    return dict(sorted(responses.items()))


def _success(route: Route, model: DescribedModel | None) -> Json:
    if route is DOCS:
        return _response("The page.", content={DOCS_TYPE: {"schema": {"type": "string"}}})
    if route is OPENAPI:
        return _response("The document.", ("ETag",), {JSON_TYPE: {"schema": {"type": "object"}}})
    schema, description = SUCCESSES[route]
    content = _content(JSON_TYPE, _ref("schemas", schema), answer_examples(route, model))
    return _response(description, ("Cache-Control",) if route is COUNT else (), content)


def _by_status(problems: tuple[Problem, ...]) -> list[tuple[Problem, ...]]:
    return [tuple(group) for _, group in groupby(problems, lambda problem: problem.status)]


def _is_shared(problems: tuple[Problem, ...]) -> bool:
    """Whether the answer reads the same for all routes that have it."""
    return len(problems) == 1 and not isinstance(problems[0], InvalidContent)


def _shared_responses() -> Json:
    groups = [
        group for each in (ROUTING_PROBLEMS, *PROBLEMS.values()) for group in _by_status(each)
    ]
    return {type(group[0]).__name__: _refusal(group, None) for group in groups if _is_shared(group)}


def _refusal(problems: tuple[Problem, ...], route: Route | None) -> Json:
    """Return the response of problems with one status."""
    fields = {name for problem in problems for name in problem.header_fields()}
    refs = [_ref("schemas", problem_schema_name(problem, route)) for problem in problems]
    examples = {problem.code: {"value": problem.document()} for problem in problems}
    return _response(
        " ".join(WHEN[type(problem)] for problem in problems),
        tuple(sorted(fields & HEADERS.keys())),
        _content(PROBLEM_TYPE, refs[0] if len(refs) == 1 else {"oneOf": refs}, examples),
    )


def _content(media_type: str, schema: Json, examples: dict[str, Json]) -> Json:
    return {media_type: {"schema": schema, "examples": examples}}


def _response(description: str, headers: tuple[str, ...] = (), content: Json | None = None) -> Json:
    response: Json = {"description": description}
    if headers:
        response["headers"] = {name: _ref("headers", name) for name in headers}
    if content is not None:
        response["content"] = content
    return response


def _ref(kind: str, name: str) -> Json:
    return {"$ref": f"#/components/{kind}/{name}"}
