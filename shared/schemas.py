"""Requests and answers as pydantic types, rows as an array, and the one wording of their errors.

FastAPI takes these in its signatures; the other implementations call `parse`. Both end in the
same `InvalidContent`, because `content_errors` is the only place that words an error.
"""

import math
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Annotated, Any, Literal, TypeGuard, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, WithJsonSchema
from pydantic.json_schema import SkipJsonSchema

from shared.contract import MAX_ERRORS, MAX_ROWS
from shared.problems import ContentError, InvalidContent

_LIST_ONLY = {list}
_NUMBERS_ONLY = {int, float}
_ROWS_SCHEMA: dict[str, Any] = {
    "type": "array",
    "minItems": 1,
    "maxItems": MAX_ROWS,
    "items": {"type": "array", "items": {"type": "number", "format": "double"}},
}
_DETAIL_BY_TYPE = {
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "dict_type": "must be an object",
    "string_type": "must be a string",
    "list_type": "must be an array",
    "missing": "is required",
}


def _without_default(schema: dict[str, Any]) -> None:
    del schema["default"]


class _Request(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")


class _Response(BaseModel):
    model_config = ConfigDict(extra="forbid")


class LetterCountRequest(_Request):
    """A name, possibly absent; other members are ignored."""

    name: str = ""


class PredictRequest(_Request):
    """Rows of numbers, each as long as the model has features; other members are ignored."""

    # How long a row is depends on the model, so `read_rows` checks the rows, all at once.
    instances: Annotated[list[Any], WithJsonSchema(_ROWS_SCHEMA)]


class CountResponse(_Response):
    """How many requests have been counted, this one included."""

    count: int = Field(ge=1)


class LetterCountResponse(_Response):
    """The name as it was read and its number of Unicode code points."""

    name: str
    letter_count: int = Field(ge=0)


class ModelIdentity(_Response):
    """Which model answered."""

    name: str
    version: str


class PredictResponse(_Response):
    """One prediction a row; `probabilities` (rows x classes) only from a classifier."""

    model: ModelIdentity
    predictions: list[str] | list[float]
    # Absent, never null, where the model is no classifier.
    probabilities: list[list[float]] | SkipJsonSchema[None] = Field(
        default=None, json_schema_extra=_without_default
    )


class HealthResponse(_Response):
    """The model can answer."""

    status: Literal["ok"]


Request = TypeVar("Request", LetterCountRequest, PredictRequest)


def count_response(number: int) -> dict[str, object]:
    """Return the answer of `count` to the request that was counted as `number`."""
    return {"count": number}


def parse(schema: type[Request], value: object) -> Request:
    """Return `value` (decoded JSON) as a request; raises `InvalidContent`."""
    try:
        return schema.model_validate(value)
    except ValidationError as exc:
        raise InvalidContent(content_errors(exc.errors())) from exc


def content_errors(
    errors: Iterable[Mapping[str, Any]], *, prefix: tuple[str, ...] = ()
) -> list[ContentError]:
    """Return pydantic's errors in the contract's words; `prefix` is cut from their locations.

    FastAPI puts `("body",)` before each location.
    """
    return [_content_error(error["loc"][len(prefix) :], error["type"]) for error in errors]


def _content_error(location: tuple[str | int, ...], error_type: str) -> ContentError:
    # FastAPI says that a content of `null` is missing.
    detail = _DETAIL_BY_TYPE[error_type] if location else "must be an object"
    return ContentError(_pointer(location), detail)


def _pointer(location: tuple[str | int, ...]) -> str:
    """Return a JSON Pointer (RFC 6901): `~` and `/` inside a member's name are escaped."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in location)


def read_rows(instances: list[object], features: int) -> NDArray[np.float64]:
    """Return `instances` as an array of shape (rows, features), float64, all finite.

    Raises `InvalidContent` with the first `MAX_ERRORS` errors in document order. A boolean is
    no number, and neither is one that has no finite float64.
    """
    # numpy takes True, None and "1.5" for numbers, so the types are looked at first; in C, as
    # 1,024 rows one by one would cost more than the model.
    if 1 <= len(instances) <= MAX_ROWS and _are_number_lists(instances, features):
        try:
            rows = np.array(instances, dtype=np.float64)
        except OverflowError:
            pass
        else:
            if np.isfinite(rows).all():
                return rows
    raise InvalidContent(_errors(instances, features))


def _are_number_lists(instances: list[object], features: int) -> TypeGuard[list[list[int | float]]]:
    return (
        set(map(type, instances)) == _LIST_ONLY
        and set(map(len, instances)) == {features}  # type: ignore[arg-type]  # all are lists
        and set(map(type, chain.from_iterable(instances))) <= _NUMBERS_ONLY  # type: ignore[arg-type]
    )


def _errors(instances: list[object], features: int) -> list[ContentError]:
    if not 1 <= len(instances) <= MAX_ROWS:
        return [ContentError("/instances", f"must have 1 to {MAX_ROWS} rows")]
    errors: list[ContentError] = []
    for index, row in enumerate(instances):
        errors += _row_errors(f"/instances/{index}", row, features)
        if len(errors) >= MAX_ERRORS:
            break
    return errors[:MAX_ERRORS]


def _row_errors(pointer: str, row: object, features: int) -> list[ContentError]:
    if not isinstance(row, list):
        return [ContentError(pointer, "must be an array")]
    if len(row) != features:
        return [ContentError(pointer, f"must have {features} numbers")]
    return [
        ContentError(f"{pointer}/{index}", "must be a number")
        for index, value in enumerate(row)
        if not _is_number(value)
    ]


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False
