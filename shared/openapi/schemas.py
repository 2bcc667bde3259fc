"""The schemas of the OpenAPI document: from the types that requests are read with, and problems."""

from typing import Any

from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from shared.contract import LETTER_COUNT, MAX_ERRORS, PREDICT, Route
from shared.openapi.described_model import DescribedModel, Json
from shared.openapi.tables import CONTENT_ERRORS, PROBLEMS, ROUTING_PROBLEMS
from shared.problems import InvalidContent, Problem
from shared.schemas import (
    CountResponse,
    HealthResponse,
    LetterCountRequest,
    LetterCountResponse,
    PredictRequest,
    PredictResponse,
)

_TYPES = (
    LetterCountRequest,
    PredictRequest,
    CountResponse,
    LetterCountResponse,
    PredictResponse,
    HealthResponse,
)
_INVALID_CONTENT = {LETTER_COUNT: "InvalidName", PREDICT: "InvalidInstances"}


def build_schemas(model: DescribedModel | None) -> Json:
    """Return schemas by name; without a model a row is any array."""
    _, generated = models_json_schema(
        [(model, "validation") for model in _TYPES],
        ref_template="#/components/schemas/{model}",
        schema_generator=_UntitledJsonSchema,
    )
    schemas: Json = generated["$defs"]
    if model is not None:
        members = schemas["PredictRequest"]["properties"]
        members["instances"]["items"] = model.row_schema
        members["model_version"]["const"] = model.answer["model"]["version"]
    for problem in ROUTING_PROBLEMS:
        schemas[problem_schema_name(problem, None)] = _problem_schema(problem)
    for route, problems in PROBLEMS.items():
        for problem in problems:
            schema = _problem_schema(problem)
            if isinstance(problem, InvalidContent):
                schema["properties"]["errors"] = _errors_schema(route, model)
            schemas[problem_schema_name(problem, route)] = schema
    return schemas


def problem_schema_name(problem: Problem, route: Route | None) -> str:
    """Return the name of a problem's schema; each route has its own kind of `InvalidContent`."""
    if route is not None and isinstance(problem, InvalidContent):
        return _INVALID_CONTENT[route]
    return type(problem).__name__


def _problem_schema(problem: Problem) -> Json:
    """Return a schema of constants, but for the `errors` of `InvalidContent`."""
    members = problem.document()
    return {
        "type": "object",
        "properties": {name: {"const": value} for name, value in members.items()},
        "required": list(members),
        "additionalProperties": False,
    }


def _errors_schema(route: Route, model: DescribedModel | None) -> Json:
    pointers, sentences = CONTENT_ERRORS[route]
    detail: Json = {"type": "string"}
    if model is not None:
        length = model.length_detail
        detail["enum"] = [sentence.format(row_length=length) for sentence in sentences]
    return {
        "description": "What is wrong and where, in the order of the content.",
        "type": "array",
        "minItems": 1,
        "maxItems": MAX_ERRORS,
        "items": {
            "type": "object",
            "properties": {
                "pointer": {
                    "type": "string",
                    "pattern": pointers,
                    "description": "JSON Pointer (RFC 6901).",
                },
                "detail": detail,
            },
            "required": ["pointer", "detail"],
            "additionalProperties": False,
        },
    }


class _UntitledJsonSchema(GenerateJsonSchema):
    """Without a title for each field, which would only repeat its name."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False
