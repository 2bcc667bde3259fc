"""Promises of HTTP itself: early answers, content that arrives in every permitted way."""

import time

import pytest

from contract_tests.backends.base import Backend
from contract_tests.backends.served import ServedBackend
from contract_tests.contract.expected import (
    HEALTHY,
    LIMIT_BYTES,
    MALFORMED,
    NO_READ_METHOD,
    NO_WRITE_METHOD,
    NOT_FOUND,
    TOO_LARGE,
    UNSUPPORTED,
    count_answer,
    invalid,
    letters,
)
from contract_tests.http.messages import Expected, Request, get, post, post_value
from contract_tests.suite.cases import case
from contract_tests.suite.requests import ALICE, NAME, ROW

PAUSE_S = 0.003
ANNOUNCED = ("Content-Length", "10")
JSON = ("Content-Type", "application/json")
UNFRAMED = b"POST /api/letter_count HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        case("404", post("/nowhere", b"", ANNOUNCED), NOT_FOUND),
        case("404-chunked", Request("POST", "/nowhere", (JSON,), chunks=()), NOT_FOUND),
        case("405-read", post("/api/count", b"", ANNOUNCED), NO_READ_METHOD),
        case("405-write", Request("PUT", NAME, (JSON, ANNOUNCED)), NO_WRITE_METHOD),
        case("405-chunked", Request("PUT", NAME, (JSON,), chunks=()), NO_WRITE_METHOD),
        case("415-type", Request("POST", NAME, (ANNOUNCED,)), UNSUPPORTED),
        case("415-coding", post(NAME, b"", ANNOUNCED, ("Content-Encoding", "br")), UNSUPPORTED),
        case("415-chunked", Request("POST", NAME, (), chunks=()), UNSUPPORTED),
        case("413", post(NAME, b"", ("Content-Length", str(LIMIT_BYTES + 1))), TOO_LARGE),
    ],
)
@pytest.mark.holds("http.early-answers")
def test_an_answer_does_not_wait_for_content(
    backend: Backend, request_: Request, expected: Expected
) -> None:
    """An answer that does not depend on the content does not wait for it.

    Sends: {request_}, and no content
    """
    assert backend.send_head(request_).listed == expected


@pytest.mark.parametrize("size_bytes", [1, 7, 100_000])
@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        case("letter_count", ALICE, letters("Alice")),
        case("utf-8", post_value(NAME, {"name": "Zoë 愛"}), letters("Zoë 愛")),
        case("malformed", post(NAME, b'{"name":"Alice"'), MALFORMED),
        case("invalid", post(NAME, b"[]"), invalid(("", "must be an object"))),
        case("no-content", post(NAME, b""), MALFORMED),
    ],
)
@pytest.mark.holds("http.chunked")
def test_chunked_content_means_the_same(
    backend: Backend, request_: Request, expected: Expected, size_bytes: int
) -> None:
    """Chunked content means the same as content of a fixed length.

    Sends: {request_}, in chunks of {size_bytes} bytes
    """
    assert backend.send(request_.in_chunks(size_bytes)).listed == expected


@pytest.mark.holds("http.chunked")
def test_chunked_predict_is_the_same(backend: Backend) -> None:
    """A chunked predict request is answered like one of a fixed length.

    Sends: POST /api/predict of one row, in chunks of 7 bytes and with a fixed length
    Wants: two equal answers
    """
    assert backend.send(ROW.in_chunks()).listed == backend.send(ROW).listed


@pytest.mark.parametrize(
    "chunks",
    [
        case("extension", b'10;a=1;b="c d"\r\n{"name":"Alice"}\r\n0\r\n\r\n'),
        case("trailer", b'10\r\n{"name":"Alice"}\r\n0\r\nX-Sum: 1\r\n\r\n'),
        case("leading-zeros", b'0010\r\n{"name":"Alice"}\r\n000\r\n\r\n'),
        case("capital-size", b'A\r\n{"name":"A\r\n6\r\nlice"}\r\n0\r\n\r\n'),
        case("small-size", b'a\r\n{"name":"A\r\n6\r\nlice"}\r\n0\r\n\r\n'),
    ],
)
@pytest.mark.holds("http.chunked")
@pytest.mark.needs("socket")
def test_chunks_may_be_written_so(backend: ServedBackend, chunks: bytes) -> None:
    """Chunks are read in every form that RFC 9112 permits.

    Sends: POST /api/letter_count of the chunks {chunks}
    Wants: 200 with the name Alice
    """
    with backend.connect() as connection:
        connection.send_head(Request("POST", NAME, (JSON,), chunks=()))
        connection.send(chunks)
        assert connection.read_answer().listed == letters("Alice")
        connection.end()


