"""The paths and methods of the service."""

import pytest

from contract_tests.backends.base import Backend
from contract_tests.contract.expected import (
    NO_READ_METHOD,
    NO_WRITE_METHOD,
    NOT_FOUND,
    READ_ALLOW,
    READ_PATHS,
    WRITE_ALLOW,
    WRITE_PATHS,
    letters,
)
from contract_tests.http.messages import Expected, Request, get, post_value
from contract_tests.suite.cases import case
from shared.contract import PROBLEM_TYPE

ALLOWS = [(path, READ_ALLOW) for path in READ_PATHS] + [(path, WRITE_ALLOW) for path in WRITE_PATHS]


@pytest.mark.parametrize(
    "target",
    [
        case("trailing-slash", "/api/count/", holds=["path.no-trailing-slash"]),
        case("trailing-slash-docs", "/docs/", holds=["path.no-trailing-slash"]),
        case("encoded-trailing-slash", "/api/count%2F", holds=["path.no-trailing-slash"]),
        case("capitals", "/API/COUNT", holds=["path.case"]),
        case("one-capital", "/api/Count", holds=["path.case"]),
        case("encoded-capital", "/api/%43ount", holds=["path.case"]),
        case("double-slash-first", "//api/count"),
        case("double-slash-inside", "/api//count"),
        case("dot", "/api/./count"),
        case("dots", "/x/../api/count"),
        case("encoded-dots", "/x/%2e%2e/api/count"),
        case("parameter", "/api/count;v=1"),
        case("space-after", "/api/count%20"),
        case("line-end-after", "/api/count%0A"),
        case("nul-after", "/api/count%00"),
        case("encoded-question-mark", "/api/count%3F"),
        case("encoded-twice", "/api/%2563ount"),
        case("longer", "/api/count/1"),
        case("shorter", "/api/coun"),
        case("folder", "/api"),
        case("bytes-that-are-no-utf-8", "/api/count%FF"),
        case("suffix", "/api/count.json"),
        case("schema-pages", "/redoc"),
        case("static", "/static/x"),
        case("page-of-the-page", "/docs/oauth2-redirect"),
        case("trailing-slash-predict", "/api/predict/", holds=["path.no-trailing-slash"]),
        case("trailing-slash-health", "/api/health/", holds=["path.no-trailing-slash"]),
        case("trailing-slash-document", "/openapi.json/", holds=["path.no-trailing-slash"]),
        case("trailing-slash-folder", "/api/", holds=["path.no-trailing-slash"]),
        case("double-slash-document", "//openapi.json"),
        case("accent", "/api/c%C3%B6unt"),
        # Elsewhere something else may stand at the root, and the others are malformed HTTP.
        case("root", "/", needs=["in_process"]),
        case("empty", "", needs=["in_process"]),
        case("star", "*", needs=["in_process"]),
        case("no-slash-first", "api/count", needs=["in_process"]),
    ],
)
@pytest.mark.holds("path.exact")
def test_another_path_is_not_found(backend: Backend, target: str) -> None:
    """Paths match exactly: nothing is merged or stripped, and case counts.

    Sends: GET {target}
    Wants: 404 not_found
    """
    assert backend.send(get(target)).listed == NOT_FOUND


@pytest.mark.parametrize(
    "method",
    [
        *("GET", "HEAD", "OPTIONS", "POST", "PUT"),
        # A server program may refuse these itself.
        case("BREW", "BREW", holds=["precedence.404-first"], needs=["in_process"]),
        case("get", "get", holds=["precedence.404-first"], needs=["in_process"]),
        case("WEBSOCKET", "WEBSOCKET", holds=["precedence.404-first"], needs=["in_process"]),
    ],
)
@pytest.mark.holds("path.exact", "problem.404")
def test_no_method_finds_another_path(backend: Backend, method: str) -> None:
    """A path that does not exist is not found by any method.

    Sends: {method} /api/letter_count/
    Wants: 404 not_found
    """
    expected = NOT_FOUND.without_content() if method == "HEAD" else NOT_FOUND
    assert backend.send(Request(method, "/api/letter_count/")).listed == expected


@pytest.mark.parametrize(
    "target", ["/%61pi/count", "/api/c%6Funt", "/api%2Fcount", "/%61%70%69/count"]
)
@pytest.mark.holds("path.percent-decoded")
def test_a_path_matches_after_decoding(backend: Backend, target: str) -> None:
    """A path matches after percent-decoding.

    Sends: GET {target}
    Wants: 200
    """
    assert backend.send(get(target)).status == 200


@pytest.mark.holds("path.percent-decoded")
def test_an_encoded_path_reaches_an_operation_with_content(backend: Backend) -> None:
    """A percent-encoded path reaches an operation with content.

    Sends: POST /api/letter%5fcount with the name Alice
    Wants: 200 with the name Alice
    """
    request = post_value("/api/letter%5fcount", {"name": "Alice"})
    assert backend.send(request).listed == letters("Alice")


@pytest.mark.parametrize("query", ["?", "?a=1", "?name=Bob", "?/nowhere", "?%00%FF", "?a=1?b=2"])
@pytest.mark.holds("path.query")
def test_a_query_is_ignored(backend: Backend, query: str) -> None:
    """A query is ignored.

    Sends: POST /api/letter_count{query} with the name Alice
    Wants: 200 with the name Alice
    """
    request = post_value(f"/api/letter_count{query}", {"name": "Alice"})
    assert backend.send(request).listed == letters("Alice")


