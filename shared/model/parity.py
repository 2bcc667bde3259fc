"""The proof that an engine answers as scikit-learn does, on rows made to find where it does not."""

import math
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np

from shared.model.engine import Engine, Outcome, Rows
from shared.model.manifest import Cell, Parity, Worst
from shared.model.version import TOLERANCE

RANDOM_ROWS = 10_000

_PAIRS_AT_A_BOUNDARY = 64
# Halvings of the way between two rows: near enough for margins of all sizes down to rounding.
_HALVINGS = 48
_KEPT_HALVINGS = (8, 16, 24, 32, 40, 48)
_SPECIAL: tuple[float, ...] = (
    *(0.0, -0.0, 5e-324, 1e-308, 1e150, 1e308, -1e308, 16777217),
    *(2**53 + 1, 2**63),
)
_ROWS_A_CALL = 1024
_LARGEST_IN_A_SUM = 1e300


def make_rows(
    known: Rows, nullable: Sequence[bool], reference: Engine, seed: int = 0
) -> dict[str, list[list[Cell]]]:
    """Return rows of numbers to compare engines on, by kind.

    known : rows of the training or the sample; all of them are compared.
    nullable : of each feature, whether a value may be missing.
    """
    rng = np.random.default_rng(seed)
    numbers = np.array(known, dtype=np.float64)
    whole = numbers[~np.isnan(numbers).any(axis=1)]  # rows without a missing value
    return {
        "known": [list(row) for row in known],
        "random": _random(numbers, nullable, rng),
        "boundary": _at_boundaries(whole, reference, rng),
        "special": _special(numbers, whole, nullable),
    }


def compare(
    rows: Mapping[str, list[list[Cell]]], reference: Engine, engine: Engine, estimator: Any
) -> Parity:
    """Return how an engine's answers compare with the reference's; `worst` is set if they differ.

    Labels may differ where the reference's two best classes are within the tolerance.
    """
    largest, worst = 0.0, None
    for kind_rows in rows.values():
        for start in range(0, len(kind_rows), _ROWS_A_CALL):
            part = kind_rows[start : start + _ROWS_A_CALL]
            expected, found = reference(part), engine(part)
            # Alone a row may take another path through an engine than among many.
            alone = [engine([row]) for row in part[:16]]
            for outcome, count in ((found, len(part)), (_joined(alone), len(alone))):
                difference, at_fault = _difference(part[:count], expected, outcome, estimator)
                largest = max(largest, difference)
                worst = worst or at_fault
    counts = {kind: len(kind_rows) for kind, kind_rows in rows.items()}
    return Parity(rows=counts, largest_difference=largest, worst=worst)


def _random(numbers: Any, nullable: Sequence[bool], rng: np.random.Generator) -> list[list[Cell]]:
    low, high = np.nanmin(numbers, axis=0), np.nanmax(numbers, axis=0)
    span = np.where(high > low, high - low, 1.0)
    half = RANDOM_ROWS // 2
    inside = rng.uniform(low, low + span, (half, len(low)))
    # Beyond: up to a million times the range, small distances as often as large ones.
    far = 10.0 ** rng.uniform(-1, 6, (RANDOM_ROWS - half, 1))
    beyond = low + span * rng.normal(size=(RANDOM_ROWS - half, len(low))) * far
    rows = np.vstack([inside, beyond])
    missing = (rng.random(rows.shape) < 0.1) & np.array(nullable)
    rows[missing] = math.nan
    return _without_nan(rows)


def _at_boundaries(whole: Any, reference: Engine, rng: np.random.Generator) -> list[list[Cell]]:
    """Return rows on the way between two rows of different class, ever nearer to where it turns."""
    if len(whole) < 2:
        return []
    labels = np.array(reference(whole.tolist()).predictions, dtype=object)
    if labels.dtype != object or not isinstance(labels[0], str):
        return []
    pairs = rng.integers(0, len(whole), (_PAIRS_AT_A_BOUNDARY * 8, 2))
    pairs = pairs[labels[pairs[:, 0]] != labels[pairs[:, 1]]][:_PAIRS_AT_A_BOUNDARY]
    if not len(pairs):
        return []
    first, second = whole[pairs[:, 0]], whole[pairs[:, 1]]
    first_label = labels[pairs[:, 0]]
    kept: list[list[Cell]] = []
    for step in range(1, _HALVINGS + 1):
        middle = first + (second - first) / 2
        same = np.array(reference(middle.tolist()).predictions, dtype=object) == first_label
        first = np.where(same[:, None], middle, first)
        second = np.where(same[:, None], second, middle)
        if step in _KEPT_HALVINGS:
            kept += [*first.tolist(), *second.tolist()]
    return kept


