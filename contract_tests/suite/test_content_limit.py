"""The limit of content, whether its length is declared or not."""

import pytest

from contract_tests.backends.base import Backend
from contract_tests.backends.in_process import (
    AsgiBackend,
    InProcessBackend,
    MeteredInput,
    WsgiBackend,
)
from contract_tests.backends.served import ServedBackend
from contract_tests.backends.services import new_service, ready_service
from contract_tests.contract.expected import LIMIT_BYTES, TOO_LARGE, letters
from contract_tests.http.messages import Request, post
from contract_tests.suite.cases import case
from shared.settings import Settings

PATHS = ("/api/letter_count", "/api/predict")
# What a reader may take beyond the limit before it notices: the piece that it has just been given.
PIECE_BYTES = 64 * 1024


def named(length: int) -> tuple[bytes, str]:
    """A request's content of `length` bytes, and the name in it."""
    name = "a" * (length - len(b'{"name":""}'))
    return b'{"name":"%b"}' % name.encode(), name


@pytest.mark.parametrize("chunked", [case("declared", False), case("chunked", True)])
@pytest.mark.holds("limit.exact")
def test_content_up_to_the_limit_is_taken(backend: Backend, chunked: bool) -> None:
    """Content as long as the limit is taken.

    Sends: POST /api/letter_count of exactly 1 MiB, chunked: {chunked}
    Wants: 200 with the name
    """
    content, name = named(LIMIT_BYTES)
    request = post("/api/letter_count", content)
    sent = request.in_chunks(PIECE_BYTES) if chunked else request
    assert backend.send(sent).listed == letters(name)


@pytest.mark.holds("limit.exact")
@pytest.mark.needs("iris")
def test_rows_up_to_the_limit_are_taken(backend: Backend) -> None:
    """predict takes content as long as the limit, too.

    Sends: POST /api/predict of one row, and as much white space as makes it 1 MiB
    Wants: 200
    """
    content = b'{"instances":[[5.1,3.5,1.4,0.2]]}'.ljust(LIMIT_BYTES)
    assert backend.send(post("/api/predict", content)).status == 200


@pytest.mark.parametrize(
    ("length", "piece_bytes"),
    [
        case("declared-by-1", LIMIT_BYTES + 1, None, holds=["limit.declared", "limit.exact"]),
        case("declared-twice", 2 * LIMIT_BYTES, None, holds=["limit.declared"]),
        case(
            "chunked-by-1",
            LIMIT_BYTES + 1,
            PIECE_BYTES,
            holds=["limit.found-while-reading", "limit.exact"],
        ),
        case("one-chunk", LIMIT_BYTES + 1, LIMIT_BYTES + 1, holds=["limit.found-while-reading"]),
    ],
)
@pytest.mark.parametrize("path", PATHS)
def test_content_over_the_limit_is_refused(
    backend: Backend, path: str, length: int, piece_bytes: int | None
) -> None:
    """Content longer than the limit is refused, however its length is told.

    Right JSON, which would be taken if it were cut or read on.

    Sends: POST {path} of {length} bytes, declared or in chunks
    Wants: 413 content_too_large
    """
    request = post(path, named(length)[0])
    sent = request if piece_bytes is None else request.in_chunks(piece_bytes)
    assert backend.send(sent).listed == TOO_LARGE


@pytest.mark.parametrize(
    "length",
    [
        "1048577",
        "1099511627776",
        "9" * 18,
        "00001048577",
        case("31-digits", str(10**30), needs=["in_process"]),
    ],
)
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.holds("limit.declared", "http.early-answers")
def test_a_declared_length_is_believed(backend: Backend, path: str, length: str) -> None:
    """A declared length over the limit is refused before the content comes.

    Sends: POST {path} with Content-Length: {length}, and no content
    Wants: 413 content_too_large
    """
    request = post(path, b"", ("Content-Length", length))
    assert backend.send_head(request).listed == TOO_LARGE


@pytest.mark.holds("limit.exact")
@pytest.mark.needs("in_process")
def test_the_limit_is_a_setting(backend: InProcessBackend) -> None:
    """The limit is the one in the service's settings.

    Sends: POST /api/letter_count of 20 bytes, then of 21, where the limit is 20 bytes
    Wants: 200, then 413 content_too_large
    """
    service = ready_service(new_service(Settings(content_limit_bytes=20)))
    with backend.with_service(service) as limited:
        content, name = named(20)
        assert limited.send(post("/api/letter_count", content)).listed == letters(name)
        assert limited.send(post("/api/letter_count", content + b" ")).listed == TOO_LARGE


@pytest.mark.holds("limit.not-in-memory", "limit.found-while-reading")
@pytest.mark.needs("in_process")
@pytest.mark.parametrize("path", PATHS)
def test_no_more_than_the_limit_is_read(backend: WsgiBackend | AsgiBackend, path: str) -> None:
    """No more than the limit, and the piece that passes it, is read.

    Sends: POST {path} of 64 MiB without a declared length
    Wants: 413 content_too_large after at most 1 MiB and 64 KiB were taken
    """
    stream = MeteredInput(64 * LIMIT_BYTES)
    fields = (("Content-Type", "application/json"),)
    answer = backend.answer_stream(Request("POST", path, fields, chunks=()), stream)
    assert answer.listed == TOO_LARGE
    assert LIMIT_BYTES < stream.taken_bytes <= LIMIT_BYTES + PIECE_BYTES


@pytest.mark.holds("limit.found-while-reading", "limit.not-in-memory")
@pytest.mark.needs("socket")
@pytest.mark.parametrize("path", PATHS)
def test_content_without_end_is_refused(backend: ServedBackend, path: str) -> None:
    """Chunks that never end are refused.

    Chunks come until the backend answers or closes; it must before 64 MiB were sent.

    Sends: POST {path} of chunks of 64 KiB without end
    Wants: 413 content_too_large or a closed connection, before 64 MiB were sent
    """
    request = Request("POST", path, (("Content-Type", "application/json"),), chunks=())
    chunk = b"%x\r\n%b\r\n" % (PIECE_BYTES, b" " * PIECE_BYTES)
    with backend.connect() as connection:
        connection.send_head(request)
        sent_bytes = 0
        while sent_bytes < 64 * LIMIT_BYTES and not connection.has_answer():
            connection.send(chunk)
            sent_bytes += PIECE_BYTES
        answer = connection.read_answer_or_end("POST")
    assert answer is None or answer.listed == TOO_LARGE
    assert sent_bytes < 64 * LIMIT_BYTES
