"""The version of the model that a request asks for."""

import pytest

from contract_tests.backends.base import Backend
from contract_tests.contract.expected import invalid, ok
from contract_tests.http.messages import post_value
from contract_tests.suite.cases import case
from contract_tests.suite.requests import SETOSA

pytestmark = pytest.mark.holds("predict.model-version")

PREDICT = "/api/predict"
NOT_SERVED = ("/model_version", "is not served")


def test_the_version_that_is_served_answers(backend: Backend) -> None:
    """The version that is served may be asked for, and answers as without.

    Sends: POST /api/predict of one row, then again with the version of the first answer
    Wants: two equal answers of 200
    """
    first = backend.send(post_value(PREDICT, {"instances": [SETOSA]}))
    model = first.member("model", dict)
    asked = {"instances": [SETOSA], "model_version": model["version"]}
    second = backend.send(post_value(PREDICT, asked))
    assert first.listed == second.listed == ok(first.content)


@pytest.mark.parametrize(
    "version",
    [
        case("unknown", "999999999"),
        case("zero", "0"),
        case("empty", ""),
        case("latest", "latest"),
        case("leading-zero", "01"),
        case("spaced", " 1"),
        case("named", "iris@1"),
        case("long", "1" * 5000),
    ],
)
def test_a_version_that_is_not_served_is_refused(backend: Backend, version: str) -> None:
    """A version that is not served is refused.

    Sends: POST /api/predict of one row with model_version {version}
    Wants: 422 with the pointer /model_version and "is not served"
    """
    asked = {"instances": [SETOSA], "model_version": version}
    assert backend.send(post_value(PREDICT, asked)).listed == invalid(NOT_SERVED)


@pytest.mark.parametrize(
    "version",
    [case("number", 1), case("null", None), case("true", True), case("array", ["1"])],
)
def test_a_version_is_text(backend: Backend, version: object) -> None:
    """A version is text, and nothing else is taken for it.

    Sends: POST /api/predict of one row with model_version {version}
    Wants: 422 with the pointer /model_version and "must be a string"
    """
    asked = {"instances": [SETOSA], "model_version": version}
    wanted = invalid(("/model_version", "must be a string"))
    assert backend.send(post_value(PREDICT, asked)).listed == wanted


def test_rows_for_a_version_that_is_not_served_are_not_looked_at(backend: Backend) -> None:
    """What a row must be depends on the version, so a wrong version is the only error.

    Sends: POST /api/predict of wrong rows with model_version "999999999"
    Wants: 422 with the pointer /model_version alone
    """
    asked = {"instances": [[], "x"], "model_version": "999999999"}
    assert backend.send(post_value(PREDICT, asked)).listed == invalid(NOT_SERVED)


@pytest.mark.holds("errors.order")
def test_wrong_members_are_told_together(backend: Backend) -> None:
    """Members of a wrong type are told together, rows first.

    Sends: POST /api/predict of {{"model_version":1,"instances":2}}
    Wants: 422 with the pointers /instances and /model_version
    """
    wanted = invalid(("/instances", "must be an array"), ("/model_version", "must be a string"))
    asked = {"model_version": 1, "instances": 2}
    assert backend.send(post_value(PREDICT, asked)).listed == wanted
