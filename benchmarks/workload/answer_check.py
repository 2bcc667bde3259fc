"""Checks of answers under load: each answer is checked, cheaply where it is as expected.

`count` is checked against earlier answers: each number once, and above every number that had been
answered when the request was sent (so rising on each connection, and between connections). The
other operations are compared with the expected answer byte by byte; where bytes differ, the values
decide (floats within 1e-9), because another inference engine may round its last digit.
"""

import json
import math
from array import array
from collections.abc import Mapping
from itertools import takewhile
from typing import Any, Protocol

import orjson

from benchmarks.workload.workload import ExpectedExchange, Workload

TOLERANCE = 1e-9
# A count is remembered until one that is higher by this, a power of two, has come.
REMEMBERED = 1 << 18
NEWEST = REMEMBERED - 1
# No service counts further, and all such numbers fit into 64 bits.
MOST_DIGITS = 18
SHOWN_BYTES = 120
# Shown of what two answers have in common before they begin to differ.
SHOWN_BEFORE_BYTES = 40


class AnswerCheck(Protocol):
    """A check of the answers of one operation from one service."""

    highest: int

    def find_fault(self, exchange: ExpectedExchange, floor: int, content: bytes) -> str | None:
        """Return what is wrong with `content`, or `None`; `floor` was `highest` at the sending."""


def check_of(workload: Workload) -> AnswerCheck:
    """Return a new check for one service's answers to `workload`."""
    return CountCheck() if workload.operation == "count" else ContentCheck(workload)


class CountCheck:
    """A check that counts are distinct, and above all that were known when the request was sent.

    The engine calls the check itself for each answer; stock Locust users call `find_fault` with the
    highest number at the sending. Without `distinct`, equal numbers are not looked for.
    """

    def __init__(self, *, distinct: bool = True) -> None:
        self.highest = 0
        self._floors: dict[int, int] = {}
        # The newest number in each place (modulo their count): a fixed size, however long the run.
        self._latest = array("q", bytes(8 * REMEMBERED)) if distinct else None

    def __call__(self, connection: int, content: bytes) -> str | None:
        """Return what is wrong with `content`, or `None`.

        A connection's next request is sent after its last answer was taken, so the highest number
        then is a floor for the next.
        """
        digits = content[9:-1]
        if (
            content[:9] != b'{"count":'
            or content[-1:] != b"}"
            or not digits.isdigit()
            or len(digits) > MOST_DIGITS
        ):
            return f"not a count: {excerpt(content)}"
        number = int(digits)
        floor = self._floors.get(connection, 0)
        if number <= floor:
            return f"the count went from {floor} back to {number}"
        latest = self._latest
        if latest is not None:
            place = number & NEWEST
            if latest[place] == number:
                return f"the count {number} was answered twice"
            latest[place] = number
        self.highest = max(self.highest, number)
        self._floors[connection] = self.highest
        return None

    def find_fault(self, exchange: ExpectedExchange, floor: int, content: bytes) -> str | None:
        """See `AnswerCheck`."""
        self._floors[0] = floor
        return self(0, content)


class ContentCheck:
    """A check for the expected answer; without one, for a prediction consistent in itself."""

    highest = 0

    def __init__(self, workload: Workload) -> None:
        self._rows = workload.rows
        self._any_model = workload.any_model
        self._expected = {
            exchange.answer: exchange.answer.encode()
            for exchange in workload.exchanges
            if exchange.answer is not None
        }
        self._column_of: dict[str, int] = {}

    def find_fault(self, exchange: ExpectedExchange, floor: int, content: bytes) -> str | None:
        """See `AnswerCheck`."""
        if exchange.answer is not None and content == self._expected[exchange.answer]:
            return None
        try:
            value = orjson.loads(content)
        except orjson.JSONDecodeError:
            return f"not JSON: {excerpt(content)}"
        if exchange.answer is None:
            return find_inconsistency(value, self._rows, self._column_of)
        expected = orjson.loads(exchange.answer)
        if self._any_model and _model(value) != _model(expected):
            why = find_inconsistency(value, self._rows, self._column_of)
            if why or "model" in expected:
                return why
            value = {"predictions": value["predictions"]}  # of a sample nothing else is known
        if agrees(value, expected):
            return None
        right = exchange.answer.encode()
        return f"expected {excerpt(right, content)}, got {excerpt(content, right)}"


def agrees(value: object, expected: object) -> bool:
    """Whether both are the same JSON value, floats within 1e-9, members in any order."""
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


def find_inconsistency(value: object, rows: int, column_of: dict[str, int]) -> str | None:
    """Return what is wrong with a prediction of a model that is not known here, or `None`.

    Right is one prediction per row; probabilities, if any, each from 0 to 1, adding up to 1, and
    largest in the same column for the same name and no other. `column_of` (name -> column) holds
    the columns in earlier answers, and is added to.
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
    return _find_wrong_probabilities(predictions, probabilities, column_of)


def _find_wrong_probabilities(
    predictions: list[Any], probabilities: list[Any], column_of: dict[str, int]
) -> str | None:
    for prediction, row in zip(predictions, probabilities, strict=True):
        if not isinstance(prediction, str):
            return "a prediction is no name"
        if not isinstance(row, list) or not row or not all(map(_is_number, row)):
            return "a row of probabilities is not a list of numbers"
        if min(row) < 0 or not math.isclose(sum(row), 1.0, abs_tol=1e-6):
            return f"probabilities add up to {sum(row)}"
        column = row.index(max(row))
        if column_of.setdefault(prediction, column) != column:
            return f"{prediction} is predicted where another class is likelier"
    if len(set(column_of.values())) != len(column_of):
        return "two names are predicted for one class"
    return None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _model(value: object) -> object:
    return value.get("model") if isinstance(value, Mapping) else None


def excerpt(content: bytes, other: bytes = b"") -> str:
    """Quote at most 120 bytes of `content`: the first, or those where it begins to differ."""
    pairs = zip(content, other, strict=False)
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    start = 0 if len(content) <= SHOWN_BYTES else max(0, same - SHOWN_BEFORE_BYTES)
    part = content[start : start + SHOWN_BYTES]
    text = json.dumps(part.decode("utf-8", "backslashreplace"), ensure_ascii=False)
    if len(part) == len(content):
        return text
    return f"{'… ' if start else ''}{text} … ({len(content)} bytes)"
