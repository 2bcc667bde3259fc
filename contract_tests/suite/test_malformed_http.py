"""Malformed HTTP: backends may differ in what they answer, but only within the contract's rule."""

import pytest

from contract_tests.backends.served import ServedBackend
from contract_tests.contract.expected import HEALTHY
from contract_tests.http.messages import Answer, get
from contract_tests.suite.cases import case

pytestmark = pytest.mark.needs("socket")

GET = b"GET /api/health HTTP/1.1\r\n"
HOST = b"Host: x\r\n"
POST = b"POST /api/letter_count HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
ALICE = b'{"name":"Alice"}'
CHUNKED = b"Transfer-Encoding: chunked\r\n"
CHUNKS = b"10\r\n" + ALICE + b"\r\n0\r\n\r\n"
SECOND = GET + HOST + b"\r\n"


def with_fields(fields: bytes, content: bytes = ALICE) -> bytes:
    """A POST request with these header fields more."""
    return POST + fields + b"\r\n" + content


MALFORMED = [
    case("garbage", b"\x00\x01\x02\xff\r\n\r\n"),
    case("tls-hello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(32)),
    case("empty-request-line", b"\r\n\r\n\r\n"),
    case("no-version", b"GET /api/health\r\n" + HOST + b"\r\n"),
    case("word", b"hello\r\n\r\n"),
    case("two-spaces", b"GET  /api/health HTTP/1.1\r\n" + HOST + b"\r\n"),
    case("space-in-target", b"GET /api/ health HTTP/1.1\r\n" + HOST + b"\r\n"),
    case("tab-for-space", b"GET\t/api/health\tHTTP/1.1\r\n" + HOST + b"\r\n"),
    case("unknown-version", b"GET /api/health HTTP/9.9\r\n" + HOST + b"\r\n"),
    case("version-1.2", b"GET /api/health HTTP/1.2\r\n" + HOST + b"\r\n"),
    case("version-2", b"GET /api/health HTTP/2.0\r\n" + HOST + b"\r\n"),
    case("version-in-small-letters", b"GET /api/health http/1.1\r\n" + HOST + b"\r\n"),
    case("version-0.9", b"GET /api/health HTTP/0.9\r\n\r\n"),
    case("control-in-target", b"GET /api/\x01 HTTP/1.1\r\n" + HOST + b"\r\n"),
    case("raw-bytes-in-target", b"GET /api/\xc3\xa9 HTTP/1.1\r\n" + HOST + b"\r\n"),
    case("bad-percent", b"GET /api/%zz HTTP/1.1\r\n" + HOST + b"\r\n"),
    case("fragment", b"GET /api/health#x HTTP/1.1\r\n" + HOST + b"\r\n"),
    case("no-slash", b"GET api/health HTTP/1.1\r\n" + HOST + b"\r\n"),
    case("star", b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n"),
    case("star-get", b"GET * HTTP/1.1\r\n" + HOST + b"\r\n"),
    case("absolute", b"GET http://x/api/health HTTP/1.1\r\n" + HOST + b"\r\n"),
    case("authority", b"CONNECT x:80 HTTP/1.1\r\n" + HOST + b"\r\n"),
    case("method-with-parenthesis", b"GE(T /api/health HTTP/1.1\r\n" + HOST + b"\r\n"),
    case("method-with-at", b"G@T /api/health HTTP/1.1\r\n" + HOST + b"\r\n"),
    case("method-with-latin-1", b"G\xcbT /api/health HTTP/1.1\r\n" + HOST + b"\r\n"),
    case("method-of-10000", b"G" * 10_000 + b" /api/health HTTP/1.1\r\n" + HOST + b"\r\n"),
    case("length-word", with_fields(b"Content-Length: ten\r\n")),
    case("length-empty", with_fields(b"Content-Length: \r\n")),
    case("length-negative", with_fields(b"Content-Length: -16\r\n")),
    case("length-plus", with_fields(b"Content-Length: +16\r\n")),
    case("length-fraction", with_fields(b"Content-Length: 16.0\r\n")),
    case("length-hexadecimal", with_fields(b"Content-Length: 0x10\r\n")),
    case("length-underscore", with_fields(b"Content-Length: 1_6\r\n")),
    case("length-fullwidth", with_fields("Content-Length: １６\r\n".encode())),
    case("length-huge", with_fields(b"Content-Length: " + b"9" * 40 + b"\r\n")),
    case("length-two-values", with_fields(b"Content-Length: 16, 16\r\n")),
    case("length-repeated", with_fields(b"Content-Length: 16\r\nContent-Length: 16\r\n")),
    case("length-differs", with_fields(b"Content-Length: 16\r\nContent-Length: 5\r\n")),
    case("length-space-before-colon", with_fields(b"Content-Length : 16\r\n")),
    case("coding-and-length", with_fields(b"Content-Length: 16\r\n" + CHUNKED, CHUNKS)),
    case("length-and-coding", with_fields(CHUNKED + b"Content-Length: 16\r\n", CHUNKS)),
    case(
        "coding-and-short-length",
        with_fields(b"Content-Length: 5\r\n" + CHUNKED, b"0\r\n\r\n" + SECOND),
    ),
    case(
        "coding-in-1.0",
        b"POST /api/letter_count HTTP/1.0\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKS,
    ),
    case("coding-unknown", with_fields(b"Transfer-Encoding: x\r\n", CHUNKS)),
    case("coding-gzip", with_fields(b"Transfer-Encoding: gzip\r\n", CHUNKS)),
    case("coding-gzip-chunked", with_fields(b"Transfer-Encoding: gzip, chunked\r\n", CHUNKS)),
    case("coding-chunked-gzip", with_fields(b"Transfer-Encoding: chunked, gzip\r\n", CHUNKS)),
    case("coding-twice", with_fields(b"Transfer-Encoding: chunked, chunked\r\n", CHUNKS)),
    case("coding-identity", with_fields(b"Transfer-Encoding: identity\r\n", CHUNKS)),
    case("coding-vertical-tab", with_fields(b"Transfer-Encoding: \x0bchunked\r\n", CHUNKS)),
    case("expectation-unknown", with_fields(b"Content-Length: 16\r\nExpect: 200-ok\r\n")),
    case("chunk-size-word", with_fields(CHUNKED, b"ten\r\n" + ALICE + b"\r\n0\r\n\r\n")),
    case("chunk-size-negative", with_fields(CHUNKED, b"-10\r\n" + ALICE + b"\r\n0\r\n\r\n")),
    case("chunk-size-prefix", with_fields(CHUNKED, b"0x10\r\n" + ALICE + b"\r\n0\r\n\r\n")),
    case("chunk-size-empty", with_fields(CHUNKED, b"\r\n" + ALICE + b"\r\n0\r\n\r\n")),
    case("chunk-size-huge", with_fields(CHUNKED, b"f" * 32 + b"\r\n" + ALICE + b"\r\n0\r\n\r\n")),
    case("chunk-too-short", with_fields(CHUNKED, b"f\r\n" + ALICE + b"\r\n0\r\n\r\n")),
    case("chunk-too-long", with_fields(CHUNKED, b"11\r\n" + ALICE + b"\r\n0\r\n\r\n")),
    case("chunk-without-end", with_fields(CHUNKED, b"10\r\n" + ALICE + b"0\r\n\r\n")),
    case("chunk-bare-line-feed", with_fields(CHUNKED, b"10\n" + ALICE + b"\n0\n\n")),
    case("trailer-broken", with_fields(CHUNKED, b"10\r\n" + ALICE + b"\r\n0\r\nx y\r\n\r\n")),
    case("field-of-100000", GET + HOST + b"X: " + b"a" * 100_000 + b"\r\n\r\n"),
    case(
        "fields-of-1000", GET + HOST + b"".join(b"X-%d: a\r\n" % n for n in range(1000)) + b"\r\n"
    ),
    case("target-of-100000", b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n"),
    case("host-missing", GET + b"\r\n"),
    case("host-twice", GET + HOST + b"Host: y\r\n\r\n"),
    case("host-empty", GET + b"Host:\r\n\r\n"),
    case("host-with-space", GET + b"Host: x y\r\n\r\n"),
    case(
        "two-content-types",
        with_fields(b"Content-Type: text/plain\r\nContent-Length: 16\r\n"),
    ),
    case("underscore-length", with_fields(b"Content_Length: 16\r\nContent-Length: 16\r\n")),
    case(
        "underscore-type",
        b"POST /api/letter_count HTTP/1.1\r\n" + HOST + b"Content_Type: application/json\r\n"
        b"Content-Length: 16\r\n\r\n" + ALICE,
    ),
    case("bare-line-feeds", b"GET /api/health HTTP/1.1\nHost: x\n\n"),
    case("bare-carriage-return", GET + b"Host: x\rX: y\r\n\r\n"),
    case("folded", GET + HOST + b"X: a\r\n b\r\n\r\n"),
    case("folded-first", GET + b" X: a\r\n" + HOST + b"\r\n"),
    case("field-without-colon", GET + HOST + b"X\r\n\r\n"),
    case("field-without-name", GET + HOST + b": x\r\n\r\n"),
    case("field-space-before-colon", GET + HOST + b"X : y\r\n\r\n"),
    case("field-name-with-space", GET + HOST + b"X Y: z\r\n\r\n"),
    case("field-with-nul", GET + HOST + b"X: a\x00b\r\n\r\n"),
    case("field-with-control", GET + HOST + b"X: a\x01b\r\n\r\n"),
    case("half-request-line", b"GET /api/hea"),
    case("half-head", GET + b"Host: "),
    case(
        "upgrade-websocket",
        GET + HOST + b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    ),
    case(
        "upgrade-h2c",
        GET + HOST + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
        b"HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n",
    ),
    case("http2-preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
]


def answers_to(backend: ServedBackend, sent: bytes) -> list[Answer]:
    """All answers to `sent`, until the backend closes; raises `Silent` if it does not."""
    with backend.connect() as connection:
        connection.send(sent)
        connection.half_close()
        return connection.read_answers()


@pytest.mark.parametrize("sent", MALFORMED)
@pytest.mark.holds(
    "malformed.status", "malformed.in-time", "malformed.next-served", "malformed.no-second-request"
)
def test_malformed_http_is_refused_or_read_leniently(backend: ServedBackend, sent: bytes) -> None:
    """Malformed HTTP is refused or read leniently, and harms nobody.

    Sends: {sent}
    Wants: at most one answer, of 2xx, 4xx or 501, in time; then 200 on the next connection
    """
    answers = answers_to(backend, sent)
    statuses = [answer.status for answer in answers]
    assert all(200 <= s < 300 or 400 <= s < 500 or s == 501 for s in statuses), statuses
    assert len(answers) <= 1
    assert backend.send(get("/api/health")).listed == HEALTHY


@pytest.mark.parametrize(
    "sent",
    [
        case("garbage", b"\x00\x01\xff\r\n\r\n"),
        case("connect", b"CONNECT /api/health HTTP/1.1\r\n" + HOST + b"\r\n"),
        case("length-word", with_fields(b"Content-Length: ten\r\n")),
        case("chunk-size-word", with_fields(CHUNKED, b"ten\r\n" + ALICE + b"\r\n0\r\n\r\n")),
        case("trailer-close", with_fields(CHUNKED, CHUNKS[:-2] + b"Connection: close\r\n\r\n")),
    ],
)
@pytest.mark.holds("malformed.status", "malformed.in-time")
def test_a_client_that_goes_on_is_not_left_waiting(backend: ServedBackend, sent: bytes) -> None:
    """After malformed HTTP a client that goes on is answered or closed on.

    Sends: {sent}, then GET /api/health with Connection: close; its side stays open
    Wants: answers of 2xx, 4xx or 501, if any, and the connection's end, in time
    """
    with backend.connect() as connection:
        connection.send(sent + GET + HOST + b"Connection: close\r\n\r\n")
        statuses = [answer.status for answer in connection.read_answers()]
    assert all(200 <= s < 300 or 400 <= s < 500 or s == 501 for s in statuses), statuses


SMUGGLED = b"5\r\n" + ALICE[:5] + b"\r\n0\r\n\r\n" + SECOND


@pytest.mark.parametrize(
    "sent",
    [
        case("length-first", with_fields(b"Content-Length: 5\r\n" + CHUNKED, SMUGGLED)),
        case("coding-first", with_fields(CHUNKED + b"Content-Length: 5\r\n", SMUGGLED)),
        case("length-of-all", with_fields(b"Content-Length: 99\r\n" + CHUNKED, SMUGGLED)),
        case("get", GET + HOST + b"Content-Length: 5\r\n" + CHUNKED + b"\r\n" + SMUGGLED),
    ],
)
@pytest.mark.holds("malformed.parsers-out")
def test_what_follows_a_length_beside_a_coding_is_not_served(
    backend: ServedBackend, sent: bytes
) -> None:
    """A request that follows a Content-Length beside a Transfer-Encoding is not served.

    Whichever of the two a proxy in front believes; uvicorn with h11 serves it.

    Sends: a request with both, then what the shorter reading of it takes for a second: {id}
    Wants: one answer at most
    """
    answers = answers_to(backend, sent)
    assert len(answers) <= 1


@pytest.mark.parametrize(
    "sent",
    [
        case("length-word", with_fields(b"Content-Length: ten\r\n")),
        case("length-differs", with_fields(b"Content-Length: 16\r\nContent-Length: 5\r\n")),
        case("coding-and-length", with_fields(b"Content-Length: 16\r\n" + CHUNKED, CHUNKS)),
        case("chunk-size-word", with_fields(CHUNKED, b"ten\r\n" + ALICE + b"\r\n0\r\n\r\n")),
        case("chunk-too-long", with_fields(CHUNKED, b"11\r\n" + ALICE + b"\r\n0\r\n\r\n")),
        case("cut-content", with_fields(b"Content-Length: 16\r\n", ALICE[:8])),
        case("cut-chunks", with_fields(CHUNKED, b"10\r\n" + ALICE)),
    ],
)
@pytest.mark.holds("counter.broken-framing")
def test_broken_framing_is_counted_once_or_not_at_all(backend: ServedBackend, sent: bytes) -> None:
    """A request whose framing is broken is counted once, or not at all.

    Sends: GET /api/count, a request whose framing is broken ({id}), GET /api/count
    Wants: a count that is greater by one or two
    """
    before = backend.send(get("/api/count")).member("count", int)
    answers_to(backend, sent)
    assert backend.send(get("/api/count")).member("count", int) - before - 1 in {0, 1}


@pytest.mark.parametrize(
    "sent",
    [
        case("cut-head", POST + b"Content-Length: 16\r\n"),
        case("cut-content", POST + b"Content-Length: 16\r\n\r\n" + ALICE[:8]),
        case("cut-chunks", POST + CHUNKED + b"\r\n10\r\n" + ALICE),
    ],
)
@pytest.mark.holds("malformed.next-served")
def test_a_client_that_vanishes_harms_nobody(backend: ServedBackend, sent: bytes) -> None:
    """Clients that vanish within a request harm nobody.

    Sends: {sent}, then a closed connection; ten times
    Wants: 200 on the next connection
    """
    for _ in range(10):
        with backend.connect() as connection:
            connection.send(sent)
    assert backend.send(get("/api/health")).listed == HEALTHY
