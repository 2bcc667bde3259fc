"""What the OpenAPI document says of each route, as tables; `shared.openapi` puts it together."""

from typing import Any

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
from shared.problems import (
    ContentError,
    ContentTooLarge,
    InvalidContent,
    MalformedJson,
    MethodNotAllowed,
    NotFound,
    NotReady,
    Problem,
    UnsupportedMediaType,
)

Json = dict[str, Any]

INFO: Json = {
    "title": "podium",
    "version": "1",
    "summary": "Three operations around one machine-learning model.",
    "description": (
        "Any other path answers 404 (`NotFound`), any other method 405 (`MethodNotAllowed`). "
        "Of several things that are wrong with a request the first in this order is the answer: "
        "404, 405, 415, 413, 400, 503, 422. JSON is RFC 8259 to the letter, in UTF-8; "
        "members that are not named here are ignored."
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

_ROWS = f"1 to {MAX_ROWS} rows, each of exactly as many numbers as the model has features."

REQUESTS: dict[Route, tuple[str, str, Json]] = {
    LETTER_COUNT: ("LetterCountRequest", "A name.", {"name": "Alice"}),
    PREDICT: ("PredictRequest", _ROWS, {"instances": [[5.1, 3.5, 1.4, 0.2]]}),
}

SUCCESSES: dict[Route, tuple[str, str, Json]] = {
    COUNT: ("CountResponse", "The count.", {"count": 3}),
    LETTER_COUNT: (
        "LetterCountResponse",
        "The name and its length.",
        {"name": "Alice", "letter_count": 5},
    ),
    PREDICT: (
        "PredictResponse",
        "A prediction for each row; from a classifier also the probability of each class.",
        {
            "model": {"name": "iris", "version": "1"},
            "predictions": ["setosa"],
            "probabilities": [[0.98, 0.02, 0.0]],
        },
    ),
    HEALTH: ("HealthResponse", "The model can answer.", {"status": "ok"}),
}

__JSON_PROBLEMS = (MalformedJson(), ContentTooLarge(), UnsupportedMediaType())
PROBLEMS: dict[Route, tuple[Problem, ...]] = {
    LETTER_COUNT: (
        *__JSON_PROBLEMS,
        InvalidContent([ContentError("/name", "must be a string")]),
    ),
    PREDICT: (
        *__JSON_PROBLEMS,
        InvalidContent(
            [
                ContentError("/instances/0/2", "must be a number"),
                ContentError("/instances/1", "must have 4 numbers"),
            ]
        ),
        NotReady(),
    ),
    HEALTH: (NotReady(),),
}
# No described operation has these; the document's introduction refers to them.
ROUTING_PROBLEMS = (NotFound(), MethodNotAllowed(COUNT.allow))

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
    "Retry-After": {
        "description": "Whole seconds.",
        "required": True,
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
    },
}
IF_NONE_MATCH: Json = {
    "name": "If-None-Match",
    "in": "header",
    "description": "Entity tags; the answer is 304 where one of them is the document's.",
    "required": False,
    "schema": {"type": "string"},
}
