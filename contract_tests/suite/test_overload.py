"""A bound on predictions at once: in process, where the test itself takes the places."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from contract_tests.backends.base import Backend
from contract_tests.backends.in_process import InProcessBackend
from contract_tests.backends.services import new_service, ready_service
from contract_tests.contract.expected import (
    HEALTHY,
    INTERNAL,
    LIMIT_BYTES,
    MALFORMED,
    NO_WRITE_METHOD,
    NOT_READY,
    OVERLOADED,
    TOO_LARGE,
    UNSUPPORTED,
    WRITE_OPTIONS,
    invalid,
    letters,
)
from contract_tests.http.messages import Expected, Request, get, post, post_value
from contract_tests.suite.cases import case
from contract_tests.suite.requests import ROW
from shared.settings import Settings

pytestmark = pytest.mark.needs("in_process")

PLACES = 2
PATH = "/api/predict"


@pytest.fixture
def bounded(backend: InProcessBackend) -> Iterator[InProcessBackend]:
    """The same implementation around a service that makes two predictions at once."""
    service = ready_service(new_service(Settings(predictions_at_once=PLACES)))
    with backend.with_service(service) as other:
        yield other


@pytest.fixture
def full(bounded: InProcessBackend) -> Iterator[Backend]:
    """The same, while two predictions are being made."""
    with bounded.service.prediction_slot(), bounded.service.prediction_slot():
        yield bounded


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        case("right", ROW, OVERLOADED),
        case("chunked", ROW.in_chunks(), OVERLOADED),
        case(
            "415-before-503",
            Request("POST", PATH, (), b"{}"),
            UNSUPPORTED,
            holds=["precedence.400-before-503"],
        ),
        case(
            "413-before-503",
            post(PATH, b" " * (LIMIT_BYTES + 1)),
            TOO_LARGE,
            holds=["precedence.400-before-503"],
        ),
        case("400-before-503", post(PATH, b"{"), MALFORMED, holds=["precedence.400-before-503"]),
        case("503-before-422", post(PATH, b"[]"), OVERLOADED, holds=["precedence.503-before-422"]),
        case(
            "503-before-422-rows",
            post_value(PATH, {"instances": [[1]]}),
            OVERLOADED,
            holds=["precedence.503-before-422"],
        ),
        case("letter_count", post_value("/api/letter_count", {"name": "Zoë"}), letters("Zoë")),
        case("health", get("/api/health"), HEALTHY),
        case("options", Request("OPTIONS", PATH), WRITE_OPTIONS, holds=["http.options"]),
        case("method", get(PATH), NO_WRITE_METHOD, holds=["problem.405"]),
    ],
)
@pytest.mark.holds("problem.503-overloaded")
def test_one_prediction_too_many_is_refused(
    full: Backend, request_: Request, expected: Expected
) -> None:
    """A prediction for which there is no place is refused, and nothing else is.

    Sends: {request_}, while as many predictions are made as are permitted at once
    """
    assert full.send(request_).listed == expected


@pytest.mark.holds("problem.503-counted")
def test_a_request_refused_for_want_of_a_place_is_counted(full: Backend) -> None:
    """A request that is refused for want of a place is counted.

    Sends: POST /api/predict while all places are taken, then GET /api/count
    Wants: 503, then 200 {{"count":2}}
    """
    assert full.send(ROW).status == 503
    assert full.send(get("/api/count")).json() == {"count": 2}


@pytest.mark.holds("problem.503-overloaded")
def test_the_last_place_is_taken(bounded: InProcessBackend) -> None:
    """As long as there is a place, predict answers.

    Sends: POST /api/predict, while one of two places is taken
    Wants: 200
    """
    with bounded.service.prediction_slot():
        assert bounded.send(ROW).status == 200


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        case("answered", ROW, None),
        case("415", Request("POST", PATH, (), b"{}"), UNSUPPORTED),
        case("400", post(PATH, b"{"), MALFORMED),
        case("422", post(PATH, b"[]"), invalid(("", "must be an object"))),
    ],
)
@pytest.mark.holds("problem.503-overloaded")
def test_a_place_is_given_back(
    bounded: Backend, request_: Request, expected: Expected | None
) -> None:
    """A place is given back, whatever the answer was.

    More often than there are places.

    Sends: {request_}, three times where there are two places; then a right request
    Wants: each time the same answer, then 200
    """
    for _ in range(PLACES + 1):
        answer = bounded.send(request_)
        assert answer.status == 200 if expected is None else answer.listed == expected
    assert bounded.send(ROW).status == 200


@pytest.mark.holds("problem.503-overloaded")
def test_a_place_is_given_back_after_a_defect(
    bounded: InProcessBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A place is given back after a defect.

    Sends: POST /api/predict, where the operation raises, three times; then without the defect
    Wants: 500 each time, then 200
    """

    def fail(*_: object) -> object:
        raise ZeroDivisionError

    with monkeypatch.context() as planted:
        planted.setattr(bounded.service, "predict", fail)
        for _ in range(PLACES + 1):
            assert bounded.send(ROW).listed == INTERNAL
    assert bounded.send(ROW).status == 200


@pytest.mark.holds("problem.503-not-ready")
def test_without_a_model_there_is_no_place(backend: InProcessBackend) -> None:
    """A request that is refused for want of a model takes no place.

    Sends: POST /api/predict while the model is loaded, three times where there are two places
    Wants: 503 not_ready each time, then 200 with the model
    """
    service = new_service(Settings(predictions_at_once=PLACES))
    with backend.with_service(service) as loading:
        for _ in range(PLACES + 1):
            assert loading.send(ROW).listed == NOT_READY
        ready_service(service)
        assert loading.send(ROW).status == 200


@pytest.mark.holds("problem.503-overloaded")
def test_there_is_no_bound_unless_configured(backend: InProcessBackend) -> None:
    """Unless configured, predictions are not bounded.

    Sends: POST /api/predict, while 1,000 predictions are made
    Wants: 200
    """
    with ExitStack() as taken:
        for _ in range(1000):
            taken.enter_context(backend.service.prediction_slot())
        assert backend.send(ROW).status == 200
