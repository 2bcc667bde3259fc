"""Tables of the OpenAPI document: texts, problems and examples of each route."""

from shared.contract import (
    COUNT,
    DOCS,
    HEALTH,
    LETTER_COUNT,
    MAX_ROWS,
    NO_STORE,
    OPENAPI,
    PREDICT,
    ROUTES,
    Route,
)
from shared.openapi.described_model import DescribedModel, Json
from shared.problems import (
    ContentError,
    ContentTooLarge,
    InternalError,
    InvalidContent,
    MalformedJson,
    MethodNotAllowed,
    NotFound,
    NotReady,
    Overloaded,
    Problem,
    RateLimited,
    Unauthorized,
    UnsupportedMediaType,
)

INFO: Json = {
    "title": "podium",
    "version": "1",
    "summary": "Three operations around one machine-learning model.",
    "description": (
        "Of several things that are wrong with a request, the first in this order is the answer: "
        "404, 405, 401, 429, 415, 413, 400, 503 (`predict` before the model is there), 422.\n\n"
        "A request is counted when path and method are those of `count`, `letter_count` or "
        "`predict` and it passed the guard, whatever comes of it then; `OPTIONS` is not.\n\n"
        "JSON is RFC 8259 to the letter, in UTF-8 without a byte order mark, with finite numbers "
        "and at most 1,024 levels deep. Members that are not named here are ignored. "
        "Answers have no white space between tokens."
    ),
    "license": {"name": "MIT", "identifier": "MIT"},
}

SUMMARIES = {
    COUNT: "How many requests the three operations were sent since the start, this one included.",
    LETTER_COUNT: "How many Unicode code points a name has; an absent name is empty.",
    PREDICT: "What the model says of each row.",
    HEALTH: "Whether the model can answer and the service is not about to stop.",
    OPENAPI: "This document.",
    DOCS: "This document as a page for people.",
}

# Route -> schema and description of the content that it takes.
REQUESTS = {
    LETTER_COUNT: ("LetterCountRequest", "A name."),
    PREDICT: (
        "PredictRequest",
        f"1 to {MAX_ROWS} rows, each of exactly as many values as the model has features.",
    ),
}

# Route -> schema and description of its success.
SUCCESSES = {
    COUNT: ("CountResponse", "The count."),
    LETTER_COUNT: ("LetterCountResponse", "The name and its length."),
    PREDICT: (
        "PredictResponse",
        "A prediction for each row; from a classifier also the probability of each class.",
    ),
    HEALTH: ("HealthResponse", "The model can answer."),
}

_GUARD = (Unauthorized(), RateLimited(1))
_CONTENT = (MalformedJson(), ContentTooLarge(), UnsupportedMediaType())
# Each as an answer might have it.
PROBLEMS: dict[Route, tuple[Problem, ...]] = {
    COUNT: (*_GUARD, InternalError()),
    LETTER_COUNT: (
        *_CONTENT,
        *_GUARD,
        InvalidContent([ContentError("/name", "must be a string")]),
        InternalError(),
    ),
    PREDICT: (
        *_CONTENT,
        *_GUARD,
        InvalidContent(
            [
                ContentError("/instances/0/2", "must be a number"),
                ContentError("/instances/1", "must be an array"),
            ]
        ),
        NotReady(),
        Overloaded(),
        InternalError(),
    ),
    HEALTH: (NotReady(), InternalError()),
    OPENAPI: (InternalError(),),
    DOCS: (InternalError(),),
}
# No described operation has these; they are the answers to everything else.
ROUTING_PROBLEMS: tuple[Problem, ...] = (NotFound(), MethodNotAllowed(COUNT.allow))

# When a problem is the answer.
WHEN: dict[type[Problem], str] = {
    NotFound: "There is no such path. Paths match exactly, after percent-decoding.",
    MethodNotAllowed: "The path is there, and does not have this method.",
    Unauthorized: "The service asks for a key, and it is missing or wrong.",
    RateLimited: "More requests than the service allows a key, or an address without one.",
    UnsupportedMediaType: "The media type is not `application/json` (its only parameter may be "
    "`charset=utf-8`), or there is a `Content-Encoding` other than `identity`.",
    ContentTooLarge: "The content is longer than the limit; the connection may be closed.",
    MalformedJson: "The content is not one JSON text, or empty.",
    InvalidContent: "The content is JSON, but not what the operation takes.",
    NotReady: "The model is not there yet, or the service is about to stop.",
    Overloaded: "As many predictions are under way as the service makes at once.",
    InternalError: "A defect of the service, which is told to its log only.",
}

