"""The problem documents, literally as the contract has them."""

import pytest

from shared.problems import (
    ContentError,
    ContentTooLarge,
    InternalError,
    InvalidContent,
    MalformedJson,
    MethodNotAllowed,
    NotFound,
    NotReady,
    Overloaded,
    RateLimited,
    Unauthorized,
    UnsupportedMediaType,
)


@pytest.mark.parametrize(
    ("problem", "status", "title", "code"),
    [
        (NotFound(), 404, "Not Found", "not_found"),
        (MethodNotAllowed("GET"), 405, "Method Not Allowed", "method_not_allowed"),
        (Unauthorized(), 401, "Unauthorized", "unauthorized"),
        (RateLimited(7), 429, "Too Many Requests", "rate_limited"),
        (UnsupportedMediaType(), 415, "Unsupported Media Type", "unsupported_media_type"),
        (ContentTooLarge(), 413, "Content Too Large", "content_too_large"),
        (MalformedJson(), 400, "Bad Request", "malformed_json"),
        (InvalidContent([]), 422, "Unprocessable Content", "invalid_content"),
        (NotReady(), 503, "Service Unavailable", "not_ready"),
        (Overloaded(), 503, "Service Unavailable", "overloaded"),
        (InternalError(), 500, "Internal Server Error", "internal_error"),
    ],
)
def test_documents_have_the_contracts_members_in_its_order(problem, status, title, code):
    document = problem.document()
    assert list(document)[:5] == ["type", "title", "status", "code", "detail"]
    assert (document["type"], document["title"]) == ("about:blank", title)
    assert (document["status"], document["code"]) == (status, code)
    fields = problem.header_fields()
    assert fields["Content-Type"] == "application/problem+json"
    assert fields["Cache-Control"] == "no-store"


def test_method_not_allowed_lists_the_methods():
    assert MethodNotAllowed("GET, HEAD").header_fields()["Allow"] == "GET, HEAD"


def test_unauthorized_says_how_to_show_a_key():
    assert Unauthorized().header_fields()["WWW-Authenticate"] == "Bearer"


def test_rate_limited_says_when_to_go_on():
    assert RateLimited(7).header_fields()["Retry-After"] == "7"


@pytest.mark.parametrize("problem", [NotReady(), Overloaded()])
def test_a_busy_service_says_when_to_try_again(problem):
    assert problem.header_fields()["Retry-After"].isdecimal()


def test_invalid_content_lists_the_first_20_errors():
    errors = [ContentError(f"/{number}", "must be a number") for number in range(21)]
    listed = InvalidContent(errors).document()["errors"]
    assert listed == [
        {"pointer": f"/{number}", "detail": "must be a number"} for number in range(20)
    ]
