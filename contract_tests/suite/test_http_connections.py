"""Requests on one connection: one after the other, pipelined, of HTTP/1.0, or the last."""

import pytest

from contract_tests.backends.served import ServedBackend
from contract_tests.contract.expected import (
    HEALTHY,
    MALFORMED,
    NO_WRITE_METHOD,
    NOT_FOUND,
    invalid,
    letters,
)
from contract_tests.http.messages import Expected, Request, get, post, post_value
from contract_tests.suite.cases import case
from contract_tests.suite.requests import ALICE, NAME

JSON = ("Content-Type", "application/json")
NO_REQUEST = b"DELETE /api/count HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.holds("http.keep-alive")
@pytest.mark.needs("socket")
def test_a_connection_serves_one_request_after_the_other(backend: ServedBackend) -> None:
    """A connection serves one request after the other.

    Right ones, refused ones, with content and without, over one connection.

    Sends: 27 requests on one connection: 9 different ones, three times
    Wants: to each the answer that it has on a connection of its own
    """
    exchanges: list[tuple[Request, Expected]] = [
        (get("/api/health"), HEALTHY),
        (ALICE, letters("Alice")),
        (post(NAME, b"{"), MALFORMED),
        (ALICE.in_chunks(), letters("Alice")),
        (Request("HEAD", "/api/health"), HEALTHY.without_content()),
        (get("/nowhere"), NOT_FOUND),
        (Request("OPTIONS", NAME), Expected(204, {"Allow": "OPTIONS, POST"})),
        (post(NAME, b"[]"), invalid(("", "must be an object"))),
        (Request("DELETE", NAME), NO_WRITE_METHOD),
    ]
    with backend.client() as client:
        for request, expected in exchanges * 3:
            assert client.exchange(request).listed == expected


@pytest.mark.parametrize(
    "request_",
    [
        case("404", Request("POST", "/nowhere", (JSON,), NO_REQUEST)),
        case("404-chunked", Request("POST", "/nowhere", (JSON,), chunks=(NO_REQUEST,))),
        case("405", Request("PUT", NAME, (JSON,), NO_REQUEST)),
        case("415", Request("POST", NAME, (), NO_REQUEST)),
        case("415-chunked", Request("POST", NAME, (), NO_REQUEST).in_chunks(1)),
        case("get", Request("GET", "/api/health", (), NO_REQUEST)),
        case("get-chunked", Request("GET", "/api/health", (), NO_REQUEST).in_chunks(1)),
    ],
)
@pytest.mark.holds("malformed.no-second-request")
@pytest.mark.needs("socket")
def test_unread_content_is_never_taken_for_a_request(
    backend: ServedBackend, request_: Request
) -> None:
    """Content that an answer did not need is never taken for the next request.

    The connection may be closed instead, without a word (RFC 9112 section 9.3).

    Sends: {request_}, and when that is answered GET /api/health on the same connection
    Wants: 200, or the connection's end and 200 on the next
    """
    with backend.connect() as connection:
        connection.exchange(request_)
        connection.send_request(get("/api/health"))
        answer = connection.read_answer_or_end()
        if answer is not None:
            assert answer.listed == HEALTHY
            connection.end()
    assert backend.send(get("/api/health")).listed == HEALTHY


@pytest.mark.holds("http.keep-alive")
@pytest.mark.needs("socket")
def test_close_is_honoured(backend: ServedBackend) -> None:
    """After the answer to Connection: close the connection is closed.

    RFC 9112 section 9.6.

    Sends: GET /api/health with Connection: close
    Wants: 200, then the connection's end
    """
    with backend.connect() as connection:
        connection.send_request(get("/api/health", ("Connection", "close")))
        assert connection.read_answer().listed == HEALTHY
        connection.expect_end()


@pytest.mark.holds("http.pipelined")
@pytest.mark.needs("socket")
def test_pipelined_requests_are_answered_in_order(backend: ServedBackend) -> None:
    """Pipelined requests are answered in order.

    Sends: 10 POST /api/letter_count at once on one connection, every third one chunked
    Wants: 10 answers in order
    """
    names = [f"{'x' * number}" for number in range(10)]
    with backend.connect() as connection:
        requests = [post_value(NAME, {"name": name}) for name in names]
        requests = [r.in_chunks() if place % 3 == 0 else r for place, r in enumerate(requests)]
        connection.send_pipelined(requests)
        for name in names:
            assert connection.read_answer().listed == letters(name)
        connection.end()


@pytest.mark.holds("http.pipelined")
@pytest.mark.needs("socket")
def test_pipelined_refusals_do_not_hide_what_follows(backend: ServedBackend) -> None:
    """A request that follows a refused one on the connection is answered.

    Sends: GET /nowhere, GET /api/health, PUT /api/letter_count, GET /api/health at once
    Wants: 404, 200, 405, 200
    """
    requests = [get("/nowhere"), get("/api/health"), Request("PUT", NAME), get("/api/health")]
    with backend.connect() as connection:
        connection.send_pipelined(requests)
        for expected in [NOT_FOUND, HEALTHY, NO_WRITE_METHOD, HEALTHY]:
            assert connection.read_answer().listed == expected
        connection.end()


@pytest.mark.parametrize(
    "malformed",
    [
        case("garbage", b"\x00\x01\r\n\r\n"),
        case("length", b"POST /api/predict HTTP/1.1\r\nHost: x\r\nContent-Length: ten\r\n\r\n"),
        case(
            "chunk",
            b"POST /api/predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
            b"Content-Type: application/json\r\n\r\nten\r\n",
        ),
    ],
)
@pytest.mark.holds("http.pipelined")
@pytest.mark.needs("socket")
def test_what_came_whole_is_answered_before_what_is_malformed(
    backend: ServedBackend, malformed: bytes
) -> None:
    """Pipelined requests are answered, whatever malformed HTTP follows them.

    Sends: POST /api/letter_count twice and {malformed}, in one piece
    Wants: both answers
    """
    with backend.connect() as connection:
        host = connection.host_field
        connection.send((ALICE.head_bytes(host) + ALICE.content_bytes()) * 2 + malformed)
        for _ in range(2):
            assert connection.read_answer("POST").listed == letters("Alice")


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        case("get", get("/api/health"), HEALTHY),
        case("head", Request("HEAD", "/api/health"), HEALTHY.without_content()),
        case("post", ALICE, letters("Alice")),
        case("not-found", get("/nowhere"), NOT_FOUND),
        case("malformed", post(NAME, b"{"), MALFORMED),
    ],
)
@pytest.mark.holds("http.http-1.0")
@pytest.mark.needs("socket")
def test_http_1_0_is_served(backend: ServedBackend, request_: Request, expected: Expected) -> None:
    """HTTP/1.0 is served, and the connection closed, as nobody asked to keep it.

    Sends: {request_}, in HTTP/1.0
    """
    with backend.connect() as connection:
        connection.send_request(request_, version="1.0")
        assert connection.read_answer(request_.method).listed == expected
        connection.expect_end()
