"""The rows of a predict request as an array of numbers, or what is wrong with them, in words."""

import math
from itertools import chain
from typing import TypeGuard

import numpy as np
from numpy.typing import NDArray

from shared.contract import MAX_ERRORS, MAX_ROWS
from shared.problems import ContentError, InvalidContent

Rows = NDArray[np.float64]

_LIST_ONLY = {list}
_NUMBERS_ONLY = {int, float}


def read_rows(instances: list[object], features: int) -> Rows:
    """`instances` as an array of shape (rows, features), float64, all finite.

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
