"""Requests are taken strictly, and refused in the contract's words."""

import pytest

from shared.problems import InvalidContent
from shared.schemas import LetterCountRequest, PredictRequest, content_errors, parse


def errors_of(schema, value):
    with pytest.raises(InvalidContent) as caught:
        parse(schema, value)
    return [(error.pointer, error.detail) for error in caught.value.errors]


@pytest.mark.parametrize("value", [None, True, 1, 1.5, "name", [], [["name", "Alice"]]])
@pytest.mark.parametrize("schema", [LetterCountRequest, PredictRequest])
def test_a_request_is_an_object(schema, value):
    assert errors_of(schema, value) == [("", "must be an object")]


@pytest.mark.parametrize("name", [None, True, 1, 1.5, [], {}, ["Alice"]])
def test_a_name_is_a_string(name):
    assert errors_of(LetterCountRequest, {"name": name}) == [("/name", "must be a string")]


@pytest.mark.parametrize("instances", [None, True, 1, "rows", {}, {"0": [1]}])
def test_instances_are_an_array(instances):
    assert errors_of(PredictRequest, {"instances": instances}) == [
        ("/instances", "must be an array")
    ]


def test_instances_are_required():
    assert errors_of(PredictRequest, {"instance": [[1]]}) == [("/instances", "is required")]


def test_an_absent_name_is_empty():
    assert parse(LetterCountRequest, {}).name == ""


def test_unknown_members_are_ignored():
    value = {"name": "Alice", "nom": 1, "": None, "model_config": {}, "__class__": "x"}
    assert parse(LetterCountRequest, value) == LetterCountRequest(name="Alice")
    value = {"instances": [[1]], "model": 2}
    assert parse(PredictRequest, value) == PredictRequest(instances=[[1]])


@pytest.mark.parametrize("value", [1, None, True, ["1"]])
def test_a_model_version_is_text(value):
    wrong = {"instances": [[1]], "model_version": value}
    assert errors_of(PredictRequest, wrong) == [("/model_version", "must be a string")]


def test_what_is_inside_instances_is_left_to_the_model():
    instances = [[1, True, "2"], None, {}]
    assert parse(PredictRequest, {"instances": instances}).instances == instances


def test_locations_become_json_pointers_without_their_prefix():
    errors = content_errors(
        [
            {"loc": ("body", "a/b", "c~d", 0), "type": "missing"},
            {"loc": ("body",), "type": "model_attributes_type"},
        ],
        prefix=("body",),
    )
    assert [(error.pointer, error.detail) for error in errors] == [
        ("/a~1b/c~0d/0", "is required"),
        ("", "must be an object"),
    ]


def test_missing_content_is_no_object():
    """FastAPI says so of a content of `null`."""
    (error,) = content_errors([{"loc": ("body",), "type": "missing"}], prefix=("body",))
    assert (error.pointer, error.detail) == ("", "must be an object")
