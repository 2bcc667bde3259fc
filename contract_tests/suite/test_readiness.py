"""Before the model is there, and while the service drains, in process."""

from collections.abc import Iterator

import pytest

from contract_tests.backends.base import Backend
from contract_tests.backends.in_process import InProcessBackend
from contract_tests.backends.services import new_service, ready_service
from contract_tests.contract.expected import (
    HEALTHY,
    MALFORMED,
    NO_WRITE_METHOD,
    NOT_READY,
    UNSUPPORTED,
    WRITE_OPTIONS,
    letters,
)
from contract_tests.http.messages import Expected, Request, get, post
from contract_tests.suite.cases import case
from contract_tests.suite.requests import ALICE, ROW

pytestmark = pytest.mark.needs("in_process")


@pytest.fixture
def loading(backend: InProcessBackend) -> Iterator[Backend]:
    """The same implementation around a service whose model is not there yet."""
    with backend.with_service(new_service()) as other:
        yield other


@pytest.fixture
def draining(backend: InProcessBackend) -> Iterator[Backend]:
    """The same implementation around a service that is about to stop."""
    service = ready_service()
    service.drain()
    with backend.with_service(service) as other:
        yield other


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.holds("health.loading")
def test_health_says_that_the_model_is_not_there(loading: Backend, method: str) -> None:
    """Before the model is there, health says so.

    Sends: {method} /api/health, while the model is loaded
    Wants: 503 not_ready with Retry-After: 1
    """
    expected = NOT_READY.without_content() if method == "HEAD" else NOT_READY
    assert loading.send(Request(method, "/api/health")).listed == expected


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        case("right", ROW, NOT_READY, holds=["problem.503-not-ready"]),
        case("chunked", ROW.in_chunks(), NOT_READY, holds=["problem.503-not-ready"]),
        case(
            "415-before-503",
            Request("POST", "/api/predict", (), b"{}"),
            UNSUPPORTED,
            holds=["precedence.400-before-503"],
        ),
        case(
            "400-before-503",
            post("/api/predict", b"{"),
            MALFORMED,
            holds=["precedence.400-before-503"],
        ),
        case(
            "503-before-422",
            post("/api/predict", b'{"instances":1}'),
            NOT_READY,
            holds=["precedence.503-before-422"],
        ),
        case(
            "503-before-422-array",
            post("/api/predict", b"[]"),
            NOT_READY,
            holds=["precedence.503-before-422"],
        ),
    ],
)
def test_predict_says_that_the_model_is_not_there(
    loading: Backend, request_: Request, expected: Expected
) -> None:
    """Before the model is there, predict says so, in its place among the problems.

    Sends: {request_}, while the model is loaded
    """
    assert loading.send(request_).listed == expected


@pytest.mark.holds("problem.503-counted")
def test_a_request_refused_for_want_of_a_model_is_counted(loading: Backend) -> None:
    """A request that is refused for want of a model is counted.

    Sends: POST /api/predict while the model is loaded, then GET /api/count
    Wants: 503, then 200 {{"count":2}}
    """
    assert loading.send(ROW).status == 503
    assert loading.send(get("/api/count")).json() == {"count": 2}


@pytest.mark.holds("problem.503-not-ready")
def test_what_needs_no_model_is_answered(loading: Backend) -> None:
    """A request that needs no model is answered before the model is loaded.

    Sends: POST /api/letter_count, while the model is loaded
    Wants: 200 with the name Alice
    """
    answer = loading.send(ALICE)
    assert answer.listed == letters("Alice")


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        case("options", Request("OPTIONS", "/api/predict"), WRITE_OPTIONS),
        case("method", get("/api/predict"), NO_WRITE_METHOD),
        case("head", Request("HEAD", "/api/predict"), NO_WRITE_METHOD.without_content()),
    ],
)
@pytest.mark.holds("http.options", "problem.405", "problem.503-not-ready")
def test_only_predictions_need_the_model(
    loading: Backend, request_: Request, expected: Expected
) -> None:
    """At predict's path only POST needs the model.

    Sends: {request_}, while the model is loaded
    """
    assert loading.send(request_).listed == expected


@pytest.mark.holds("health.ok", "health.loading")
def test_health_is_ok_once_the_model_is_there(backend: InProcessBackend) -> None:
    """Once the model is there, health is ok and predict answers.

    Sends: GET /api/health before and after the model is loaded, then POST /api/predict
    Wants: 503, then 200 and 200
    """
    service = new_service()
    with backend.with_service(service) as other:
        assert other.send(get("/api/health")).listed == NOT_READY
        ready_service(service)
        assert other.send(get("/api/health")).listed == HEALTHY
        assert other.send(ROW).status == 200


@pytest.mark.holds("health.draining")
def test_health_says_that_the_service_drains(draining: Backend) -> None:
    """While the service drains, health says so.

    Sends: GET /api/health, while the service drains
    Wants: 503 not_ready with Retry-After: 1
    """
    assert draining.send(get("/api/health")).listed == NOT_READY


@pytest.mark.holds("drain.answers")
def test_a_draining_service_answers(draining: Backend) -> None:
    """While the service drains, it answers what it has accepted.

    Sends: POST /api/predict, while the service drains
    Wants: 200
    """
    assert draining.send(ROW).status == 200
