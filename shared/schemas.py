"""Requests and answers as pydantic types, and the one translation of their errors.

FastAPI takes these in its signatures; the other implementations call `parse`. Both end in the
same `InvalidContent`, because `content_errors` is the only place that words an error.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, WithJsonSchema

from shared.contract import MAX_ROWS
from shared.problems import ContentError, InvalidContent

_ROWS_SCHEMA: dict[str, Any] = {
    "type": "array",
    "minItems": 1,
    "maxItems": MAX_ROWS,
    "items": {"type": "array", "items": {"type": "number"}},
}
_DETAIL_BY_TYPE = {
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "dict_type": "must be an object",
    "string_type": "must be a string",
    "list_type": "must be an array",
    "missing": "is required",
}


class LetterCountRequest(BaseModel):
    """A name, possibly absent; other members are ignored."""

    model_config = ConfigDict(strict=True, extra="ignore")

    name: str = ""


class PredictRequest(BaseModel):
    """Rows of features. Their shape depends on the model, so `Model.rows` checks it, not this."""

    model_config = ConfigDict(strict=True, extra="ignore")

    instances: Annotated[list[Any], WithJsonSchema(_ROWS_SCHEMA)]


class CountResponse(BaseModel):
    """How many requests have been counted, this one included."""

    count: int = Field(ge=1)


class LetterCountResponse(BaseModel):
    """The name as it was read and its number of Unicode code points."""

    name: str
    letter_count: int = Field(ge=0)


class ModelIdentity(BaseModel):
    """Which model answered."""

    name: str
    version: str


class PredictResponse(BaseModel):
    """One prediction a row; `probabilities` (rows x classes) only from a classifier."""

    model: ModelIdentity
    predictions: list[str] | list[float]
    probabilities: list[list[float]] | None = None


class HealthResponse(BaseModel):
    """The model can answer."""

    status: Literal["ok"]


Request = TypeVar("Request", LetterCountRequest, PredictRequest)


def parse(schema: type[Request], value: object) -> Request:
    """`value` (decoded JSON) as a request; raises `InvalidContent`."""
    try:
        return schema.model_validate(value)
    except ValidationError as exc:
        raise InvalidContent(content_errors(exc.errors())) from exc


def content_errors(
    errors: Iterable[Mapping[str, Any]], *, prefix: tuple[str, ...] = ()
) -> list[ContentError]:
    """Pydantic's errors in the contract's words; `prefix` is cut from their locations.

    FastAPI puts `("body",)` before each location.
    """
    return [
        ContentError(_pointer(error["loc"][len(prefix) :]), _DETAIL_BY_TYPE[error["type"]])
        for error in errors
    ]


def _pointer(location: tuple[str | int, ...]) -> str:
    """A JSON Pointer (RFC 6901): `~` and `/` inside a member's name are escaped."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in location)
