"""The guard: who is admitted to the operations, how often, and what stays open to all."""

from collections.abc import Callable
from http import HTTPStatus

import pytest

from contract_tests.backends.guarded import LIMIT, WINDOW_S, Guarded, with_key
from contract_tests.contract.expected import (
    UNAUTHORIZED,
    letters,
)
from contract_tests.http.messages import Fields, Request, get, post, post_value
from contract_tests.suite.cases import case
from contract_tests.suite.requests import ALICE, COUNT, NAME, OPERATIONS, ROW, TEXT, rate_limited

pytestmark = pytest.mark.needs("guarded")

CLIENTS = 8


def credentials(*values: str) -> Callable[[str], Fields]:
    """`Authorization` fields with these values, in which KEY stands for the key."""
    return lambda key: tuple(("Authorization", value.replace("KEY", key)) for value in values)


@pytest.mark.parametrize("request_", OPERATIONS)
@pytest.mark.holds("guard.key")
def test_a_key_admits_to_each_operation(guarded: Guarded, key: str, request_: Request) -> None:
    """With a key, each operation is reached.

    Sends: {request_}, with a right key
    Wants: 200
    """
    assert guarded.send(request_, key).status == HTTPStatus.OK


@pytest.mark.parametrize("value", ["bearer KEY", "BEARER KEY", "bEaReR KEY", "Bearer   KEY"])
@pytest.mark.holds("guard.key")
def test_the_scheme_has_no_case_and_may_be_spaced(guarded: Guarded, key: str, value: str) -> None:
    """The word Bearer has no case, and any number of spaces may follow it.

    RFC 9110 sections 11.1 and 11.4.

    Sends: POST /api/letter_count with Authorization: {value}
    Wants: 200 with the name Alice
    """
    request = ALICE.with_fields(*credentials(value)(key))
    assert guarded.send(request).listed == letters("Alice")


@pytest.mark.parametrize("request_", OPERATIONS)
@pytest.mark.holds("guard.key", "problem.401")
def test_without_a_key_no_operation_is_reached(guarded: Guarded, request_: Request) -> None:
    """Without a key, no operation is reached.

    Sends: {request_}, without a key
    Wants: 401 unauthorized; WWW-Authenticate: Bearer
    """
    head = request_.method == "HEAD"
    expected = UNAUTHORIZED.without_content() if head else UNAUTHORIZED
    assert guarded.send(request_).listed == expected


@pytest.mark.parametrize(
    "fields",
    [
        case("unknown", credentials("Bearer no-key")),
        case("empty", credentials("")),
        case("scheme-alone", credentials("Bearer")),
        case("scheme-and-space", credentials("Bearer ")),
        case("key-alone", credentials("KEY")),
        case("other-scheme", credentials("Basic KEY")),
        case("longer-scheme", credentials("Bearers KEY")),
        case("no-space", credentials("BearerKEY")),
        case("tab", credentials("Bearer\tKEY")),
        case("equals-sign", credentials("Bearer=KEY")),
        case("quoted", credentials('Bearer "KEY"')),
        case("as-parameter", credentials("Bearer token=KEY")),
        case("part-of-it", lambda key: (("Authorization", f"Bearer {key[:-1]}"),)),
        case("more-than-it", credentials("Bearer KEY=")),
        case("other-case", lambda key: (("Authorization", f"Bearer {key.upper()}"),)),
        case("not-ascii", credentials("Bearer KEYé")),
        case("two-words", credentials("Bearer KEY KEY")),
        case("two-with-comma", credentials("Bearer KEY, Bearer KEY")),
        case("comma-after", credentials("Bearer KEY,")),
        case("two-fields", credentials("Bearer KEY", "Bearer KEY")),
        case("right-then-wrong", credentials("Bearer KEY", "Bearer no-key")),
        case("wrong-then-right", credentials("Bearer no-key", "Bearer KEY")),
        case("right-then-empty", credentials("Bearer KEY", "")),
        case("proxy", lambda key: (("Proxy-Authorization", f"Bearer {key}"),)),
        case("x", lambda key: (("X-Authorization", f"Bearer {key}"),)),
        case("api-key", lambda key: (("X-API-Key", key),)),
    ],
)
@pytest.mark.holds("guard.key", "problem.401")
def test_credentials_that_are_none_are_refused(
    guarded: Guarded, key: str, fields: Callable[[str], Fields]
) -> None:
    """Anything but one right key, byte for byte, is refused.

    Sends: GET /api/count with credentials that are wrong as the case's name says
    Wants: 401 unauthorized; WWW-Authenticate: Bearer
    """
    assert guarded.send(COUNT.with_fields(*fields(key))).listed == UNAUTHORIZED


