"""Where the contract is silent the RFCs decide; clients and proxies rely on them."""

import re

import pytest

from contract_tests.backends.served import ServedBackend
from contract_tests.contract.expected import HEALTHY, MALFORMED, NOT_FOUND, UNSUPPORTED, letters
from contract_tests.http.messages import Expected, Request, get, post, post_value
from contract_tests.suite.cases import case
from contract_tests.suite.requests import ALICE, NAME, SETOSA

pytestmark = [pytest.mark.needs("socket"), pytest.mark.holds("same.rfc")]

HEALTH = get("/api/health")
DOCUMENT, PAGE = get("/openapi.json"), get("/docs")
ROWS = post_value("/api/predict", {"instances": [SETOSA] * 100})
H2C = (
    ("Connection", "Upgrade, HTTP2-Settings"),
    ("Upgrade", "h2c"),
    ("HTTP2-Settings", "AAMAAABkAAQAAP__"),
)
WEBSOCKET = (
    ("Connection", "Upgrade"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
)
# RFC 9110 section 5.6.7: the one form in which a date may be sent.
DATE = r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT"


@pytest.mark.parametrize(
    "request_",
    [
        case("200", HEALTH),
        case("404", get("/nowhere")),
        case("405", Request("PUT", NAME)),
        case("400", post(NAME, b"{")),
        case("304", get("/openapi.json", ("If-None-Match", "*"))),
    ],
)
def test_answers_are_dated(backend: ServedBackend, request_: Request) -> None:
    """An answer says when it was made: an origin server has a clock (RFC 9110 section 6.6.1).

    Wants: one Date, in the form of RFC 9110 section 5.6.7
    """
    dates = backend.send(request_).values("Date")
    assert len(dates) == 1
    assert re.fullmatch(DATE, dates[0])


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        case("get", get("http://x/api/health"), HEALTHY),
        case("query", get("http://x/api/health?a=http://y/"), HEALTHY),
        case("port", get("http://x:8080/api/health"), HEALTHY),
        case("post", post_value(f"http://x{NAME}", {"name": "Alice"}), letters("Alice")),
        case("not-found", get("http://x/nowhere"), NOT_FOUND),
        case("no-path", get("http://x"), NOT_FOUND),
        case("no-path-but-query", get("http://x?/api/health"), NOT_FOUND),
    ],
)
def test_a_target_may_be_absolute(
    backend: ServedBackend, request_: Request, expected: Expected
) -> None:
    """A request target may be absolute, as it is sent to proxies (RFC 9112 section 3.2.2)."""
    assert backend.send(request_).listed == expected


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        case("h2c", HEALTH.with_fields(*H2C), HEALTHY),
        case("h2c-with-content", ALICE.with_fields(*H2C), letters("Alice")),
        case("h2c-chunked", ALICE.in_chunks().with_fields(*H2C), letters("Alice")),
        case("h2c-malformed", post(NAME, b"{").with_fields(*H2C), MALFORMED),
        case("websocket", HEALTH.with_fields(*WEBSOCKET), HEALTHY),
        case(
            "invented",
            ALICE.with_fields(("Connection", "upgrade"), ("Upgrade", "x/1")),
            letters("Alice"),
        ),
    ],
)
def test_a_wish_to_upgrade_may_be_passed_over(
    backend: ServedBackend, request_: Request, expected: Expected
) -> None:
    """A request to upgrade is answered as any other (RFC 9110 section 7.8).

    Some clients ask for HTTP/2 so, with their first request.

    Sends: {request_}, twice over one connection
    """
    with backend.client() as client:
        for _ in range(2):
            assert client.exchange(request_).listed == expected


