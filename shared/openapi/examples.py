"""Examples of requests and of their answers, which the OpenAPI document shows, by route."""

from itertools import cycle, islice

from shared.contract import COUNT, HEALTH, LETTER_COUNT, PREDICT, Route
from shared.openapi.tables import Json

_IRIS_ROW = (5.1, 3.5, 1.4, 0.2)

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


def request_examples(route: Route, features: int | None) -> dict[str, Json]:
    """Requests that the operation takes; rows have `features` numbers, iris's four if None."""
    if route is LETTER_COUNT:
        return {"name": {"value": {"name": "Alice"}}, "absent": {"value": {}}}
    row = list(islice(cycle(_IRIS_ROW), features or len(_IRIS_ROW)))
    return {
        "row": {"value": {"instances": [row]}},
        "rows": {"value": {"instances": [row, row[::-1]]}},
    }
