"""Rows of a test's table, each with a readable id, the sentences it holds and what it needs."""

from collections.abc import Sequence
from typing import Any

import pytest
from _pytest.mark.structures import ParameterSet

from contract_tests.backends.base import Need


def case(
    name: str, *values: Any, holds: Sequence[str] = (), needs: Sequence[Need] = ()
) -> ParameterSet:
    """One row: `values` for a test's parameters, under the id `name`."""
    marks = []
    if holds:
        marks.append(pytest.mark.holds(*holds))
    if needs:
        marks.append(pytest.mark.needs(*needs))
    return pytest.param(*values, id=name, marks=marks)
