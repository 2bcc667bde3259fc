"""Rows of a request: whether they are what a model takes, and what is wrong where they are not."""

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Any, cast

from shared.contract import MAX_ERRORS, MAX_ROWS
from shared.model.engine import Rows
from shared.model.manifest import Cell, Feature
from shared.problems import ContentError, InvalidContent

RowReader = Callable[[list[object]], Rows]

_LIST_ONLY = {list}
_NUMBERS_ONLY: set[type] = {int, float}


def row_reader(features: Sequence[Feature]) -> RowReader:
    """Return the function that lets the rows of a request through, as they are.

    It raises `InvalidContent` with the first `MAX_ERRORS` errors in document order. A boolean is no
    number, and neither is one that has no finite float64.
    """
    width = {len(features)}
    allowed = [_allowed(feature) for feature in features]
    alike = allowed[0] if all(types == allowed[0] for types in allowed) else None

    def read(instances: list[object]) -> Rows:
        # The types are looked at in C, as 1,024 rows one by one would cost more than the model.
        if 1 <= len(instances) <= MAX_ROWS and set(map(type, instances)) == _LIST_ONLY:
            rows = cast("list[list[Cell]]", instances)
            if set(map(len, rows)) == width and _are_of_types(rows):
                return rows
        raise InvalidContent(_errors(instances, features))

    def _are_of_types(rows: list[list[Cell]]) -> bool:
        if alike is None:
            columns = zip(zip(*rows, strict=True), allowed, strict=True)
            if not all(set(map(type, column)) <= types for column, types in columns):
                return False
        elif not set(map(type, chain.from_iterable(rows))) <= alike:
            return False
        values: Iterable[Any] = chain.from_iterable(rows)
        if alike != _NUMBERS_ONLY:
            values = [value for value in values if value is not None and type(value) is not str]
        try:
            return all(map(math.isfinite, values))
        except OverflowError:
            return False

    return read


def _allowed(feature: Feature) -> set[type]:
    types: set[type] = {str} if feature.type == "text" else {int, float}
    return types | {type(None)} if feature.nullable else types


def _errors(instances: list[object], features: Sequence[Feature]) -> list[ContentError]:
    if not 1 <= len(instances) <= MAX_ROWS:
        return [ContentError("/instances", f"must have 1 to {MAX_ROWS} rows")]
    errors: list[ContentError] = []
    for index, row in enumerate(instances):
        errors += _row_errors(f"/instances/{index}", row, features)
        if len(errors) >= MAX_ERRORS:
            break
    return errors[:MAX_ERRORS]


def _row_errors(pointer: str, row: object, features: Sequence[Feature]) -> list[ContentError]:
    if not isinstance(row, list):
        return [ContentError(pointer, "must be an array")]
    if len(row) != len(features):
        return [ContentError(pointer, row_length_detail(features))]
    return [
        ContentError(f"{pointer}/{index}", value_detail(feature))
        for index, (value, feature) in enumerate(zip(row, features, strict=True))
        if not _is_value(value, feature)
    ]


def row_length_detail(features: Sequence[Feature]) -> str:
    """Return what is said of a row of another length."""
    numbers = all(feature.type == "number" for feature in features)
    return f"must have {len(features)} {'numbers' if numbers else 'values'}"


def value_detail(feature: Feature) -> str:
    """Return what is said of a value that is not of the feature's type."""
    return "must be a string" if feature.type == "text" else "must be a number"


def _is_value(value: object, feature: Feature) -> bool:
    if value is None:
        return feature.nullable
    if feature.type == "text":
        return isinstance(value, str)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False