@pytest.mark.parametrize("options", ["close", "Close", "x, close", "close,x"])
def test_close_is_one_of_the_connection_options(backend: ServedBackend, options: str) -> None:
    """After the answer to a request with the option close the connection ends.

    Wherever it stands among the options (RFC 9112 section 9.6).

    Sends: GET /api/health with Connection: {options}, and at once a second request
    Wants: one answer, then the end of the connection
    """
    with backend.connect() as connection:
        host = connection.host_field
        last = HEALTH.with_fields(("Connection", options))
        connection.send(last.head_bytes(host) + HEALTH.head_bytes(host))
        assert connection.read_answer().listed == HEALTHY
        connection.expect_end()


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        case("range", [("Range", "bytes=0-1")], letters("Alice")),
        case("accept", [("Accept", "text/plain")], letters("Alice")),
        case("accept-encoding", [("Accept-Encoding", "gzip, br")], letters("Alice")),
        case("accept-charset", [("Accept-Charset", "latin-1")], letters("Alice")),
        case("override", [("X-HTTP-Method-Override", "PUT")], letters("Alice")),
        case("forwarded-prefix", [("X-Forwarded-Prefix", "/nowhere")], letters("Alice")),
        case("forwarded", [("X-Forwarded-Host", "y"), ("X-Forwarded-Proto", "ftp")],
             letters("Alice")),
        case("script-name", [("Script-Name", "/api")], letters("Alice")),
        case("origin", [("Origin", "http://y")], letters("Alice")),
        case("latin-1", [("X-Name", "Zo\xeb")], letters("Alice")),
        case("empty", [("X-Name", "")], letters("Alice")),
        case("90-fields", [(f"X-{number}", "a") for number in range(90)], letters("Alice")),
        case("coding-in-any-case", [("content-encoding", "GZIP")], UNSUPPORTED),
    ],
)  # fmt: skip
def test_other_fields_change_nothing(
    backend: ServedBackend, fields: list[tuple[str, str]], expected: Expected
) -> None:
    """Header fields that ask for nothing here are passed over (RFC 9110 section 5.1).

    Names are known in any letter case.

    Sends: POST /api/letter_count, with the field in question: {id}
    """
    assert backend.send(ALICE.with_fields(*fields)).listed == expected


@pytest.mark.parametrize(
    ("request_", "field", "value"),
    [
        case("document-packed", DOCUMENT, "Accept-Encoding", "gzip, br"),
        case("page-packed", PAGE, "Accept-Encoding", "gzip, br"),
        case("rows-packed", ROWS, "Accept-Encoding", "gzip, br"),
        case("document-in-part", DOCUMENT, "Range", "bytes=0-1"),
        case("page-in-part", PAGE, "Range", "bytes=0-1"),
        case("not-found-in-a-browser", get("/nowhere"), "Accept", "text/html,*/*;q=0.8"),
    ],
)
def test_an_answer_has_one_form(
    backend: ServedBackend, request_: Request, field: str, value: str
) -> None:
    """A client that would take an answer in another form gets it in the one that it has.

    Also where it is long enough that another form would pay (RFC 9110 sections 12.1 and 14.2).

    Sends: {request_} with and without {field}: {value}
    Wants: the same answer
    """
    plain = backend.send(request_).listed
    assert backend.send(request_.with_fields((field, value))).listed == plain


@pytest.mark.parametrize(
    ("request_", "trailer", "expected"),
    [
        case("type", ALICE, b"Content-Type: text/plain", letters("Alice")),
        case("coding", ALICE, b"Content-Encoding: gzip", letters("Alice")),
        case("missing-type", Request("POST", NAME), b"Content-Type: application/json", UNSUPPORTED),
    ],
)
def test_trailer_fields_are_no_header_fields(
    backend: ServedBackend, request_: Request, trailer: bytes, expected: Expected
) -> None:
    """Trailer fields are not taken for header fields (RFC 9110 section 6.5.1).

    Sends: {request_}, its content in one chunk, then the trailer field {trailer}, in one piece
    """
    chunks = b'10\r\n{"name":"Alice"}\r\n0\r\n' + trailer + b"\r\n\r\n"
    with backend.connect() as connection:
        head = request_.in_chunks().head_bytes(connection.host_field)
        connection.send(head + chunks)
        assert connection.read_answer("POST").listed == expected


def test_an_empty_line_may_come_first(backend: ServedBackend) -> None:
    """An empty line before a request is passed over (RFC 9112 section 2.2).

    Sends: POST /api/letter_count, a line end, GET /api/health, in one piece
    Wants: both answers
    """
    with backend.connect() as connection:
        host = connection.host_field
        sent = ALICE.head_bytes(host) + ALICE.content_bytes() + b"\r\n" + HEALTH.head_bytes(host)
        connection.send(sent)
        assert connection.read_answer("POST").listed == letters("Alice")
        assert connection.read_answer().listed == HEALTHY


def test_an_old_client_is_not_told_to_go_on(backend: ServedBackend) -> None:
    """A client of HTTP/1.0 is not told to go on, whatever it expects (RFC 9110 section 10.1.1).

    Sends: POST /api/letter_count over HTTP/1.0, with Expect: 100-continue
    Wants: the answer, and no interim one before it
    """
    with backend.connect() as connection:
        request = ALICE.with_fields(("Expect", "100-continue"))
        connection.send_request(request, version="1.0")
        answer = connection.read_answer("POST")
    assert answer.listed == letters("Alice")
    assert answer.interim == ()