def _special(numbers: Any, whole: Any, nullable: Sequence[bool]) -> list[list[Cell]]:
    base = whole[0].tolist() if len(whole) else [0.0] * numbers.shape[1]
    values: list[Cell] = list(_SPECIAL)
    # Of all columns at once no sum may overflow: whether one does depends on the order of adding.
    rows: list[list[Cell]] = [
        [value] * len(base) for value in _SPECIAL if abs(value) < _LARGEST_IN_A_SUM
    ]
    for column in range(len(base)):
        allowed = [*values, None] if nullable[column] else values
        rows += [[*base[:column], value, *base[column + 1 :]] for value in allowed]
    return rows


def _without_nan(rows: Any) -> list[list[Cell]]:
    if not np.isnan(rows).any():
        return rows.tolist()  # type: ignore[no-any-return]
    return [[None if math.isnan(value) else value for value in row] for row in rows.tolist()]


def _joined(outcomes: Sequence[Outcome]) -> Outcome:
    each = [outcome.probabilities for outcome in outcomes]
    return Outcome(
        list(chain.from_iterable(outcome.predictions for outcome in outcomes)),  # type: ignore[arg-type]
        None if None in each else list(chain.from_iterable(each)),  # type: ignore[arg-type]
        tuple(index for index, outcome in enumerate(outcomes) if outcome.out_of_range),
    )


def _difference(
    rows: Rows, expected: Outcome, found: Outcome, estimator: Any
) -> tuple[float, Worst | None]:
    """Return the largest difference of numbers, and the first row that fails, if one does."""
    skipped = {index for index in expected.out_of_range if index < len(rows)}
    if skipped != set(found.out_of_range):
        index = min(skipped ^ set(found.out_of_range))
        return 0.0, _worst(rows[index], expected, found, index, None)
    in_range = [index for index in range(len(rows)) if index not in skipped]
    if not in_range:
        return 0.0, None
    worst, largest = None, 0.0
    if (pair := _numbers(expected, found, in_range)) is not None:
        differences = (np.abs(pair[0] - pair[1]) / (1 + np.abs(pair[0]))).max(axis=1)
        largest = float(differences.max())
        if largest > TOLERANCE:
            index = in_range[int(differences.argmax())]
            worst = _worst(rows[index], expected, found, index, largest)
    unequal = [i for i in in_range if expected.predictions[i] != found.predictions[i]]
    if unequal and isinstance(expected.predictions[in_range[0]], str) and worst is None:
        margins = _margins(estimator, rows, expected, unequal)
        failing = [i for i, margin in zip(unequal, margins, strict=True) if margin > TOLERANCE]
        if failing:
            worst = _worst(rows[failing[0]], expected, found, failing[0], None)
    return largest, worst


def _numbers(expected: Outcome, found: Outcome, rows: list[int]) -> tuple[Any, Any] | None:
    pair: tuple[Sequence[object], Sequence[object]] = (expected.predictions, found.predictions)
    if expected.probabilities is not None and found.probabilities is not None:
        pair = (expected.probabilities, found.probabilities)
    elif isinstance(expected.predictions[rows[0]], str):
        return None
    first, second = (np.array([one[index] for index in rows], dtype=float) for one in pair)
    return first.reshape(len(rows), -1), second.reshape(len(rows), -1)


def _margins(estimator: Any, rows: Rows, expected: Outcome, unequal: list[int]) -> list[float]:
    """Return by how much the reference prefers its class, of the rows at these indices."""
    if expected.probabilities is not None:
        found = np.sort(np.array([expected.probabilities[index] for index in unequal]), axis=1)
        return (found[:, -1] - found[:, -2]).tolist()  # type: ignore[no-any-return]
    if not hasattr(estimator, "decision_function"):
        return [math.inf] * len(unequal)
    chosen = np.array([rows[index] for index in unequal], dtype=np.float64)
    scores = np.asarray(estimator.decision_function(chosen))
    if scores.ndim == 1:
        return np.abs(scores).tolist()  # type: ignore[no-any-return]
    scores.sort(axis=1)
    return (scores[:, -1] - scores[:, -2]).tolist()  # type: ignore[no-any-return]


def _worst(
    row: Sequence[Cell], expected: Outcome, found: Outcome, index: int, difference: float | None
) -> Worst:
    return Worst(
        row=list(row),
        reference=_shown(expected, index),
        engine=_shown(found, index),
        difference=difference,
    )


def _shown(outcome: Outcome, index: int) -> list[float] | str | None:
    if index in outcome.out_of_range:
        return None
    if outcome.probabilities is not None:
        return outcome.probabilities[index]
    prediction = outcome.predictions[index]
    return prediction if isinstance(prediction, str) else [prediction]