# Route -> what the `errors` of its `InvalidContent` say: where (JSON Pointers, as a regular
# expression), and what; `{row_length}` is how long a row of the model is.
CONTENT_ERRORS: dict[Route, tuple[str, tuple[str, ...]]] = {
    LETTER_COUNT: ("^(/name)?$", ("must be an object", "must be a string")),
    PREDICT: (
        "^(/instances(/[0-9]+){0,2}|/model_version)?$",
        (
            "must be an object",
            "is required",
            "must be an array",
            "must be a number",
            "must be a string",
            f"must have 1 to {MAX_ROWS} rows",
            "{row_length}",
            "is out of the model's range",
            "is not served",
        ),
    ),
}

# Route -> what a client may do with its success, as OpenAPI links.
_COUNTED: Json = {
    "counted": {"operationId": "get_count", "description": "This request has been counted."}
}
LINKS: dict[Route, Json] = {
    LETTER_COUNT: _COUNTED,
    PREDICT: _COUNTED,
    OPENAPI: {
        "unchanged": {
            "operationId": "get_openapi",
            "parameters": {"header.If-None-Match": "$response.header.ETag"},
            "description": "304 until the document changes.",
        }
    },
}

_SECONDS = {"type": "integer", "minimum": 0}
HEADERS: Json = {
    "Allow": {
        "description": "The methods of the path, sorted.",
        "required": True,
        "schema": {"type": "string", "enum": sorted({route.allow for route in ROUTES})},
    },
    "Cache-Control": {"required": True, "schema": {"type": "string", "const": NO_STORE}},
    "ETag": {
        "description": "Strong entity tag of the document.",
        "required": True,
        "schema": {"type": "string", "pattern": '^"[0-9a-f]{64}"$'},
    },
    "Retry-After": {"description": "Whole seconds.", "required": True, "schema": _SECONDS},
    "WWW-Authenticate": {
        "description": "The challenge.",
        "required": True,
        "schema": {"type": "string", "const": Unauthorized().header_fields()["WWW-Authenticate"]},
    },
}
IF_NONE_MATCH: Json = {
    "name": "If-None-Match",
    "in": "header",
    "description": "Entity tags; the answer is 304 where one of them is the document's.",
    "required": False,
    "schema": {"type": "string"},
}

BEARER: Json = {
    "type": "http",
    "scheme": "bearer",
    "description": (
        "Whether there is a guard, each service decides. Where it asks for a key, a request "
        "shows one; how many requests are taken is counted for each key, or for each address "
        "where no key is asked for. Without a guard the field is ignored."
    ),
}
# An empty requirement is no requirement: whether there is a guard, each service decides.
SECURITY: list[Json] = [{}, {"bearer": []}]

_IRIS_ROW = [5.1, 3.5, 1.4, 0.2]

# Route -> examples of its success.
ANSWERS: dict[Route, dict[str, Json]] = {
    COUNT: {"third": {"value": {"count": 3}}},
    LETTER_COUNT: {
        "name": {"value": {"name": "Alice", "letter_count": 5}},
        "absent": {"value": {"name": "", "letter_count": 0}},
    },
    PREDICT: {
        "classifier": {
            "value": {
                "model": {"name": "iris", "version": "1"},
                "predictions": ["setosa"],
                "probabilities": [[0.98, 0.02, 0.0]],
            }
        },
        "regression": {
            "value": {"model": {"name": "diabetes", "version": "1"}, "predictions": [152.13]},
        },
    },
    HEALTH: {"ok": {"value": {"status": "ok"}}},
}


def request_examples(route: Route, model: DescribedModel | None) -> dict[str, Json]:
    """Return requests that the operation takes; rows are the model's, or iris's without one."""
    if route is LETTER_COUNT:
        return {"name": {"value": {"name": "Alice"}}, "absent": {"value": {}}}
    row, other = (_IRIS_ROW, _IRIS_ROW[::-1]) if model is None else model.rows
    return {
        "row": {"value": {"instances": [row]}},
        "rows": {"value": {"instances": [row, other]}},
    }


def answer_examples(route: Route, model: DescribedModel | None) -> dict[str, Json]:
    """Return answers of the operation; those of `predict` are the model's, where there is one."""
    if route is PREDICT and model is not None:
        return {"row": {"value": model.answer}}
    return ANSWERS[route]
