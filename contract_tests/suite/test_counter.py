"""The counter: the requests that it counts, those that it does not, and its exactness."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest

from contract_tests.backends.base import Backend
from contract_tests.contract.expected import LIMIT_BYTES, count_answer
from contract_tests.http.messages import Request, get, post, post_value
from contract_tests.suite.cases import case
from contract_tests.suite.requests import ALICE, ROW

CLIENTS = 8
REQUESTS_A_CLIENT = 25


def count(backend: Backend) -> int:
    """Return the answer of GET /api/count."""
    return backend.send(get("/api/count")).member("count", int)


def counted_by(backend: Backend, request: Request, status: int) -> int:
    """Return the number of times that `request`, answered with `status`, was counted."""
    before = count(backend)
    assert backend.send(request).status == status
    return count(backend) - before - 1


@pytest.mark.holds("counter.starts-at-0")
@pytest.mark.needs("fresh")
def test_the_first_count_is_1(backend: Backend) -> None:
    """The count starts at 0 with the service.

    Whatever was asked of it to see whether it is ready.

    Sends: GET /api/count, before any other operation
    Wants: 200 {{"count":1}}
    """
    assert backend.first_count is not None
    assert backend.first_count.listed == count_answer(1)


@pytest.mark.parametrize(
    "request_",
    [
        case("count", get("/api/count")),
        case("count-with-a-query", get("/api/count?count=0")),
        case("encoded-path", get("/%61pi/count")),
        case("letter_count", ALICE),
        case("predict", ROW),
        case("head", Request("HEAD", "/api/count"), holds=["http.head-counts"]),
    ],
)
@pytest.mark.holds("counter.counts-operations")
def test_an_operation_is_counted_once(backend: Backend, request_: Request) -> None:
    """A request that reaches an operation is counted once.

    Sends: {request_}, between two GET /api/count
    Wants: 200, and a count that is 2 higher
    """
    assert counted_by(backend, request_, 200) == 1


@pytest.mark.parametrize("path", ["/api/letter_count", "/api/predict"])
@pytest.mark.parametrize(
    ("content", "fields", "status"),
    [
        case("400", b"{", (), 400),
        case("400-empty", b"", (), 400),
        case("413", b" " * (LIMIT_BYTES + 1), (), 413),
        case("415", b"{}", (("Content-Encoding", "gzip"),), 415),
        case("422", b"[]", (), 422),
    ],
)
@pytest.mark.holds("counter.before-content")
def test_a_refused_request_is_counted(
    backend: Backend, path: str, content: bytes, fields: tuple[tuple[str, str], ...], status: int
) -> None:
    """A request is counted before its content is looked at.

    Sends: POST {path} of {content}, fields besides: {fields}, between two GET /api/count
    Wants: {status}, and a count that is 2 higher
    """
    assert counted_by(backend, post(path, content, *fields), status) == 1


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        case("404", get("/api/counts"), 404),
        case("404-slash", get("/api/count/"), 404),
        case("404-post", post_value("/api/letter-count", {"name": "Alice"}), 404),
        case("405-count", post_value("/api/count", {}), 405),
        case("405-letter_count", get("/api/letter_count"), 405),
        case("405-predict", Request("DELETE", "/api/predict"), 405),
        case("405-head", Request("HEAD", "/api/predict"), 405),
    ],
)
@pytest.mark.holds("counter.not-404-405")
def test_a_request_that_reaches_no_operation_is_not_counted(
    backend: Backend, request_: Request, status: int
) -> None:
    """A request that reaches no operation is not counted.

    Sends: {request_}, between two GET /api/count
    Wants: {status}, and a count that is 1 higher
    """
    assert counted_by(backend, request_, status) == 0


@pytest.mark.parametrize("path", ["/api/health", "/openapi.json", "/docs"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.holds("counter.open-paths")
def test_other_paths_do_not_count(backend: Backend, method: str, path: str) -> None:
    """Health, the document and its page never count.

    Sends: {method} {path}, between two GET /api/count
    Wants: 200, and a count that is 1 higher
    """
    assert counted_by(backend, Request(method, path), 200) == 0


@pytest.mark.parametrize("path", ["/api/count", "/api/letter_count", "/api/predict"])
@pytest.mark.holds("http.options-not-counted")
def test_options_is_not_counted(backend: Backend, path: str) -> None:
    """OPTIONS is not counted.

    Sends: OPTIONS {path}, between two GET /api/count
    Wants: 204, and a count that is 1 higher
    """
    assert counted_by(backend, Request("OPTIONS", path), 204) == 0


def numbers_seen(backend: Backend) -> list[list[int]]:
    """Return the answers of each of several clients that ask at once, in its order."""

    def ask(_: int) -> list[int]:
        with backend.client() as client:
            answers = [client.exchange(get("/api/count")) for _ in range(REQUESTS_A_CLIENT)]
        return [answer.member("count", int) for answer in answers]

    with ThreadPoolExecutor(CLIENTS) as clients:
        return list(clients.map(ask, range(CLIENTS)))


@pytest.mark.holds("counter.exact")
def test_n_requests_at_once_show_n(backend: Backend) -> None:
    """n requests at once raise the count by n.

    Sends: GET /api/count, 25 times from each of 8 clients at once
    Wants: a count that is 200 higher
    """
    before = count(backend)
    numbers_seen(backend)
    assert count(backend) == before + CLIENTS * REQUESTS_A_CLIENT + 1


@pytest.mark.holds("counter.exact")
def test_operations_at_once_show_their_number(backend: Backend) -> None:
    """All operations are counted exactly, whatever runs at once.

    Operations with content, and refused ones, while others are answered.

    Sends: 5 times from each of 8 clients at once: letter_count, letter_count of broken JSON,
      predict, and a path that there is not
    Wants: a count that is 120 higher
    """
    requests = [
        ALICE,
        post("/api/letter_count", b"{"),
        ROW,
        get("/api/nowhere"),
    ]
    before = count(backend)

    def send(_: int) -> None:
        with backend.client() as client:
            for request in requests * 5:
                client.exchange(request)

    with ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(send, range(CLIENTS)))
    assert count(backend) == before + CLIENTS * 5 * 3 + 1


@pytest.mark.holds("counter.distinct")
def test_no_answer_repeats(backend: Backend) -> None:
    """No two answers of count are the same.

    Sends: GET /api/count, 25 times from each of 8 clients at once
    Wants: 200 different numbers
    """
    seen = [number for numbers in numbers_seen(backend) for number in numbers]
    assert len(set(seen)) == CLIENTS * REQUESTS_A_CLIENT


@pytest.mark.holds("counter.rising")
def test_a_client_sees_the_count_rise(backend: Backend) -> None:
    """A client that waits for each answer never sees a smaller number.

    Sends: GET /api/count, 25 times from each of 8 clients at once
    Wants: numbers that rise, for each client
    """
    for numbers in numbers_seen(backend):
        assert all(earlier < later for earlier, later in pairwise(numbers))
