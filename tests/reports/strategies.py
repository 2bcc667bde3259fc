"""Arbitrary records, field by field from their annotations."""

from collections.abc import Mapping
from dataclasses import fields
from types import NoneType, UnionType
from typing import Literal, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from reports.study.records import Entrant, Json, PlanOptions, Shape

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
INTEGERS = st.integers(-(2**63), 2**63 - 1)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
DOCUMENTS = st.dictionaries(
    TEXT, st.none() | st.booleans() | NUMBERS | TEXT | st.lists(INTEGERS, max_size=2), max_size=2
)
SHAPES = st.builds(Shape, INTEGERS, st.none() | NUMBERS)
ENTRANTS = st.builds(Entrant, TEXT, st.none() | TEXT, DOCUMENTS)
OPTIONS = st.builds(
    PlanOptions,
    st.none() | NUMBERS,
    st.none() | NUMBERS,
    INTEGERS,
    NUMBERS,
    st.lists(INTEGERS, max_size=2).map(tuple),
    st.lists(TEXT, max_size=2).map(tuple),
    INTEGERS,
)
VALUES = {
    int: INTEGERS,
    float: NUMBERS,
    str: TEXT,
    bool: st.booleans(),
    Json: DOCUMENTS,
    PlanOptions: OPTIONS,
    Mapping[str, int]: st.dictionaries(TEXT, INTEGERS, max_size=2),
    Mapping[str, float]: st.dictionaries(TEXT, NUMBERS, max_size=2),
    Mapping[str, str]: st.dictionaries(TEXT, TEXT, max_size=2),
    tuple[float, ...]: st.lists(NUMBERS, max_size=2).map(tuple),
    tuple[str, ...]: st.lists(TEXT, max_size=2).map(tuple),
    tuple[Entrant, ...]: st.lists(ENTRANTS, max_size=2).map(tuple),
    tuple[Shape, ...]: st.lists(SHAPES, max_size=2).map(tuple),
}


def records(record_class):
    """Records of one class, every field drawn."""
    hints = get_type_hints(record_class)
    return st.builds(
        record_class, **{field.name: _value(hints[field.name]) for field in fields(record_class)}
    )


def _value(kind):
    if get_origin(kind) is Literal:
        return st.sampled_from(get_args(kind))
    if get_origin(kind) is UnionType:
        return st.none() | st.one_of([VALUES[part] for part in get_args(kind) if part != NoneType])
    return VALUES[kind]
