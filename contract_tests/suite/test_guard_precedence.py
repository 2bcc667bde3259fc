"""The guard among the other rules: what it counts, and what is told before it and after it."""

from http import HTTPStatus

import pytest

from contract_tests.backends.guarded import LIMIT, Guarded, with_key
from contract_tests.contract.expected import (
    LIMIT_BYTES,
    MALFORMED,
    NO_READ_METHOD,
    NO_WRITE_METHOD,
    NOT_FOUND,
    UNAUTHORIZED,
    UNSUPPORTED,
    invalid,
)
from contract_tests.http.messages import Expected, Request, get, post
from contract_tests.suite.cases import case
from contract_tests.suite.requests import ALICE, COUNT, NAME, OPERATIONS, TEXT, rate_limited

pytestmark = pytest.mark.needs("guarded")

LONG = post(NAME, b" " * (LIMIT_BYTES + 1))


def count(guarded: Guarded) -> int:
    """Return the answer of GET /api/count."""
    number = guarded.send(COUNT, guarded.unused_key()).member("count", int)
    assert isinstance(number, int)
    return number


@pytest.mark.parametrize("request_", OPERATIONS)
@pytest.mark.holds("counter.not-401-429")
def test_a_request_without_a_key_is_not_counted(guarded: Guarded, request_: Request) -> None:
    """A request without a key is not counted.

    Sends: {request_}, without a key, between two GET /api/count
    Wants: 401, and a count that is 1 higher
    """
    before = count(guarded)
    assert guarded.send(request_).status == HTTPStatus.UNAUTHORIZED
    assert count(guarded) == before + 1


@pytest.mark.parametrize("request_", OPERATIONS)
@pytest.mark.holds("counter.not-401-429")
def test_a_request_over_the_limit_is_not_counted(
    guarded: Guarded, spent_key: str, request_: Request
) -> None:
    """A request over the limit is not counted.

    Sends: {request_}, with a key whose limit is used up, between two GET /api/count
    Wants: 429, and a count that is 1 higher
    """
    before = count(guarded)
    assert guarded.send(request_, spent_key).status == HTTPStatus.TOO_MANY_REQUESTS
    assert count(guarded) == before + 1


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        case("404-before-401", get("/nowhere"), NOT_FOUND),
        case("404-before-401-post", post("/api/counts", b"{}"), NOT_FOUND),
        case("405-before-401", Request("PUT", "/api/count"), NO_READ_METHOD),
        case("405-before-401-get", get("/api/predict"), NO_WRITE_METHOD),
        case("401-before-415", TEXT, UNAUTHORIZED),
        case("401-before-413", LONG, UNAUTHORIZED),
        case("401-before-413-chunked", LONG.in_chunks(64 * 1024), UNAUTHORIZED),
        case("401-before-400", post(NAME, b"{"), UNAUTHORIZED),
        case("401-before-400-empty", post(NAME, b""), UNAUTHORIZED),
        case("401-before-422", post(NAME, b"[]"), UNAUTHORIZED),
    ],
)
@pytest.mark.holds("precedence.401-429")
def test_without_a_key_the_first_that_applies_is_told(
    guarded: Guarded, request_: Request, expected: Expected
) -> None:
    """404 and 405 are told before a missing key, the content after it.

    Sends: {request_}, without a key
    """
    assert guarded.send(request_).listed == expected


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        case("404-before-429", get("/nowhere"), NOT_FOUND),
        case("405-before-429", Request("PUT", "/api/count"), NO_READ_METHOD),
        case("429-before-415", TEXT, None),
        case("429-before-413", LONG, None),
        case("429-before-413-chunked", LONG.in_chunks(64 * 1024), None),
        case("429-before-400", post(NAME, b"{"), None),
        case("429-before-422", post(NAME, b"[]"), None),
    ],
)
@pytest.mark.holds("precedence.401-429")
def test_over_the_limit_the_first_that_applies_is_told(
    guarded: Guarded, spent_key: str, request_: Request, expected: Expected | None
) -> None:
    """404 and 405 are told before the limit, the content after it.

    None stands for the refusal of a request over the limit.

    Sends: {request_}, with a key whose limit is used up
    Wants: {id}: the status that is named first
    """
    answer = guarded.send(request_, spent_key)
    assert answer.listed == (expected or rate_limited(answer))


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        case("415", TEXT, UNSUPPORTED),
        case("400", post(NAME, b"{"), MALFORMED),
        case("422", post(NAME, b"[]"), invalid(("", "must be an object"))),
    ],
)
@pytest.mark.holds("precedence.401-429")
def test_who_is_admitted_is_told_about_the_content(
    guarded: Guarded, key: str, request_: Request, expected: Expected
) -> None:
    """An admitted client is told about the content.

    Sends: {request_}, with a right key
    """
    assert guarded.send(request_, key).listed == expected


@pytest.mark.holds("precedence.401-429")
def test_who_has_no_key_is_never_over_the_limit(guarded: Guarded) -> None:
    """A client without a right key is never over the limit.

    Sends: GET /api/count with a wrong key, more often than the limit says
    Wants: 401 each time
    """
    wrong = COUNT.with_fields(("Authorization", "Bearer no-key"))
    assert {guarded.send(wrong).status for _ in range(LIMIT + 1)} == {HTTPStatus.UNAUTHORIZED}


@pytest.mark.holds("precedence.401-429", "http.early-answers")
def test_401_does_not_wait_for_content(guarded: Guarded) -> None:
    """A request without a key is refused before its content comes.

    Sends: POST /api/letter_count without a key, and no content
    Wants: 401 unauthorized; WWW-Authenticate: Bearer
    """
    assert guarded.backend.send_head(ALICE).listed == UNAUTHORIZED


@pytest.mark.holds("precedence.401-429", "http.early-answers")
def test_429_does_not_wait_for_content(guarded: Guarded, spent_key: str) -> None:
    """A request over the limit is refused before its content comes.

    Sends: POST /api/letter_count with a key whose limit is used up, and no content
    Wants: 429 rate_limited with Retry-After in whole seconds
    """
    answer = guarded.backend.send_head(with_key(spent_key, ALICE))
    assert answer.listed == rate_limited(answer)
