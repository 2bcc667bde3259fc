"""Whether an answer under load is right: every one is looked at, cheaply where it is as expected.

`count` is checked against what was seen before: each number once, and above every number that had
been answered when the request was sent (so rising on each connection, and between connections).
The other operations are compared with the bank's answer byte by byte; where bytes differ, the
values decide (floats within 1e-9), because another inference engine may round its last digit.
"""

import math
from collections.abc import Mapping
from typing import Any, Protocol

import orjson

from benchmarks.workload.excerpt import excerpt
from benchmarks.workload.workload import Exchange, Workload

TOLERANCE = 1e-9
# A number is remembered until this many newer ones have come.
REMEMBERED = 200_000


class AnswerCheck(Protocol):
    """Looks at the answers of one operation from one service."""

    highest: int

    def why_wrong(self, exchange: Exchange, floor: int, content: bytes) -> str | None:
        """What is wrong with `content`, `None` if right; `floor` was `highest` at the sending."""


def check_of(workload: Workload) -> AnswerCheck:
    """A fresh check for one service's answers to `workload`."""
    return CountCheck() if workload.operation == "count" else ContentCheck(workload)


class CountCheck:
    """Counts are distinct, and larger than any that was known when the request was sent."""

    def __init__(self) -> None:
        self.highest = 0
        self._seen: set[int] = set()

    def why_wrong(self, exchange: Exchange, floor: int, content: bytes) -> str | None:
        """See `AnswerCheck`."""
        digits = content[9:-1]
        if content[:9] != b'{"count":' or content[-1:] != b"}" or not digits.isdigit():
            return f"not a count: {excerpt(content)}"
        number = int(digits)
        if number in self._seen:
            return f"the count {number} was answered twice"
        if number <= floor:
            return f"the count went from {floor} back to {number}"
        self._seen.add(number)
        self.highest = max(self.highest, number)
        if len(self._seen) > 2 * REMEMBERED:
            self._seen = {one for one in self._seen if one > self.highest - REMEMBERED}
        return None


class ContentCheck:
    """The answer is the bank's; without one, a prediction that is consistent in itself."""

    highest = 0

    def __init__(self, workload: Workload) -> None:
        self._rows = workload.rows
        self._any_model = workload.any_model
        self._expected = {
            exchange.answer: exchange.answer.encode()
            for exchange in workload.exchanges
            if exchange.answer is not None
        }
        self._place_of: dict[str, int] = {}

    def why_wrong(self, exchange: Exchange, floor: int, content: bytes) -> str | None:
        """See `AnswerCheck`."""
        if exchange.answer is not None and content == self._expected[exchange.answer]:
            return None
        try:
            value = orjson.loads(content)
        except orjson.JSONDecodeError:
            return f"not JSON: {excerpt(content)}"
        if exchange.answer is None:
            return why_inconsistent(value, self._rows, self._place_of)
        expected = orjson.loads(exchange.answer)
        if self._any_model and _model(value) != _model(expected):
            return why_inconsistent(value, self._rows, self._place_of)
        if agrees(value, expected):
            return None
        right = exchange.answer.encode()
        return f"expected {excerpt(right, content)}, got {excerpt(content, right)}"


def agrees(value: object, expected: object) -> bool:
    """The same JSON value, floats within 1e-9 of each other, members in any order."""
    if isinstance(expected, float) and isinstance(value, int | float):
        return math.isclose(value, expected, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    if type(value) is not type(expected):
        return False
    if isinstance(expected, dict) and isinstance(value, dict):
        return value.keys() == expected.keys() and all(
            agrees(value[name], expected[name]) for name in expected
        )
    if isinstance(expected, list) and isinstance(value, list):
        return len(value) == len(expected) and all(map(agrees, value, expected))
    return value == expected


def why_inconsistent(value: object, rows: int, place_of: dict[str, int]) -> str | None:
    """What is wrong with a prediction whose model is not known here, `None` if nothing is.

    One prediction a row; probabilities, where there are any, each from 0 to 1, adding up to 1, and
    largest in the same place for the same name and no other. `place_of` (name -> place) is what
    earlier answers showed; it grows.
    """
    if not isinstance(value, dict) or not isinstance(value.get("predictions"), list):
        return "there are no predictions"
    predictions = value["predictions"]
    if len(predictions) != rows:
        return f"{len(predictions)} predictions for {rows} rows"
    probabilities = value.get("probabilities")
    if probabilities is None:
        return None if all(map(_is_number, predictions)) else "a prediction is no number"
    if not isinstance(probabilities, list) or len(probabilities) != rows:
        return f"not one row of probabilities for each of {rows} rows"
    return _why_wrong_probabilities(predictions, probabilities, place_of)


def _why_wrong_probabilities(
    predictions: list[Any], probabilities: list[Any], place_of: dict[str, int]
) -> str | None:
    for prediction, row in zip(predictions, probabilities, strict=True):
        if not isinstance(prediction, str):
            return "a prediction is no name"
        if not isinstance(row, list) or not row or not all(map(_is_number, row)):
            return "a row of probabilities is not a list of numbers"
        if min(row) < 0 or not math.isclose(sum(row), 1.0, abs_tol=1e-6):
            return f"probabilities add up to {sum(row)}"
        place = row.index(max(row))
        if place_of.setdefault(prediction, place) != place:
            return f"{prediction} is predicted where another class is likelier"
    if len(set(place_of.values())) != len(place_of):
        return "two names are predicted for one class"
    return None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _model(value: object) -> object:
    return value.get("model") if isinstance(value, Mapping) else None
