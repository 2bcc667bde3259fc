"""Rows are let through as they are, or become a list of what is wrong with them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from shared.model.manifest import Feature
from shared.model.rows import row_reader
from shared.problems import InvalidContent

FEATURES = 3

NUMBERS = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
NO_NUMBERS = (
    st.none() | st.booleans() | st.sampled_from(["1.5", "", "nan", [], [1.0], {}, {"a": 1}])
)
VALUES = st.one_of(NUMBERS, NUMBERS, NUMBERS, NO_NUMBERS)
GOOD_ROWS = st.lists(NUMBERS, min_size=FEATURES, max_size=FEATURES)
ANY_ROWS = st.one_of(
    GOOD_ROWS,
    st.lists(VALUES, min_size=FEATURES, max_size=FEATURES),
    st.lists(VALUES, max_size=FEATURES + 2),
    NO_NUMBERS,
    NUMBERS,
)

DETAIL_BY_KEYWORD = {
    "minItems": {1: "must have 1 to 1024 rows", 2: f"must have {FEATURES} numbers"},
    "maxItems": {1: "must have 1 to 1024 rows", 2: f"must have {FEATURES} numbers"},
    "type": {2: "must be an array", 3: "must be a number"},
}
read_rows = row_reader([Feature(name=name) for name in "abc"])
ORACLE = Draft202012Validator(
    {
        "type": "array",
        "minItems": 1,
        "maxItems": 1024,
        "items": {
            "type": "array",
            "minItems": FEATURES,
            "maxItems": FEATURES,
            "items": {"type": "number"},
        },
    }
)


def oracle(instances):
    """What JSON Schema has against the rows, in the contract's words and order."""
    found = {}
    for error in ORACLE.iter_errors(instances):
        place = ("instances", *error.absolute_path)
        found[place] = DETAIL_BY_KEYWORD[error.validator][len(place)]
    wrong_lengths = [place for place, detail in found.items() if detail.startswith("must have")]
    return [
        ("/" + "/".join(map(str, place)), detail)
        for place, detail in sorted(found.items())
        if not any(place[: len(short)] == short and place != short for short in wrong_lengths)
    ][:20]


def errors_of(instances):
    with pytest.raises(InvalidContent) as caught:
        read_rows(instances)
    return [(error.pointer, error.detail) for error in caught.value.errors]


@given(st.lists(GOOD_ROWS, min_size=1, max_size=30))
def test_good_rows_are_let_through(instances):
    assert read_rows(instances) is instances


@given(st.lists(ANY_ROWS, max_size=30))
def test_errors_are_those_of_json_schema(instances):
    expected = oracle(instances)
    if expected:
        assert errors_of(instances) == expected
    else:
        assert read_rows(instances) is instances


@given(st.lists(st.sampled_from([[1, 2], [1, 2, None], [0, 0, 0], 1]), min_size=18, max_size=25))
def test_the_first_20_errors_are_told(instances):
    expected = oracle(instances)
    if expected:
        assert errors_of(instances) == expected


@pytest.mark.parametrize(
    ("instances", "errors"),
    [
        ([], [("/instances", "must have 1 to 1024 rows")]),
        ([[1, 2, 3]] * 1025, [("/instances", "must have 1 to 1024 rows")]),
        ([None] * 1025, [("/instances", "must have 1 to 1024 rows")]),
        ([[]], [("/instances/0", "must have 3 numbers")]),
        ([[True, None]], [("/instances/0", "must have 3 numbers")]),
        ([[1, 2, 3], {}], [("/instances/1", "must be an array")]),
        (["123"], [("/instances/0", "must be an array")]),
        ([[1, 2, True]], [("/instances/0/2", "must be a number")]),
        ([["1", 2, 3]], [("/instances/0/0", "must be a number")]),
        ([[[1], 2, 3]], [("/instances/0/0", "must be a number")]),
        ([[None, 2, 3]], [("/instances/0/0", "must be a number")]),
        (
            [[1, 2, None], [1], [None, 2, None]],
            [
                ("/instances/0/2", "must be a number"),
                ("/instances/1", "must have 3 numbers"),
                ("/instances/2/0", "must be a number"),
                ("/instances/2/2", "must be a number"),
            ],
        ),
    ],
)
def test_errors_are_told_with_their_place_and_in_order(instances, errors):
    assert errors_of(instances) == errors


def test_1024_rows_are_taken():
    assert len(read_rows([[1, 2, 3]] * 1024)) == 1024


@pytest.mark.parametrize("value", [10**400, -(10**400), float("nan"), float("inf")])
def test_what_no_float_can_hold_is_no_number(value):
    """JSON never brings these; a caller in Python could."""
    assert errors_of([[1, value, 3], [1, 2, 3]]) == [("/instances/0/1", "must be a number")]


MIXED = row_reader(
    [
        Feature(name="age", nullable=True),
        Feature(name="town", type="text"),
        Feature(name="note", type="text", nullable=True),
    ]
)


@pytest.mark.parametrize("row", [[1, "a", "b"], [None, "", None], [2.5, "é", ""]])
def test_text_and_missing_values_are_let_through_where_the_model_takes_them(row):
    assert MIXED([row]) == [row]


@pytest.mark.parametrize(
    ("row", "errors"),
    [
        (["1", "a", None], [("/instances/0/0", "must be a number")]),
        ([True, "a", None], [("/instances/0/0", "must be a number")]),
        ([1, None, None], [("/instances/0/1", "must be a string")]),
        (
            [1, 2, 3],
            [("/instances/0/1", "must be a string"), ("/instances/0/2", "must be a string")],
        ),
        ([10**400, "a", "b"], [("/instances/0/0", "must be a number")]),
        ([1, "a"], [("/instances/0", "must have 3 values")]),
    ],
)
def test_a_value_of_another_type_than_its_column_is_told(row, errors):
    with pytest.raises(InvalidContent) as caught:
        MIXED([row])
    assert [(error.pointer, error.detail) for error in caught.value.errors] == errors
