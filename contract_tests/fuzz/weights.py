"""Choices in which some alternatives come more often than others."""

from typing import TypeVar

from hypothesis import strategies as st

Made = TypeVar("Made")


def weighted(*shares: tuple[int, st.SearchStrategy[Made]]) -> st.SearchStrategy[Made]:
    """One of the strategies, as often as its weight says.

    `one_of` cannot do that: it takes a strategy that is named twice for one, and the branches of
    another `one_of` for its own.
    """
    chosen = [strategy for weight, strategy in shares for _ in range(weight)]
    return st.sampled_from(range(len(chosen))).flatmap(chosen.__getitem__)
