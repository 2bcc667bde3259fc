"""A defect of ours, planted in an operation: in process, and in a stack that is launched so."""

import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from contract_tests.backends.in_process import InProcessBackend
from contract_tests.backends.planted import FAILING_NAME, FAILING_ROW, SECRET, Planted
from contract_tests.backends.served import ServedBackend
from contract_tests.backends.services import ready_service
from contract_tests.contract.expected import HEALTHY, INTERNAL, count_answer, letters
from contract_tests.http.messages import Request, get, post_value
from contract_tests.suite.cases import case
from contract_tests.suite.requests import ALICE, ROW

in_process = pytest.mark.needs("in_process")
planted = pytest.mark.needs("planted")


@dataclass
class Defective:
    """A backend, one operation of whose service fails until it is mended."""

    backend: InProcessBackend
    mend: Callable[[], None]


@pytest.fixture
def defective(
    backend: InProcessBackend, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Defective]:
    """The same implementation around a service with a defect in one operation."""

    def fail(*_: object) -> object:
        raise Planted(SECRET)

    service = ready_service()
    monkeypatch.setattr(service, request.param, fail)
    with backend.with_service(service) as other:
        yield Defective(other, monkeypatch.undo)


DEFECTS = [
    case("count", "count_request", get("/api/count")),
    case("count-head", "count_request", Request("HEAD", "/api/count")),
    case("counting", "count_request", ALICE),
    case("letter_count", "letter_count", ALICE),
    case("letter_count-chunked", "letter_count", ALICE.in_chunks()),
    case("predict", "predict", ROW),
    case("health", "health", get("/api/health")),
]


@in_process
@pytest.mark.parametrize(("defective", "request_"), DEFECTS, indirect=["defective"])
@pytest.mark.holds("problem.500")
def test_a_defect_is_an_internal_error(defective: Defective, request_: Request) -> None:
    """A defect is an internal error, and nothing of it is told.

    Sends: {request_}, where the operation raises
    Wants: 500 internal_error, without a word of the defect
    """
    expected = INTERNAL.without_content() if request_.method == "HEAD" else INTERNAL
    answer = defective.backend.send(request_)
    assert answer.listed == expected
    assert SECRET not in str(answer.fields)


@in_process
@pytest.mark.parametrize(("defective", "request_"), DEFECTS, indirect=["defective"])
@pytest.mark.holds("problem.500-logged")
def test_a_defect_goes_to_the_log(
    defective: Defective,
    request_: Request,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """All of a defect goes to the log.

    With its traceback, which names this file.

    Sends: {request_}, where the operation raises
    Wants: the exception's text and traceback in the log
    """
    defective.backend.send(request_)
    written = capfd.readouterr()
    formatted = "".join(
        "".join(traceback.format_exception(*record.exc_info))
        for record in caplog.records
        if record.exc_info is not None
    )
    log = written.out + written.err + caplog.text + formatted
    assert SECRET in log
    assert "test_defects.py" in log


@in_process
@pytest.mark.parametrize(("defective", "request_"), DEFECTS, indirect=["defective"])
@pytest.mark.holds("problem.500-next-served")
def test_the_next_request_is_served(defective: Defective, request_: Request) -> None:
    """After a defect the next request is served.

    Sends: {request_}, where the operation raises; then health, letter_count and count
    Wants: 500, then right answers
    """
    defective.backend.send(request_)
    defective.mend()
    assert defective.backend.send(get("/api/health")).listed == HEALTHY
    assert defective.backend.send(ALICE).listed == letters("Alice")
    number = defective.backend.send(get("/api/count")).member("count", int)
    assert defective.backend.send(get("/api/count")).listed == count_answer(number + 1)


@in_process
@pytest.mark.parametrize(
    ("defective", "request_"), [DEFECTS[3], DEFECTS[5]], indirect=["defective"]
)
@pytest.mark.holds("counter.before-content")
def test_a_request_that_meets_a_defect_is_counted(defective: Defective, request_: Request) -> None:
    """A request that meets a defect is counted, as it is before its content is looked at.

    Sends: {request_}, where the operation raises, between two GET /api/count
    Wants: 500, and a count that is 2 higher
    """
    before = defective.backend.send(get("/api/count")).member("count", int)
    assert defective.backend.send(request_).status == 500
    assert defective.backend.send(get("/api/count")).listed == count_answer(before + 2)


@pytest.fixture
def running(backend: ServedBackend) -> ServedBackend:
    """The backend launched once more, with a defect."""
    return backend.apart()


RAISING = [
    case("letter_count", post_value("/api/letter_count", {"name": FAILING_NAME})),
    case("chunked", post_value("/api/letter_count", {"name": FAILING_NAME}).in_chunks()),
    case("predict", post_value("/api/predict", {"instances": [FAILING_ROW]})),
]


@planted
@pytest.mark.parametrize("request_", RAISING)
@pytest.mark.holds("problem.500")
def test_a_running_service_tells_nothing_of_a_defect(
    running: ServedBackend, request_: Request
) -> None:
    """A defect of a running service is an internal error, and nothing of it is told.

    Sends: {request_}, where the operation raises
    Wants: 500 internal_error, without a word of the defect
    """
    answer = running.send(request_)
    assert answer.listed == INTERNAL
    assert SECRET not in str(answer.fields)


@planted
@pytest.mark.parametrize("request_", RAISING)
@pytest.mark.holds("problem.500-logged")
def test_a_running_service_logs_a_defect(running: ServedBackend, request_: Request) -> None:
    """A defect of a running service goes to its log.

    Sends: {request_}, where the operation raises
    Wants: a traceback in what the server prints, down to the line that raised
    """
    before = running.log().count(f"Planted: {SECRET}")
    running.send(request_)
    deadline = time.monotonic() + running.deadline_s
    while running.log().count(f"Planted: {SECRET}") == before:
        assert time.monotonic() < deadline, running.log()
        time.sleep(0.01)
    assert "Traceback" in running.log()
    assert "raise Planted(SECRET)" in running.log()


@planted
@pytest.mark.parametrize("request_", RAISING)
@pytest.mark.holds("problem.500-next-served")
def test_a_running_service_goes_on_after_a_defect(
    running: ServedBackend, request_: Request
) -> None:
    """After a defect a running service answers the next request, in the same process.

    Sends: {request_}, where the operation raises, then letter_count and predict
    Wants: 500, then 200 twice
    """
    processes = running.process_ids()
    running.send(request_)
    assert running.send(ALICE).listed == letters("Alice")
    assert running.send(ROW).member("predictions", list) == ["setosa"]
    assert running.process_ids() == processes