@pytest.mark.parametrize(
    "method",
    [
        case("put", "PUT"),
        case("patch", "PATCH"),
        case("delete", "DELETE"),
        case("trace", "TRACE"),
        case("propfind", "PROPFIND"),
        case("search", "SEARCH"),
    ],
)
@pytest.mark.parametrize(("path", "allow"), ALLOWS)
@pytest.mark.holds("http.other-methods", "problem.405")
def test_another_method_is_not_allowed(
    backend: Backend, path: str, allow: str, method: str
) -> None:
    """A known method that a path lacks is not allowed.

    Sends: {method} {path}
    Wants: 405 method_not_allowed with Allow: {allow}
    """
    expected = NO_READ_METHOD if allow == READ_ALLOW else NO_WRITE_METHOD
    assert backend.send(Request(method, path)).listed == expected


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        case("post-count", "POST", "/api/count", NO_READ_METHOD),
        case("post-health", "POST", "/api/health", NO_READ_METHOD),
        case("post-openapi", "POST", "/openapi.json", NO_READ_METHOD),
        case("post-docs", "POST", "/docs", NO_READ_METHOD),
        case("get-letter_count", "GET", "/api/letter_count", NO_WRITE_METHOD),
        case("get-predict", "GET", "/api/predict", NO_WRITE_METHOD),
        case("head-predict", "HEAD", "/api/predict", NO_WRITE_METHOD.without_content()),
    ],
)
@pytest.mark.holds("problem.405")
def test_a_path_has_only_its_own_methods(
    backend: Backend, method: str, path: str, expected: Expected
) -> None:
    """A method of other paths is not allowed.

    Sends: {method} {path}
    """
    assert backend.send(Request(method, path)).listed == expected


@pytest.mark.parametrize(
    "method", ["BREW", "get", "Get", "post", "options", "GETT", "X-Y", "WEBSOCKET"]
)
@pytest.mark.parametrize(("path", "allow"), ALLOWS[3:])
@pytest.mark.holds("http.other-methods")
def test_an_invented_method_is_not_allowed(
    backend: Backend, path: str, allow: str, method: str
) -> None:
    """An invented method, or one in other letter case, is not allowed.

    A server program may refuse what it does not know; the problem is then not in our words. Which
    of ours does is listed among the allowances; of others it is seen by their answer.

    Sends: {method} {path}
    Wants: 405 method_not_allowed with Allow: {allow}
    """
    answer = backend.send(Request(method, path))
    by_server = answer.field("Content-Type") != PROBLEM_TYPE and "server" not in backend.traits
    if by_server and "socket" in backend.offers and answer.status in {400, 501}:
        pytest.xfail("its server program refuses methods that it does not know")
    assert answer.listed == (NO_READ_METHOD if allow == READ_ALLOW else NO_WRITE_METHOD)


@pytest.mark.parametrize("path", READ_PATHS)
@pytest.mark.holds("http.head")
def test_head_has_the_fields_of_get(backend: Backend, path: str) -> None:
    """HEAD has the header fields of GET and no content.

    As many digits in both counts, so that both answers are equally long.

    Sends: GET {path}, then HEAD {path}
    Wants: the same status and header fields, no content
    """
    got, headed = backend.send(get(path)), backend.send(Request("HEAD", path))
    if path == "/api/count" and set(str(got.member("count", int))) == {"9"}:
        # The number after it had a digit more; of the next two none has.
        got, headed = backend.send(get(path)), backend.send(Request("HEAD", path))
    assert headed.listed == got.listed.without_content()


@pytest.mark.parametrize(("path", "allow"), ALLOWS)
@pytest.mark.holds("http.options")
def test_options_lists_the_methods(backend: Backend, path: str, allow: str) -> None:
    """OPTIONS on a known path lists its methods.

    Sends: OPTIONS {path}
    Wants: 204 with Allow: {allow}, no content
    """
    assert backend.send(Request("OPTIONS", path)).listed == Expected(204, {"Allow": allow})


@pytest.mark.holds("http.options")
def test_a_preflight_is_options_as_any(backend: Backend) -> None:
    """A browser's preflight request is OPTIONS like any other.

    Sends: OPTIONS /api/letter_count with Origin: http://x, Access-Control-Request-Method: POST
    Wants: 204 with Allow: OPTIONS, POST, no content
    """
    asked = (("Origin", "http://x"), ("Access-Control-Request-Method", "POST"))
    answer = backend.send(Request("OPTIONS", "/api/letter_count", asked))
    assert answer.listed == Expected(204, {"Allow": WRITE_ALLOW})


@pytest.mark.parametrize(("path", "allow"), ALLOWS)
@pytest.mark.parametrize("method", ["OPTIONS", "DELETE"])
@pytest.mark.holds("http.allow")
def test_allow_is_sorted(backend: Backend, method: str, path: str, allow: str) -> None:
    """Allow is one field, sorted, with the same methods wherever it is given.

    Sends: {method} {path}
    Wants: one field Allow: {allow}
    """
    assert backend.send(Request(method, path)).values("Allow") == [allow]
