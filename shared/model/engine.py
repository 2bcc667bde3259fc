"""What an engine is: a function from rows to an outcome, prepared once for a version."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from shared.model.manifest import Cell

Rows = Sequence[Sequence[Cell]]
"""Rows that `read_rows` has let through: as long as there are features, each value of its type."""


class Outcome(NamedTuple):
    """The predictions for a number of rows.

    predictions : of each row, the name of a class or a number.
    probabilities : of each row, in the order of the classes; None where the model gives none.
    out_of_range : the indices of rows on which the model overflows; what the other members say
        of these means nothing.
    """

    predictions: list[str] | list[float]
    probabilities: list[list[float]] | None = None
    out_of_range: tuple[int, ...] = ()


Engine = Callable[[Rows], Outcome]
"""Predicts rows; may be called by several threads at once."""
