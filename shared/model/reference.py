"""The reference engine: scikit-learn's own answers, which all others are judged by."""

from typing import Any

import numpy as np

from shared.model.engine import Engine, Outcome, Rows
from shared.model.manifest import Manifest

# Products of two numbers below it do not overflow.
_HUGE = 1e150


def prepare_reference(estimator: Any, manifest: Manifest) -> Engine:
    """Return the engine that asks a fitted estimator or pipeline."""
    text = any(feature.type == "text" for feature in manifest.features)
    names = None if manifest.classes is None else np.array(manifest.classes, dtype=object)
    classes = None if names is None else list(estimator.classes_)

    def ask(array: Any) -> Outcome:
        if names is None:
            return _values(estimator.predict(array))
        if not manifest.probabilities:
            picked = _names(estimator.predict(array), classes, names)
            return Outcome(picked, None, _overflowing_scores(estimator, array))
        probabilities = estimator.predict_proba(array)
        bad = {*_not_finite(probabilities), *_overflowing_scores(estimator, array)}
        if manifest.largest_probability:
            picked = names[probabilities.argmax(axis=1)].tolist()
        else:
            picked = _names(estimator.predict(array), classes, names)
        return Outcome(picked, probabilities.tolist(), tuple(sorted(bad)))

    def predict(rows: Rows) -> Outcome:
        array = as_array(rows, text=text)
        # Overflow is found by looking at the results; numpy need not warn of it as well.
        with np.errstate(all="ignore"):
            try:
                return ask(array)
            except ValueError:  # some row: scikit-learn refuses what overflowed in a step
                return _one_by_one(ask, array)

    return predict


def as_array(rows: Rows, *, text: bool) -> Any:
    """Return rows as scikit-learn takes them, of objects with text; a missing value is nan."""
    if not text:
        return np.array(rows, dtype=np.float64)
    return np.array(
        [[np.nan if value is None else value for value in row] for row in rows], dtype=object
    )


def _values(found: Any) -> Outcome:
    values = np.asarray(found, dtype=np.float64).reshape(len(found), -1)
    return Outcome(values[:, 0].tolist(), None, _not_finite(values))


def _overflowing_scores(estimator: Any, array: Any) -> tuple[int, ...]:
    """Return the rows whose classes are decided by scores that are not finite.

    Scores cost as much as the answer, so they are looked at only where numbers are huge.
    """
    if array.dtype == object or not hasattr(estimator, "decision_function"):
        return ()
    if not (np.abs(array) > _HUGE).any():
        return ()
    return _not_finite(np.asarray(estimator.decision_function(array)).reshape(len(array), -1))


def _names(found: Any, classes: Any, names: Any) -> list[str]:
    place = {value: index for index, value in enumerate(classes)}
    return [str(names[place[value]]) for value in found]


def _not_finite(values: Any) -> tuple[int, ...]:
    finite = np.isfinite(values).all(axis=1)
    return () if finite.all() else tuple(np.flatnonzero(~finite).tolist())


def _one_by_one(ask: Any, array: Any) -> Outcome:
    """Return the outcome of each row by itself; one that is refused is out of range."""
    outcomes: list[Outcome | None] = []
    for index in range(len(array)):
        try:
            outcomes.append(ask(array[index : index + 1]))
        except ValueError:
            outcomes.append(None)
    kept = next((one for one in outcomes if one is not None), None)
    if kept is None:
        return Outcome([], None, tuple(range(len(array))))
    filled = [kept if one is None else one for one in outcomes]
    probabilities = None
    if kept.probabilities is not None:
        probabilities = [one.probabilities[0] for one in filled if one.probabilities]
    return Outcome(
        [one.predictions[0] for one in filled],  # type: ignore[arg-type]  # all of one kind
        probabilities,
        tuple(i for i, one in enumerate(outcomes) if one is None or one.out_of_range),
    )
