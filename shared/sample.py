"""Rows that a backend's model takes, so that a model other than ours can be asked."""

from dataclasses import dataclass
from pathlib import Path

import orjson

from shared.errors import BadSample


@dataclass(frozen=True)
class Sample:
    """Rows that a model takes, all of one length, and what it predicts for each, if known."""

    rows: tuple[tuple[float, ...], ...]
    predictions: tuple[str | float, ...] | None = None

    @property
    def features(self) -> int:
        """The number of values in a row."""
        return len(self.rows[0])

    def instances(self, count: int) -> list[tuple[float, ...]]:
        """Return this many rows, repeating the sample's."""
        return [self.rows[index % len(self.rows)] for index in range(count)]

    def predicted(self, count: int) -> list[str | float] | None:
        """Return the predictions for `instances`; None where they are not known."""
        if self.predictions is None:
            return None
        return [self.predictions[index % len(self.rows)] for index in range(count)]


def read_sample(path: Path) -> Sample:
    """The sample in a JSON file: `{"rows":[[…],…],"predictions":[…]}`, the latter if known.

    Raises `BadSample`, and `OSError` where the file cannot be read.
    """
    try:
        found = orjson.loads(path.read_bytes())
        rows = tuple(tuple(map(_number, row)) for row in found["rows"])
        predictions = found.get("predictions")
        labels = None if predictions is None else tuple(map(_prediction, predictions))
    except (orjson.JSONDecodeError, LookupError, TypeError, ValueError, AttributeError) as exc:
        raise BadSample(path) from exc
    widths = set(map(len, rows))
    if len(widths) != 1 or 0 in widths or (labels is not None and len(labels) != len(rows)):
        raise BadSample(path)
    return Sample(rows, labels)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(value)
    return value


def _prediction(value: object) -> str | float:
    return value if isinstance(value, str) else _number(value)