@pytest.mark.parametrize("coding", ["Chunked", "CHUNKED"])
@pytest.mark.holds("http.chunked")
@pytest.mark.needs("socket")
def test_chunked_has_any_case(backend: ServedBackend, coding: str) -> None:
    """The name of the coding has no case (RFC 9112 section 7).

    Sends: POST /api/letter_count of {{"name":"Alice"}} with Transfer-Encoding: {coding}
    Wants: 200 with the name Alice
    """
    head = UNFRAMED + b"Transfer-Encoding: %b\r\n\r\n" % coding.encode()
    with backend.connect() as connection:
        connection.send(head + ALICE.in_chunks().content_bytes())
        assert connection.read_answer().listed == letters("Alice")
        connection.end()


@pytest.mark.holds("json-in.empty")
@pytest.mark.needs("socket")
def test_no_length_is_no_content(backend: ServedBackend) -> None:
    """A request that says nothing about its content has none (RFC 9112 section 6.3).

    Sends: POST /api/letter_count with neither Content-Length nor Transfer-Encoding
    Wants: 400 malformed_json
    """
    with backend.connect() as connection:
        connection.send(UNFRAMED + b"\r\n")
        assert connection.read_answer().listed == MALFORMED
        connection.end()


@pytest.mark.parametrize("request_", [case("length", ALICE), case("chunked", ALICE.in_chunks())])
@pytest.mark.holds("http.byte-by-byte")
@pytest.mark.needs("socket")
def test_content_may_come_byte_by_byte(backend: ServedBackend, request_: Request) -> None:
    """Content may come byte by byte.

    Sends: {request_}, 3 ms between two bytes of its content
    Wants: 200 with the name Alice
    """
    with backend.connect() as connection:
        connection.send_head(request_)
        for byte in request_.content_bytes():
            # No wait for anything: the pace is what is tested, slower than a server reads.
            time.sleep(PAUSE_S)
            connection.send(bytes([byte]))
        assert connection.read_answer().listed == letters("Alice")
        connection.end()


@pytest.mark.parametrize(
    "request_",
    [
        case("length", ALICE),
        case("chunked", ALICE.in_chunks()),
    ],
)
@pytest.mark.parametrize("expectation", ["100-continue", "100-Continue"])
@pytest.mark.holds("http.expect-continue")
@pytest.mark.needs("socket")
def test_content_may_wait_for_100(
    backend: ServedBackend, request_: Request, expectation: str
) -> None:
    """A client that expects 100-continue is told to go on, and then answered.

    Sends: {request_} with Expect: {expectation}, its content after 100
    Wants: 100, then 200 with the name Alice
    """
    with backend.connect() as connection:
        connection.send_head(request_.with_fields(("Expect", expectation)))
        assert connection.read_interim() == 100
        connection.send(request_.content_bytes())
        assert connection.read_answer().listed == letters("Alice")
        connection.end()


@pytest.mark.holds("http.expect-continue")
@pytest.mark.needs("socket")
def test_content_need_not_wait_for_100(backend: ServedBackend) -> None:
    """A client that expects 100-continue may send its content at once.

    RFC 9110 section 10.1.1.

    Sends: POST /api/letter_count with Expect: 100-continue, the content with it
    Wants: 200 with the name Alice
    """
    assert backend.send(ALICE.with_fields(("Expect", "100-continue"))).listed == letters("Alice")


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        case("404", post("/nowhere", b"{}"), NOT_FOUND),
        case("415", Request("POST", NAME, (), b"{}"), UNSUPPORTED),
        case("413", post(NAME, b"", ("Content-Length", str(LIMIT_BYTES + 1))), TOO_LARGE),
    ],
)
@pytest.mark.holds("http.expect-continue", "http.early-answers")
@pytest.mark.needs("socket")
def test_a_refusal_need_not_wait_for_content(
    backend: ServedBackend, request_: Request, expected: Expected
) -> None:
    """A client that expects 100-continue is refused without its content.

    Whoever waits for 100 is told of the refusal instead, or asked and then told.

    Sends: {request_} with Expect: 100-continue, and no content
    """
    answer = backend.send_head(request_.with_fields(("Expect", "100-continue")))
    assert answer.listed == expected
    assert answer.interim in {(), (100,)}


@pytest.mark.parametrize(
    "request_",
    [
        case("length", Request("GET", "/api/health", (), b"content")),
        case("chunked", Request("GET", "/api/health", (), b"content").in_chunks(3)),
        case("json", Request("GET", "/api/health", (JSON,), b'{"status":"bad"}')),
    ],
)
@pytest.mark.holds("http.get-with-content")
def test_content_of_get_means_nothing(backend: Backend, request_: Request) -> None:
    """GET with content is answered as without.

    Wants: 200 {{"status":"ok"}}
    """
    assert backend.send(request_).listed == HEALTHY


