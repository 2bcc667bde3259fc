"""Requests and answers as pydantic types, and the one wording of their errors.

FastAPI takes these in its signatures; the other implementations call `parse`. Both end in the
same `InvalidContent`, because `content_errors` is the only place that words an error.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, TypeVar, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError, WithJsonSchema
from pydantic.json_schema import SkipJsonSchema

from shared.contract import MAX_ROWS
from shared.problems import ContentError, InvalidContent

_ROWS_SCHEMA: dict[str, Any] = {
    "type": "array",
    "minItems": 1,
    "maxItems": MAX_ROWS,
    "items": {"type": "array", "items": {}},
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
    """Rows of as many values as the model has features; other members are ignored.

    `model_version` : the version that must answer; None, which a request cannot say, is any.
    """

    # What is in a row depends on the model, which checks the rows, all at once.
    instances: Annotated[list[Any], WithJsonSchema(_ROWS_SCHEMA)]
    model_version: str = Field(default=cast("str", None), json_schema_extra=_without_default)


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
