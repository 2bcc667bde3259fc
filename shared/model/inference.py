"""The model: a fitted scikit-learn pipeline, asked for predictions of arrays of rows."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Predictions:
    """Predictions of a number of rows.

    values : of shape (rows,); the name of a class of each row, or a number.
    probabilities : of shape (rows, classes), in the order of the classes; None from a regression.
    in_range : of shape (rows,); False for a row on which the model overflows. The other arrays
        mean nothing there.
    """

    values: NDArray[Any]
    probabilities: Floats | None
    in_range: Mask


@dataclass(frozen=True)
class Model:
    """A fitted scikit-learn pipeline under its name and version."""

    name: str
    version: str
    pipeline: "Pipeline"

    @property
    def features(self) -> int:
        """The number of numbers in a row."""
        return int(self.pipeline.n_features_in_)

    @property
    def outputs(self) -> int:
        """The number of predictions for a row: 1 from a classifier, else as many as were fitted."""
        estimator = self.pipeline.steps[-1][1]
        return 1 if hasattr(estimator, "predict_proba") else len(np.atleast_2d(estimator.coef_))

    def predict(self, rows: Floats) -> Predictions:
        """Return the predictions of `rows`, of shape (rows, features) and all finite.

        A classifier's prediction is the name of the class of the largest probability, the first
        of equals; the name is text, of a class that is a number as well.
        """
        estimator = self.pipeline.steps[-1][1]
        # Overflow is found by looking at the results; numpy need not warn of it as well.
        with np.errstate(all="ignore"):
            rows, in_range = self._transform(rows)
            classifies = hasattr(estimator, "predict_proba")
            results = estimator.predict_proba(rows) if classifies else estimator.predict(rows)
        in_range &= np.isfinite(results.reshape(len(rows), -1)).all(axis=1)
        if not classifies:
            return Predictions(results, None, in_range)
        names = estimator.classes_.astype(str)[results.argmax(axis=1)]
        return Predictions(names, results, in_range)

    def _transform(self, rows: Floats) -> tuple[Floats, Mask]:
        """Return the rows as the last step takes them, and which of them stayed finite.

        One that did not is replaced by zeros, because scikit-learn would refuse all of them.
        """
        in_range = np.ones(len(rows), dtype=bool)
        for _, step in self.pipeline.steps[:-1]:
            rows = step.transform(rows)
            finite = np.isfinite(rows).all(axis=1)
            if not finite.all():
                rows[~finite] = 0.0
                in_range &= finite
        return rows, in_range