@pytest.mark.parametrize("name", ["HTTP_AUTHORIZATION", "Authorization_", "_Authorization"])
@pytest.mark.holds("guard.key")
def test_no_name_with_an_underscore_passes_for_authorization(
    guarded: Guarded, key: str, name: str
) -> None:
    """No field with an underscore in its name passes for Authorization.

    A server program may refuse the whole request.

    Sends: GET /api/count with a right key in the field {name}
    Wants: 401, or 400
    """
    answer = guarded.send(COUNT.with_fields((name, f"Bearer {key}")))
    assert answer.status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED}


@pytest.mark.parametrize(
    "request_",
    [
        case("count", get("/%61pi/count")),
        case("letter_count", post_value("/api/letter%5Fcount", {"name": "Alice"})),
        case("query", get("/api/count?/docs")),
    ],
)
@pytest.mark.holds("guard.key")
def test_no_way_to_write_a_path_leads_past_the_guard(guarded: Guarded, request_: Request) -> None:
    """No other way to write an operation's path leads past the guard.

    Sends: {request_}, without a key
    Wants: 401 unauthorized; WWW-Authenticate: Bearer
    """
    assert guarded.send(request_).listed == UNAUTHORIZED


@pytest.mark.holds("guard.key")
def test_a_key_in_the_query_is_none(guarded: Guarded, key: str) -> None:
    """A key in the query is none.

    It would be written into logs (RFC 6750 section 5.3).

    Sends: GET /api/count with a right key as access_token
    Wants: 401 unauthorized; WWW-Authenticate: Bearer
    """
    assert guarded.send(get(f"/api/count?access_token={key}")).listed == UNAUTHORIZED


OPEN = [
    *(case(f"get-{name}", get(path), 200) for name, path in
      (("health", "/api/health"), ("document", "/openapi.json"), ("page", "/docs"))),
    case("head-health", Request("HEAD", "/api/health"), 200),
    *(case(f"options-{name}", Request("OPTIONS", f"/api/{name}"), 204) for name in
      ("count", "letter_count", "predict", "health")),
]  # fmt: skip


@pytest.mark.parametrize(("request_", "status"), OPEN)
@pytest.mark.holds("guard.open-paths")
def test_open_paths_ask_for_no_key(guarded: Guarded, request_: Request, status: int) -> None:
    """Health, the document, its page and OPTIONS ask for no key.

    Sends: {request_}, without a key
    Wants: {status}
    """
    assert guarded.send(request_).status == status


@pytest.mark.parametrize(("request_", "status"), OPEN)
@pytest.mark.holds("guard.open-paths")
def test_open_paths_have_no_limit(
    guarded: Guarded, key: str, request_: Request, status: int
) -> None:
    """Health, the document, its page and OPTIONS have no limit, and take nothing from one.

    Sends: {request_}, with a key, more often than its limit says; then as many requests as it has
    Wants: {status} each time, and 200 for as many requests as the limit says
    """
    assert [guarded.send(request_, key).status for _ in range(LIMIT + 1)] == [status] * (LIMIT + 1)
    assert guarded.use_up(key, COUNT) == [200] * LIMIT
    assert guarded.send(request_, key).status == status


@pytest.mark.parametrize("request_", OPERATIONS)
@pytest.mark.holds("guard.limit", "problem.429")
def test_over_its_limit_a_key_is_refused(
    guarded: Guarded, spent_key: str, request_: Request
) -> None:
    """A key that has had its requests is refused.

    Sends: {request_}, with a key whose limit is used up
    Wants: 429 rate_limited with Retry-After in whole seconds
    """
    answer = guarded.send(request_, spent_key)
    expected = rate_limited(answer)
    head = request_.method == "HEAD"
    assert answer.listed == (expected.without_content() if head else expected)


