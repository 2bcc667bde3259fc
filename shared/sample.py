"""Rows that a backend's model takes, so that a model other than ours can be asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from shared.errors import BadSample
from shared.model.manifest import Cell


@dataclass(frozen=True)
class Sample:
    """Rows that a model takes, all of one length, and what it answers to each, if known.

    `probabilities` : of each row; None where they are not known, or there are none. `model` : its
    name and version, where the whole answer is known. `numbers` : whether each value of a row must
    be a number, as far as is known.
    """

    rows: tuple[tuple[Cell, ...], ...]
    predictions: tuple[str | float, ...] | None = None
    probabilities: tuple[tuple[float, ...], ...] | None = None
    model: tuple[str, str] | None = None
    numbers: bool = True

    @property
    def features(self) -> int:
        """The number of values in a row."""
        return len(self.rows[0])

    @property
    def row_length(self) -> str:
        """What an error says of a row of another length."""
        text = any(isinstance(value, str) for row in self.rows for value in row)
        return f"must have {self.features} {'values' if text else 'numbers'}"

    def instances(self, count: int) -> list[tuple[Cell, ...]]:
        """Return this many rows, repeating the sample's."""
        return [self.rows[index % len(self.rows)] for index in range(count)]

    def predicted(self, count: int) -> list[str | float] | None:
        """Return the predictions for `instances`; None where they are not known."""
        if self.predictions is None:
            return None
        return [self.predictions[index % len(self.rows)] for index in range(count)]

    def answer(self, indices: Sequence[int]) -> dict[str, object] | None:
        """Return what is known of the answer to the rows at these indices; None: nothing."""
        if self.predictions is None:
            return None
        known = [self.predictions[index] for index in indices]
        predictions = [one if isinstance(one, str) else float(one) for one in known]
        if self.model is None:
            return {"predictions": predictions}
        name, version = self.model
        answer: dict[str, object] = {
            "model": {"name": name, "version": version},
            "predictions": predictions,
        }
        if self.probabilities is not None:
            answer["probabilities"] = [self.probabilities[index] for index in indices]
        return answer


def read_sample(path: Path) -> Sample:
    """The sample in a JSON file: `{"rows":[[…],…],"predictions":[…]}`, the latter if known.

    Raises `BadSample`, and `OSError` where the file cannot be read.
    """
    try:
        found = orjson.loads(path.read_bytes())
        rows = tuple(map(_row, found["rows"]))
        predictions = found.get("predictions")
        labels = None if predictions is None else tuple(map(_prediction, predictions))
    except (orjson.JSONDecodeError, LookupError, TypeError, ValueError, AttributeError) as exc:
        raise BadSample(path) from exc
    widths = set(map(len, rows))
    if len(widths) != 1 or 0 in widths or (labels is not None and len(labels) != len(rows)):
        raise BadSample(path)
    numbers = all(isinstance(value, int | float) for row in rows for value in row)
    return Sample(rows, labels, numbers=numbers)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(value)
    return value


def _row(row: object) -> tuple[Cell, ...]:
    if not isinstance(row, list):
        raise TypeError(row)
    return tuple(map(_value, row))


def _value(value: object) -> Cell:
    return value if value is None or isinstance(value, str) else _number(value)


def _prediction(value: object) -> str | float:
    return value if isinstance(value, str) else _number(value)
