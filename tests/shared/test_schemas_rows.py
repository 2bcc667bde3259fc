"""Rows become an array, or a list of what is wrong with them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from shared.problems import InvalidContent
from shared.schemas import read_rows

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
        read_rows(instances, FEATURES)
    return [(error.pointer, error.detail) for error in caught.value.errors]


@given(st.lists(GOOD_ROWS, min_size=1, max_size=30))
def test_good_rows_become_the_same_numbers(instances):
    rows = read_rows(instances, FEATURES)
    assert rows.dtype == np.float64
    assert rows.tolist() == [[float(value) for value in row] for row in instances]


@given(st.lists(ANY_ROWS, max_size=30))
def test_errors_are_those_of_json_schema(instances):
    expected = oracle(instances)
    if expected:
        assert errors_of(instances) == expected
    else:
        assert read_rows(instances, FEATURES).shape == (len(instances), FEATURES)


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
    assert read_rows([[1, 2, 3]] * 1024, FEATURES).shape == (1024, FEATURES)


@pytest.mark.parametrize("value", [10**400, -(10**400), float("nan"), float("inf")])
def test_what_no_float_can_hold_is_no_number(value):
    """JSON never brings these; a caller in Python could."""
    assert errors_of([[1, value, 3], [1, 2, 3]]) == [("/instances/0/1", "must be a number")]


def test_large_integers_of_either_sign_share_an_array():
    rows = read_rows([[2**64 - 1, -(2**63), 0]], FEATURES)
    assert rows.tolist() == [[18446744073709551616.0, -9223372036854775808.0, 0.0]]
