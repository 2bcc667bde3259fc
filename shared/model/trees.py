"""The compiled engine of trees, forests and gradient boosting: treelite's interpreter.

It takes one thread, so that workers do not compete for cores. Many rows go through the trees in
groups, whose nodes stay in the processor's cache.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
import treelite
from pydantic import BaseModel, ConfigDict

from shared.model.engine import Engine, Outcome, Rows
from shared.model.linear import Elementwise, linked, logistic, softmax

Link = Literal["mean", "identity", "exponential", "logistic", "softmax"]
"""What the trees' outputs are: averaged already, or a margin, and how an answer follows from it."""

# Below it a group's nodes are not used often enough to pay for a call a group.
_MANY_ROWS = 128


class TreeForm(BaseModel):
    """A model of trees: what stands before and after treelite's part of it.

    `stages` : the scalers in front. `rounded` : whether the trees compare 32-bit numbers.
    `base` : the margin without any tree, which each group's margins contain.
    `group_sizes` : the number of trees in each group.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    stages: list[Elementwise]
    rounded: bool
    link: Link
    base: list[float]
    group_sizes: list[int]
    classes: list[str] | None


def prepare_trees(form: TreeForm, models: Sequence[bytes]) -> Engine:
    """Return the engine of trees; `models` are serialised: of all trees, then of each group."""
    whole, *groups = (treelite.Model.deserialize_bytes(content) for content in models)
    read = _reader(form)
    answer = _answer(form)
    margins = form.link != "mean"

    def predict(rows: Rows) -> Outcome:
        values, bad = read(rows)
        if groups and len(rows) >= _MANY_ROWS:
            found = _by_groups(form, groups, values)
        else:
            found = treelite.gtil.predict(whole, values, nthread=1, pred_margin=margins)
        return answer(found.reshape(len(rows), -1), bad)

    return predict


def _reader(form: TreeForm) -> Callable[[Rows], tuple[Any, tuple[int, ...]]]:
    """Return the function from rows to an array, and the indices of rows that overflow."""
    scalers = [(getattr(np, one.operation), np.array(one.by)) for one in form.stages]
    rounded = form.rounded
    if not scalers and not rounded:  # nothing can overflow
        return lambda rows: (np.array(rows, dtype=np.float64), ())  # None becomes nan

    def read(rows: Rows) -> tuple[Any, tuple[int, ...]]:
        with np.errstate(all="ignore"):
            values = np.array(rows, dtype=np.float64)
            for operate, by in scalers:
                values = operate(values, by)
            if rounded:
                values = values.astype(np.float32)
        overflowed = np.isinf(values).any(axis=1)
        if not overflowed.any():
            return values, ()
        values[overflowed] = 0.0
        return values, tuple(np.flatnonzero(overflowed).tolist())

    return read


def _by_groups(form: TreeForm, groups: Sequence[Any], values: Any) -> Any:
    averaged = form.link == "mean"
    total: Any = 0.0
    for model, size in zip(groups, form.group_sizes, strict=True):
        part = treelite.gtil.predict(model, values, nthread=1, pred_margin=not averaged)
        total = total + (part * size if averaged else part)
    if averaged:
        return total / sum(form.group_sizes)
    return total - (len(groups) - 1) * np.array(form.base)


def _answer(form: TreeForm) -> Callable[[Any, tuple[int, ...]], Outcome]:
    """Return the function from the trees' outputs, of shape (rows, outputs), to the outcome."""
    link = form.link
    if form.classes is None:

        def values_of(found: Any, bad: tuple[int, ...]) -> Outcome:
            values: list[float] = found[:, 0].tolist()
            if link == "exponential":
                values = list(map(math.exp, values))
            return Outcome(values, None, bad)

        return values_of
    names, array = form.classes, np.array(form.classes, dtype=object)

    def classes_of(found: Any, bad: tuple[int, ...]) -> Outcome:
        if len(found) >= _MANY_ROWS:
            probabilities = found if link == "mean" else linked(np, found, link)
            picked: list[str] = array[probabilities.argmax(axis=1)].tolist()
            return Outcome(picked, probabilities.tolist(), bad)
        rows: list[list[float]] = found.tolist()
        if link == "logistic":
            rows = [logistic(row) for row in rows]
        elif link == "softmax":
            rows = [softmax(row) for row in rows]
        return Outcome([names[row.index(max(row))] for row in rows], rows, bad)

    return classes_of