@pytest.mark.holds("http.get-with-content")
def test_content_of_count_means_nothing(backend: Backend) -> None:
    """The content of GET /api/count is not taken for a next request.

    The next request on the connection is answered as if there had been none.

    Sends: GET /api/count with content, then without, on one connection
    Wants: two counts, one higher than the other
    """
    with backend.client() as client:
        first = client.exchange(Request("GET", "/api/count", (JSON,), b'{"count":0}'))
        number = first.member("count", int)
        assert first.listed == count_answer(number)
        assert client.exchange(get("/api/count")).listed == count_answer(number + 1)


@pytest.mark.holds("http.get-with-content")
@pytest.mark.needs("in_process")
def test_get_does_not_wait_for_content(backend: Backend) -> None:
    """GET is answered though its content does not come.

    Sends: GET /api/health with Content-Length: 1, and no content
    Wants: 200 {{"status":"ok"}}
    """
    request = get("/api/health", ("Content-Length", "1"))
    assert backend.send_head(request).listed == HEALTHY


@pytest.mark.parametrize(
    "host",
    [
        case("empty", ""),
        case("long", "a" * 70 + ".example"),
        case("two-dots", "a..b"),
        case("ipv6", "[::1]:80"),
        case("underscore", "a_b"),
        case("percent-encoded", "%61"),
    ],
)
@pytest.mark.holds("same.rfc")
@pytest.mark.needs("fresh")
def test_every_host_is_served(backend: Backend, host: str) -> None:
    """A service answers under every name that reaches it (RFC 9112 section 3.2).

    Sends: GET /api/health with Host: {host}
    Wants: 200 {{"status":"ok"}}
    """
    assert backend.send(get("/api/health", ("Host", host))).listed == HEALTHY


@pytest.mark.parametrize(
    "request_",
    [
        case("count", get("/api/count")),
        case("count-head", Request("HEAD", "/api/count")),
        case("letter_count", ALICE),
        case("predict", ROW),
        case("health", get("/api/health")),
        case("document", get("/openapi.json")),
        case("document-known", get("/openapi.json", ("If-None-Match", "*"))),
        case("page", get("/docs")),
        case("page-head", Request("HEAD", "/docs")),
        case("options", Request("OPTIONS", NAME)),
        case("400", post(NAME, b"{")),
        case("404", get("/nowhere")),
        case("405", Request("PUT", NAME)),
        case("413", post(NAME, b"", ("Content-Length", str(LIMIT_BYTES + 1)))),
        case("415", Request("POST", NAME)),
        case("422", post(NAME, b"[]")),
    ],
)
@pytest.mark.holds("same.bytes")
@pytest.mark.needs("in_process")
def test_an_answer_has_no_further_fields(backend: Backend, request_: Request) -> None:
    """An application adds no header field beyond those of the contract, and none twice.

    Wants: only header fields that the contract names
    """
    answer = backend.send(request_)
    assert sorted(name.lower() for name, _ in answer.fields) == sorted(
        name.lower() for name in answer.listed.fields
    )


@pytest.mark.parametrize(
    ("request_", "sent_bytes"),
    [
        case("whole-value", post(NAME, b'{"name":"Alice"} '), 16),
        case("half-value", ALICE, 9),
        case("nothing", ALICE, 0),
        case("predict", ROW.with_fields(("X-Case", "cut")), len(ROW.content) - 1),
    ],
)
@pytest.mark.holds("http.cut-short")
def test_content_that_breaks_off_is_not_acted_on(
    backend: Backend, request_: Request, sent_bytes: int
) -> None:
    """Content shorter than its declared length is never taken as whole.

    Sends: {request_}, then the end after {sent_bytes} bytes of its content
    Wants: 4xx or a closed connection
    """
    answer = backend.send_cut(request_, sent_bytes)
    assert answer is None or 400 <= answer.status < 500


@pytest.mark.parametrize(
    "sent",
    [
        case("before-the-last-chunk", b'10\r\n{"name":"Alice"}\r\n'),
        case("inside-the-last-chunk", b'10\r\n{"name":"Alice"}\r\n0\r\n'),
        case("inside-a-chunk", b'20\r\n{"name":"Alice"}'),
        case("before-any-chunk", b""),
    ],
)
@pytest.mark.holds("http.cut-short")
@pytest.mark.needs("socket")
def test_chunks_that_break_off_are_not_acted_on(backend: ServedBackend, sent: bytes) -> None:
    """Chunks that break off are never taken as whole.

    Sends: POST /api/letter_count of the chunks {sent}, then the end
    Wants: at most one answer, of 4xx
    """
    request = Request("POST", NAME, (JSON,), chunks=(sent,))
    with backend.connect() as connection:
        connection.send(request.head_bytes(connection.host_field) + sent)
        connection.half_close()
        answers = connection.read_answers("POST")
    assert [answer.status for answer in answers if not 400 <= answer.status < 500] == []
    assert len(answers) <= 1