@pytest.mark.holds("guard.limit", "problem.429")
def test_retry_after_is_within_the_window(guarded: Guarded, spent_key: str) -> None:
    """Retry-After is how long the window still lasts.

    Sends: GET /api/count with a key whose limit has just been used up
    Wants: 429 rate_limited with as many seconds as the window has, a minute less at most
    """
    answer = guarded.send(COUNT, spent_key)
    assert answer.listed == rate_limited(answer)
    # To the second, of a window that has hardly begun.
    assert WINDOW_S - 60 <= int(answer.field("Retry-After") or "") <= WINDOW_S + 1


@pytest.mark.holds("guard.limit")
def test_the_operations_share_one_limit(guarded: Guarded, key: str) -> None:
    """All operations together have one limit.

    Sends: count, letter_count, predict, count, letter_count with one key, of which 4 are
      permitted
    Wants: 200 four times, then 429
    """
    sent = [guarded.send(request, key).status for request in (COUNT, ALICE, ROW, COUNT, ALICE)]
    assert sent == [200] * LIMIT + [429]


@pytest.mark.holds("guard.limit")
def test_each_key_has_a_limit_of_its_own(guarded: Guarded, spent_key: str) -> None:
    """Each key has a limit of its own.

    Sends: GET /api/count with an unused key, then with one whose limit is used up
    Wants: 200, then 429
    """
    assert guarded.send(COUNT, guarded.unused_key()).status == HTTPStatus.OK
    assert guarded.send(COUNT, spent_key).status == HTTPStatus.TOO_MANY_REQUESTS


@pytest.mark.holds("guard.limit")
def test_clients_at_once_are_admitted_as_often_as_the_limit_says(
    guarded: Guarded, key: str
) -> None:
    """Clients at once are admitted as often as the limit says.

    Sends: POST /api/letter_count with one key, 24 times from 8 clients at once
    Wants: 200 as often as the limit says, and 429 rate_limited otherwise
    """
    answers = guarded.send_at_once([with_key(key, ALICE)] * (CLIENTS * 3), CLIENTS)
    admitted = [answer for answer in answers if answer.status == HTTPStatus.OK]
    assert [answer.listed for answer in admitted] == [letters("Alice")] * LIMIT
    refused = [answer for answer in answers if answer.status != HTTPStatus.OK]
    assert all(answer.listed == rate_limited(answer) for answer in refused)


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        case("404", get("/api/counts"), 404),
        case("405", Request("DELETE", "/api/count"), 405),
        case("405-predict", get("/api/predict"), 405),
    ],
)
@pytest.mark.holds("guard.limit")
def test_what_reaches_no_operation_takes_nothing_from_the_limit(
    guarded: Guarded, key: str, request_: Request, status: int
) -> None:
    """A request that reaches no operation takes nothing from the limit.

    Sends: {request_}, with a key, more often than its limit says; then as many requests as it has
    Wants: {status} each time, and 200 for as many requests as the limit says
    """
    assert [guarded.send(request_, key).status for _ in range(LIMIT + 1)] == [status] * (LIMIT + 1)
    assert guarded.use_up(key, COUNT) == [200] * LIMIT


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        case("415", TEXT, 415),
        case("400", post(NAME, b"{"), 400),
        case("422", post(NAME, b"[]"), 422),
    ],
)
@pytest.mark.holds("guard.limit")
def test_what_reaches_an_operation_takes_from_the_limit(
    guarded: Guarded, key: str, request_: Request, status: int
) -> None:
    """A request that reaches an operation takes from the limit, whatever its content.

    Sends: {request_}, with a key, as often as its limit says, and once more
    Wants: {status} each time, then 429
    """
    assert guarded.use_up(key, request_) == [status] * LIMIT
    assert guarded.send(request_, key).status == HTTPStatus.TOO_MANY_REQUESTS
