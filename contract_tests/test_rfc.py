"""Where the contract is silent, the RFCs decide: what clients and proxies rely on all the same."""

import re

import pytest

from contract_tests.cases import case
from contract_tests.exchange import Expected, Request, get, post, post_value
from contract_tests.expected import HEALTHY, MALFORMED, NOT_FOUND, UNSUPPORTED, letters
from contract_tests.served import ServedBackend

pytestmark = [pytest.mark.needs("socket"), pytest.mark.holds("same.rfc")]

NAME = "/api/letter_count"
ALICE = post_value(NAME, {"name": "Alice"})
HEALTH = get("/api/health")
H2C = (
    ("Connection", "Upgrade, HTTP2-Settings"),
    ("Upgrade", "h2c"),
    ("HTTP2-Settings", "AAMAAABkAAQAAP__"),
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
    """RFC 9110 section 6.6.1: an origin server with a clock says when it answered."""
    [date] = backend.send(request_).values("Date")
    assert re.fullmatch(DATE, date)


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        case("get", get("http://x/api/health"), HEALTHY),
        case("query", get("http://x/api/health?a=http://y/"), HEALTHY),
        case("port", get("http://x:8080/api/health"), HEALTHY),
        case("post", post_value(f"http://x{NAME}", {"name": "Alice"}), letters("Alice")),
        case("not-found", get("http://x/nowhere"), NOT_FOUND),
    ],
)
def test_a_target_may_be_absolute(
    backend: ServedBackend, request_: Request, expected: Expected
) -> None:
    """RFC 9112 section 3.2.2: as it is sent to proxies."""
    assert backend.send(request_).listed == expected


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        case("h2c", HEALTH.with_fields(*H2C), HEALTHY),
        case("h2c-with-content", ALICE.with_fields(*H2C), letters("Alice")),
        case("h2c-chunked", ALICE.in_chunks().with_fields(*H2C), letters("Alice")),
        case("h2c-malformed", post(NAME, b"{").with_fields(*H2C), MALFORMED),
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
    """RFC 9110 section 7.8; some clients ask for HTTP/2 so with their first request."""
    with backend.client() as client:
        for _ in range(2):
            assert client.exchange(request_).listed == expected


@pytest.mark.parametrize("options", ["close", "Close", "x, close", "close,x"])
def test_close_is_one_of_the_connection_options(backend: ServedBackend, options: str) -> None:
    """RFC 9112 section 9.6: what follows is not answered."""
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
    """RFC 9110 section 5.1: what is not known is ignored; names are known in any case."""
    assert backend.send(ALICE.with_fields(*fields)).listed == expected


def test_an_empty_line_may_come_first(backend: ServedBackend) -> None:
    """RFC 9112 section 2.2: an old client's line end after its content is passed over."""
    with backend.connect() as connection:
        host = connection.host_field
        sent = ALICE.head_bytes(host) + ALICE.content_bytes() + b"\r\n" + HEALTH.head_bytes(host)
        connection.send(sent)
        assert connection.read_answer("POST").listed == letters("Alice")
        assert connection.read_answer().listed == HEALTHY


def test_an_old_client_is_not_told_to_go_on(backend: ServedBackend) -> None:
    """RFC 9110 section 10.1.1: HTTP/1.0 knows no interim answers."""
    with backend.connect() as connection:
        request = ALICE.with_fields(("Expect", "100-continue"))
        connection.send_request(request, version="1.0")
        answer = connection.read_answer("POST")
    assert answer.listed == letters("Alice")
    assert answer.interim == ()
