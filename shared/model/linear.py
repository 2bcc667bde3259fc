"""The compiled engine of linear models: plain floats for a few rows, numpy for many.

A linear model is a chain of stages: elementwise arithmetic (scalers), then products with a matrix
(PCA, the coefficients), in the reference's order, so that what overflows there overflows here.
"""

import math
from collections.abc import Callable, Sequence
from operator import add, mul, sub, truediv
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.model.engine import Engine, Outcome, Rows

Link = Literal["value", "class", "softmax", "logistic", "one_vs_rest"]
"""How scores become an answer: the number itself, the class of the largest one (of a single score,
its sign), or probabilities: softmax (a single score s counts as 0 and s where it is "logistic"),
or each class's logistic function, normalised."""

# Below it a loop over floats is faster than one call of numpy.
_FEW_VALUES = 32

_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "add": add,
    "subtract": sub,
    "multiply": mul,
    "divide": truediv,
}


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Elementwise(_Record):
    """A stage that combines each value of a row with one of `by`."""

    kind: Literal["elementwise"] = "elementwise"
    operation: Literal["add", "subtract", "multiply", "divide"]
    by: list[float]


class Product(_Record):
    """A stage that multiplies a row with a matrix (one row an output) and adds the intercepts."""

    kind: Literal["product"] = "product"
    matrix: list[list[float]]
    intercepts: list[float]


Stage = Annotated[Elementwise | Product, Field(discriminator="kind")]


class LinearForm(_Record):
    """A linear model as its stages, its link and the names of its classes."""

    stages: list[Stage]
    link: Link
    classes: list[str] | None


def prepare_linear(form: LinearForm) -> Engine:
    """Return the engine of a linear model."""
    few, many = _prepare_few(form), _ManyRows(form)

    def predict(rows: Rows) -> Outcome:
        return few(rows) if len(rows) * len(rows[0]) <= _FEW_VALUES else many(rows)

    return predict


Scores = Callable[[Sequence[float]], Sequence[float]]


def _prepare_few(form: LinearForm) -> Engine:
    scores = _chained([_stage(one) for one in form.stages])
    if form.link == "value":

        def predict_values(rows: Rows) -> Outcome:
            found = [scores(row) for row in rows]  # type: ignore[arg-type]  # numbers all
            return Outcome([one[0] for one in found], None, _not_finite(found))

        return predict_values
    names = form.classes or []
    if form.link == "class":

        def predict_classes(rows: Rows) -> Outcome:
            found = [scores(row) for row in rows]  # type: ignore[arg-type]
            picked = [names[_largest(one)] for one in found]
            return Outcome(picked, None, _not_finite(found))

        return predict_classes
    link = {"softmax": softmax, "logistic": logistic, "one_vs_rest": _one_vs_rest}[form.link]

    def predict_probabilities(rows: Rows) -> Outcome:
        scored = [scores(row) for row in rows]  # type: ignore[arg-type]
        found = list(map(link, scored))
        picked = [names[one.index(max(one))] for one in found]
        return Outcome(picked, found, _not_finite(scored))

    return predict_probabilities


def _chained(stages: list[Scores]) -> Scores:
    if len(stages) == 3:  # a standard scaler and coefficients: one call less a row
        first, second, third = stages
        return lambda row: third(second(first(row)))

    def run(row: Sequence[float]) -> Sequence[float]:
        for stage in stages:
            row = stage(row)
        return row

    return run


def _stage(stage: Elementwise | Product) -> Scores:
    if isinstance(stage, Elementwise):
        operate, by = _ARITHMETIC[stage.operation], tuple(stage.by)
        return lambda row: list(map(operate, row, by))
    pairs = tuple(zip(map(tuple, stage.matrix), stage.intercepts, strict=True))
    # `sum` starts at 0 and adds the intercept last, as the reference does.
    return lambda row: [sum(map(mul, row, weights)) + intercept for weights, intercept in pairs]


def softmax(scores: Sequence[float]) -> list[float]:
    """Return probabilities from scores."""
    largest = max(scores)
    powers = [math.exp(score - largest) for score in scores]
    total = sum(powers)
    return [power / total for power in powers]


def logistic(scores: Sequence[float]) -> list[float]:
    """Return the probabilities of two classes from the score of the second."""
    probability = _expit(scores[0])
    return [1.0 - probability, probability]


def _one_vs_rest(scores: Sequence[float]) -> list[float]:
    each = list(map(_expit, scores))
    total = sum(each)
    return [one / total for one in each] if total else [1 / len(each)] * len(each)


def _expit(score: float) -> float:
    if score >= 0:
        return 1.0 / (1.0 + math.exp(-score))
    power = math.exp(score)
    return power / (1.0 + power)


def _largest(scores: Sequence[float]) -> int:
    if len(scores) == 1:
        return int(scores[0] > 0)
    return scores.index(max(scores))


def _not_finite(scores: Sequence[Sequence[float]]) -> tuple[int, ...]:
    if math.isfinite(sum(map(sum, scores))):
        return ()
    # A sum of finite numbers may overflow, too.
    return tuple(i for i, row in enumerate(scores) if not all(map(math.isfinite, row)))


class _ManyRows:
    """The same by numpy, which is imported at the first call and not before."""

    def __init__(self, form: LinearForm) -> None:
        self._form = form
        self._stages: list[tuple[str, Any, Any]] | None = None

    def __call__(self, rows: Rows) -> Outcome:
        import numpy as np  # noqa: PLC0415 - most workers never need it

        if self._stages is None:
            self._stages = [_as_arrays(np, stage) for stage in self._form.stages]
        with np.errstate(all="ignore"):
            scores = np.array(rows, dtype=np.float64)
            for operation, first, second in self._stages:
                if operation == "product":
                    scores = scores @ first + second
                else:
                    scores = getattr(np, operation)(scores, first)
            return self._linked(np, scores)

    def _linked(self, np: Any, scores: Any) -> Outcome:
        link, names = self._form.link, np.array(self._form.classes or [])
        if link == "value":
            return Outcome(scores[:, 0].tolist(), None, _indices(np, scores))
        if link == "class":
            single = scores.shape[1] == 1
            picked = (scores[:, 0] > 0).astype(int) if single else scores.argmax(axis=1)
            return Outcome(names[picked].tolist(), None, _indices(np, scores))
        found = linked(np, scores, link)
        picked = names[found.argmax(axis=1)]
        return Outcome(picked.tolist(), found.tolist(), _indices(np, scores))


def linked(np: Any, scores: Any, link: str) -> Any:
    """Return the probabilities of many rows from their scores, of shape (rows, scores)."""
    with np.errstate(all="ignore"):
        if link == "softmax":
            powers = np.exp(scores - scores.max(axis=1, keepdims=True))
            return powers / powers.sum(axis=1, keepdims=True)
        each = 1.0 / (1.0 + np.exp(-scores))
        if link == "logistic":
            return np.hstack([1.0 - each, each])
        each[each.sum(axis=1) == 0.0] = 1.0
        return each / each.sum(axis=1, keepdims=True)


def _as_arrays(np: Any, stage: Elementwise | Product) -> tuple[str, Any, Any]:
    if isinstance(stage, Elementwise):
        return stage.operation, np.array(stage.by), None
    return "product", np.array(stage.matrix).T, np.array(stage.intercepts)


def _indices(np: Any, values: Any) -> tuple[int, ...]:
    finite = np.isfinite(values).all(axis=1)
    return () if finite.all() else tuple(np.flatnonzero(~finite).tolist())
