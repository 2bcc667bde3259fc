"""A regression model, served in place of the classifier: in process, over a service of our own."""

from collections.abc import Iterator

import orjson
import pytest

from contract_tests.backends.base import Backend
from contract_tests.backends.in_process import InProcessBackend
from contract_tests.backends.services import new_service, ready_service
from contract_tests.contract.expected import HEALTHY, invalid, ok
from contract_tests.http.messages import get, post_value
from contract_tests.suite.cases import case
from contract_tests.suite.reference import reference
from contract_tests.suite.requests import SETOSA
from shared.model.built_in import built_in_version
from shared.settings import Settings

pytestmark = [pytest.mark.needs("in_process"), pytest.mark.holds("predict.regression")]

AVERAGE = [0.0] * 10
ROWS: list[object] = [AVERAGE, [0.05, -0.04, 0.06, 0.02, -4e-2, -0.03, 0, 1, 0.02, -1e-9]]


@pytest.fixture
def regression(backend: InProcessBackend) -> Iterator[Backend]:
    """The same implementation around a service that has loaded the regression model."""
    service = ready_service(new_service(Settings(model=str(built_in_version("diabetes")))))
    with backend.with_service(service) as other:
        yield other


@pytest.mark.parametrize(
    "rows",
    [
        case("one", ROWS[:1]),
        case("two", ROWS),
        case("large", [[1e20] * 10, [-1e300, *AVERAGE[1:]]]),
        case("1024", ROWS * 512),
    ],
)
def test_predictions_are_numbers(regression: Backend, rows: list[object]) -> None:
    """A regression model's predictions are numbers, without probabilities.

    Byte for byte what the model gives, and no member for probabilities.

    Sends: POST /api/predict of {rows}
    Wants: 200 with the bytes of the model's answer
    """
    wanted = reference("diabetes").answer(rows)
    assert list(wanted) == ["model", "predictions"]
    answer = regression.send(post_value("/api/predict", {"instances": rows}))
    assert answer.listed == ok(orjson.dumps(wanted))
    assert all(type(prediction) is float for prediction in answer.member("predictions", list))


@pytest.mark.parametrize(
    ("rows", "pointer", "sentence"),
    [
        case("another-models-row", [SETOSA], "/instances/0", "must have 10 numbers"),
        case("one-number-more", [AVERAGE, [0] * 11], "/instances/1", "must have 10 numbers"),
        case("too-large", [AVERAGE, [1.7e308] * 10], "/instances/1", "is out of the model's range"),
    ],
)
def test_rows_are_measured_by_the_model(
    regression: Backend, rows: list[object], pointer: str, sentence: str
) -> None:
    """Rows are as long as the model that is served asks for.

    Sends: POST /api/predict of {rows}
    Wants: 422 with the pointer {pointer} and "{sentence}"
    """
    answer = regression.send(post_value("/api/predict", {"instances": rows}))
    assert answer.listed == invalid((pointer, sentence))


def test_the_service_is_healthy_with_it(regression: Backend) -> None:
    """With a regression model the service is healthy.

    Sends: GET /api/health
    Wants: 200 {{"status":"ok"}}
    """
    assert regression.send(get("/api/health")).listed == HEALTHY
