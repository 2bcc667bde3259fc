"""The media types and content codings that a request may have."""

import pytest

from contract_tests.backends.base import Backend
from contract_tests.contract.expected import UNSUPPORTED, letters
from contract_tests.http.messages import Request
from contract_tests.suite.cases import case

CONTENT = b'{"name":"Alice"}'
ROWS = b'{"instances":[[5.1,3.5,1.4,0.2]]}'


def typed(
    *media_types: str,
    coding: str | None = None,
    path: str = "/api/letter_count",
    content: bytes = CONTENT,
) -> Request:
    """A request whose `Content-Type` and `Content-Encoding` are these."""
    fields = [("Content-Type", media_type) for media_type in media_types]
    if coding is not None:
        fields.append(("Content-Encoding", coding))
    return Request("POST", path, tuple(fields), content)


@pytest.mark.parametrize(
    "media_type",
    [
        case("plain", "application/json", holds=["media.case"]),
        case("mixed-case", "Application/JSON", holds=["media.case"]),
        case("capitals", "APPLICATION/JSON", holds=["media.case"]),
        case("charset", "application/json;charset=utf-8", holds=["media.charset"]),
        case("charset-after-space", "application/json; charset=utf-8", holds=["media.charset"]),
        case("charset-after-tab", "application/json ;\tcharset=utf-8", holds=["media.charset"]),
        case("charset-capitals", "application/json; CharSet=UTF-8", holds=["media.charset"]),
        case("charset-quoted", 'application/json; charset="utf-8"', holds=["media.charset"]),
        case("charset-quoted-capitals", 'application/json;charset="UTF-8"'),
        case("charset-escaped", r'application/json; charset="Utf\-8"'),
        case("empty-parameter", "application/json;", holds=["media.case"]),
        case("empty-parameters", "application/json; ;charset=utf-8;"),
    ],
)
@pytest.mark.holds("media.charset")
def test_media_type_is_taken(backend: Backend, media_type: str) -> None:
    """application/json is taken in any case, with charset=utf-8 or nothing.

    Sends: POST /api/letter_count with Content-Type: {media_type}
    Wants: 200 with the name Alice
    """
    assert backend.send(typed(media_type)).listed == letters("Alice")


@pytest.mark.parametrize(
    "request_",
    [
        case("missing", typed(), holds=["media.missing"]),
        case("empty", typed(""), holds=["media.missing"]),
        case("text", typed("text/plain")),
        case("form", typed("application/x-www-form-urlencoded")),
        case("form-data", typed("multipart/form-data; boundary=x")),
        case("text-json", typed("text/json")),
        case("problem-json", typed("application/problem+json")),
        case("json-patch", typed("application/json-patch+json")),
        case("json-seq", typed("application/jsonl")),
        case("any", typed("*/*")),
        case("prefix", typed("application/jsonx")),
        case("half", typed("application")),
        case("two-in-one-field", typed("application/json, application/json")),
        case("space-inside", typed("application / json")),
        case("latin-1", typed("application/json; charset=latin-1"), holds=["media.charset"]),
        case("utf-16", typed("application/json; charset=utf-16"), holds=["media.charset"]),
        case("utf8", typed("application/json; charset=utf8"), holds=["media.charset"]),
        case("single-quotes", typed("application/json; charset='utf-8'"), holds=["media.charset"]),
        case("empty-charset", typed("application/json; charset="), holds=["media.charset"]),
        case("other-parameter", typed("application/json; v=1"), holds=["media.charset"]),
        case(
            "charset-twice",
            typed("application/json; charset=utf-8; charset=utf-8"),
            holds=["media.charset"],
        ),
        case(
            "one-parameter-more",
            typed("application/json; charset=utf-8; v=1"),
            holds=["media.charset"],
        ),
    ],
)
@pytest.mark.holds("problem.415")
def test_media_type_is_refused(backend: Backend, request_: Request) -> None:
    """Any other media type, or none, is refused.

    Wants: 415 unsupported_media_type
    """
    assert backend.send(request_).listed == UNSUPPORTED


@pytest.mark.parametrize("coding", ["identity", "Identity", "IDENTITY"])
@pytest.mark.holds("media.coding")
def test_identity_is_taken(backend: Backend, coding: str) -> None:
    """The content coding identity is taken.

    Sends: POST /api/letter_count with Content-Encoding: {coding}
    Wants: 200 with the name Alice
    """
    assert backend.send(typed("application/json", coding=coding)).listed == letters("Alice")


@pytest.mark.parametrize(
    "coding",
    [
        *("gzip", "br", "deflate", "zstd", "identity, identity", "identity, gzip", "x"),
        case("empty", ""),
    ],
)
@pytest.mark.holds("media.coding", "problem.415")
def test_other_coding_is_refused(backend: Backend, coding: str) -> None:
    """Any other content coding is refused.

    Sends: POST /api/letter_count with Content-Encoding: {coding}
    Wants: 415 unsupported_media_type
    """
    assert backend.send(typed("application/json", coding=coding)).listed == UNSUPPORTED


@pytest.mark.holds("media.coding")
def test_a_second_coding_field_is_refused(backend: Backend) -> None:
    """Two fields of Content-Encoding are refused, though each is identity.

    Sends: POST /api/letter_count with Content-Encoding: identity, twice
    Wants: 415 unsupported_media_type
    """
    request = typed("application/json", coding="identity")
    twice = request.with_fields(("Content-Encoding", "identity"))
    assert backend.send(twice).listed == UNSUPPORTED


def rows(media_type: str, coding: str | None = None) -> Request:
    """The same of predict."""
    return typed(media_type, coding=coding, path="/api/predict", content=ROWS)


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        case("charset", rows("application/json; charset=UTF-8"), 200, holds=["media.charset"]),
        case("latin-1", rows("application/json; charset=latin-1"), 415, holds=["media.charset"]),
        case("identity", rows("application/json", "identity"), 200, holds=["media.coding"]),
        case("two", rows("application/json", "identity, gzip"), 415, holds=["media.coding"]),
    ],
)
def test_predict_takes_the_same(backend: Backend, request_: Request, status: int) -> None:
    """predict takes the same media types and codings as letter_count.

    Wants: {status}
    """
    assert backend.send(request_).status == status
