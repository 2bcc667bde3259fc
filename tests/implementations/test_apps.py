"""All implementations answer alike, byte for byte, and as the contract's tables say."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

from shared.contract import (
    COUNT,
    DEFAULT_CONTENT_LIMIT_BYTES,
    DOCS_TYPE,
    JSON_TYPE,
    MAX_ROWS,
    NO_STORE,
    ROUTES,
)
from shared.counter import MemoryCounter
from shared.json_text import dumps
from shared.model import Model
from shared.problems import (
    ContentError,
    ContentTooLarge,
    InternalError,
    InvalidContent,
    MalformedJson,
    MethodNotAllowed,
    NotFound,
    NotReady,
    Problem,
    UnsupportedMediaType,
)
from shared.schemas import LetterCountRequest, PredictRequest
from shared.service import Service
from shared.settings import Settings

JSON = (("Content-Type", JSON_TYPE),)
LETTERS = "/api/letter_count"
PREDICT = "/api/predict"
LIMIT = DEFAULT_CONTENT_LIMIT_BYTES


@dataclass(frozen=True)
class Success:
    """A 200 with JSON."""

    content: bytes
    status = 200

    def header_fields(self) -> dict[str, str]:
        return {"Content-Type": JSON_TYPE}


def told(problem: Problem) -> bytes:
    return dumps(problem.document())


def expected_headers(expected: Success | Problem, content: bytes) -> dict[str, str]:
    fields = {**expected.header_fields(), "Content-Length": str(len(content))}
    return {name.lower(): value for name, value in fields.items()}


def check(answer: Any, expected: Success | Problem, *, head: bool = False) -> None:
    """Status, header fields and content are exactly as expected."""
    content = expected.content if isinstance(expected, Success) else told(expected)
    assert answer.status == expected.status
    assert answer.headers == expected_headers(expected, content)
    assert answer.content == (b"" if head else content)


def invalid(*errors: tuple[str, str]) -> InvalidContent:
    return InvalidContent([ContentError(pointer, detail) for pointer, detail in errors])


def letters(name: str) -> Success:
    return Success(dumps({"name": name, "letter_count": len(name)}))


POSTS = [
    (LETTERS, b'{"name":"Alice"}', letters("Alice")),
    (LETTERS, b"{}", letters("")),
    (LETTERS, b'{"name":""}', letters("")),
    (LETTERS, b' {"other":1, "name" : "a"} ', letters("a")),
    (LETTERS, b'{"name":"a","name":"bc"}', letters("bc")),
    (LETTERS, '{"name":"Zoë 日本 👩‍👩‍👧"}'.encode(), letters("Zoë 日本 👩‍👩‍👧")),
    (LETTERS, b'{"name":"\\ud83d\\ude00\\u0000\\u2028<&>\'/"}', letters("😀\0\u2028<&>'/")),
    (LETTERS, b"null", invalid(("", "must be an object"))),
    (LETTERS, b"[]", invalid(("", "must be an object"))),
    (LETTERS, b'"Alice"', invalid(("", "must be an object"))),
    (LETTERS, b"5", invalid(("", "must be an object"))),
    (LETTERS, b"true", invalid(("", "must be an object"))),
    (LETTERS, b'{"name":null}', invalid(("/name", "must be a string"))),
    (LETTERS, b'{"name":5}', invalid(("/name", "must be a string"))),
    (LETTERS, b'{"name":["a"]}', invalid(("/name", "must be a string"))),
    (LETTERS, b"", MalformedJson()),
    (LETTERS, b"{", MalformedJson()),
    (LETTERS, b'{"name":"a"}}', MalformedJson()),
    (LETTERS, b'{"name":"a",}', MalformedJson()),
    (LETTERS, b"\xef\xbb\xbf{}", MalformedJson()),
    (LETTERS, '{"name":"a"}'.encode("utf-16"), MalformedJson()),
    (LETTERS, b'{"name":"\xff"}', MalformedJson()),
    (LETTERS, b'{"name":"\\ud800"}', MalformedJson()),
    (LETTERS, b'{"x":NaN}', MalformedJson()),
    (LETTERS, b'{"x":Infinity}', MalformedJson()),
    (LETTERS, b'{"x":1e999}', MalformedJson()),
    (LETTERS, b"[" * 100_000 + b"]" * 100_000, MalformedJson()),
    (LETTERS, b'{"name":"' + b"a" * (LIMIT - 11) + b'"}', letters("a" * (LIMIT - 11))),
    (LETTERS, b'{"name":"' + b"a" * (LIMIT - 10) + b'"}', ContentTooLarge()),
    (PREDICT, b"null", invalid(("", "must be an object"))),
    (PREDICT, b"{}", invalid(("/instances", "is required"))),
    (PREDICT, b'{"instances":null}', invalid(("/instances", "must be an array"))),
    (PREDICT, b'{"instances":{}}', invalid(("/instances", "must be an array"))),
    (PREDICT, b'{"instances":[]}', invalid(("/instances", f"must have 1 to {MAX_ROWS} rows"))),
    (PREDICT, b'{"instances":[[1,2]]}', invalid(("/instances/0", "must have 4 numbers"))),
    (
        PREDICT,
        b'{"instances":[[1,2,3,4],[1,"2",true,4],7]}',
        invalid(
            ("/instances/1/1", "must be a number"),
            ("/instances/1/2", "must be a number"),
            ("/instances/2", "must be an array"),
        ),
    ),
    (
        PREDICT,
        b'{"instances":[' + b",".join([b"0"] * 30) + b"]}",
        invalid(*((f"/instances/{i}", "must be an array") for i in range(30))),
    ),
]


@pytest.mark.parametrize("chunked", [False, True], ids=["fixed-length", "chunked"])
@pytest.mark.parametrize(
    ("path", "content", "expected"), POSTS, ids=[f"{p}-{c[:40]!r}" for p, c, _ in POSTS]
)
def test_post_answers_are_the_contracts(backend, path, content, expected, chunked):
    check(backend.ask("POST", path, content, JSON, chunked=chunked), expected)


@pytest.mark.parametrize("rows", [1, 3, MAX_ROWS])
def test_predict_answers_what_the_service_predicts(backend, rows):
    instances = [[5.1 + row / 100, 3.5, 1.4, 0] for row in range(rows)]
    expected = backend.service.predict(PredictRequest(instances=instances))
    content = dumps({"instances": instances, "model_version": "7"})
    check(backend.ask("POST", PREDICT, content, JSON), Success(dumps(expected)))


UNSUPPORTED = [
    (),
    (("Content-Type", ""),),
    (("Content-Type", "text/plain"),),
    (("Content-Type", "application/vnd.api+json"),),
    (("Content-Type", "application/x-www-form-urlencoded"),),
    (("Content-Type", "application/json; charset=latin-1"),),
    (("Content-Type", "application/json; version=1"),),
    (*JSON, ("Content-Encoding", "gzip")),
    (*JSON, ("Content-Encoding", "")),
    (*JSON, ("Content-Encoding", "identity"), ("Content-Encoding", "identity")),
]


@pytest.mark.parametrize("headers", UNSUPPORTED, ids=str)
@pytest.mark.parametrize("path", [LETTERS, PREDICT])
def test_other_media_types_are_refused_before_content_is_read(backend, path, headers):
    answer = backend.ask("POST", path, b"{}", headers, content_follows=False)
    check(answer, UnsupportedMediaType())


@pytest.mark.parametrize(
    "headers",
    [
        (("Content-Type", "Application/JSON"),),
        (("Content-Type", 'application/json ; Charset="UTF-8"'),),
        (("Content-Type", 'application/json; charset="Utf\\-8"'),),
        (("Content-Type", "application/json; ;charset=utf-8;"),),
        (*JSON, ("Content-Encoding", "Identity")),
    ],
    ids=str,
)
def test_every_spelling_of_plain_json_is_taken(backend, headers):
    check(backend.ask("POST", LETTERS, b'{"name":"Bob"}', headers), letters("Bob"))


@pytest.mark.parametrize("length", [LIMIT + 1, 10**30])
def test_declared_length_over_the_limit_is_refused_before_content_is_read(backend, length):
    headers = (*JSON, ("Content-Length", str(length)))
    check(backend.ask("POST", LETTERS, headers=headers, content_follows=False), ContentTooLarge())


def test_content_shorter_than_declared_is_never_acted_on(backend):
    headers = (*JSON, ("Content-Length", "100"))
    check(backend.ask("POST", LETTERS, b'{"name":"Bob"}', headers), MalformedJson())


def test_media_type_is_judged_before_length_and_length_before_json(backend):
    long = ("Content-Length", str(LIMIT + 1))
    check(
        backend.ask("POST", LETTERS, headers=(long,), content_follows=False),
        UnsupportedMediaType(),
    )
    check(
        backend.ask("POST", LETTERS, b"{", (*JSON, long), content_follows=False),
        ContentTooLarge(),
    )


UNKNOWN_PATHS = [
    "",
    "/",
    "/api",
    "/api/",
    "//api/count",
    "/api//count",
    "/api/count/",
    "/api/count%0A",
    "/api/count%00",
    "/api/Count",
    "/API/COUNT",
    "/api/count;a=b",
    "/api/./count",
    "/x/../api/count",
    "/api/c%C3%B6unt",
    "/api/%FF",
    "/api/count%3Fa",
    "api/count",
    "*",
    "//openapi.json",
    "/redoc",
    "/docs/oauth2-redirect",
    "/static/app.py",
]


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "BREW", "get"])
@pytest.mark.parametrize("target", UNKNOWN_PATHS)
def test_unknown_paths_are_404_whatever_the_method(backend, method, target):
    check(backend.ask(method, target, content_follows=False), NotFound())


def test_unknown_path_is_told_to_head_without_content(backend):
    check(backend.ask("HEAD", "/nowhere"), NotFound(), head=True)


@pytest.mark.parametrize("target", ["/%61pi/count", "/api%2Fcount", "/api/count?a=%FF&b"])
def test_paths_match_after_percent_decoding_and_without_query(backend, target):
    assert backend.ask("GET", target).status == 200


UNKNOWN_METHODS = [
    "PUT",
    "DELETE",
    "TRACE",
    "PROPFIND",
    "BREW",
    "WEBSOCKET",
    "get",
    "Post",
    "options",
]


LACKING = [
    (method, route)
    for route in ROUTES
    for method in ("GET", "HEAD", "POST", *UNKNOWN_METHODS)
    if method not in route.methods
]


@pytest.mark.parametrize(
    ("method", "route"), LACKING, ids=[f"{method}-{route.name}" for method, route in LACKING]
)
def test_methods_that_a_path_lacks_are_405(backend, method, route):
    answer = backend.ask(method, route.path, content_follows=False)
    check(answer, MethodNotAllowed(route.allow), head=method == "HEAD")


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_options_lists_the_methods_and_has_no_content(backend, route):
    answer = backend.ask("OPTIONS", route.path)
    assert (answer.status, answer.headers, answer.content) == (204, {"allow": route.allow}, b"")


@pytest.mark.parametrize(
    ("path", "content_type"),
    [("/api/health", JSON_TYPE), ("/openapi.json", JSON_TYPE), ("/docs", DOCS_TYPE)],
)
def test_documents_are_served_to_get_and_head(backend, path, content_type):
    service = backend.service
    content = {
        "/api/health": dumps(service.health()),
        "/openapi.json": service.openapi.content,
        "/docs": service.docs,
    }[path]
    headers = {"content-type": content_type, "content-length": str(len(content))}
    if path == "/openapi.json":
        headers["etag"] = service.openapi.etag
    get, head = (backend.ask(method, path) for method in ("GET", "HEAD"))
    assert (get.status, get.headers, get.content) == (200, headers, content)
    assert (head.status, head.headers, head.content) == (200, headers, b"")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_known_openapi_document_is_not_sent_again(backend, method):
    etag = backend.service.openapi.etag
    answer = backend.ask(method, "/openapi.json", headers=(("If-None-Match", etag),))
    assert (answer.status, answer.headers, answer.content) == (304, {"etag": etag}, b"")
    assert backend.ask(method, "/openapi.json", headers=(("If-None-Match", '"x"'),)).status == 200


def count_of(backend) -> int:
    answer = backend.ask("GET", COUNT.path)
    number = json.loads(answer.content)["count"]
    content = dumps({"count": number})
    assert answer.content == content
    assert answer.headers == {
        "content-type": JSON_TYPE,
        "content-length": str(len(content)),
        "cache-control": NO_STORE,
    }
    return number


COUNTED = [
    ("GET", "/api/count"),
    ("HEAD", "/api/count"),
    ("POST", LETTERS, b"{}", JSON),
    ("POST", LETTERS, b"{", JSON),
    ("POST", LETTERS, b"[]", JSON),
    ("POST", LETTERS, b"{}"),
    ("POST", LETTERS, b"", (*JSON, ("Content-Length", str(LIMIT + 1)))),
    ("POST", PREDICT, b'{"instances":[[1,2,3,4]]}', JSON),
    ("POST", PREDICT, b"[]", JSON),
]
NOT_COUNTED = [
    ("GET", LETTERS),
    ("POST", "/api/count"),
    ("get", "/api/count"),
    ("OPTIONS", "/api/count"),
    ("OPTIONS", LETTERS),
    ("GET", "/api/count/"),
    ("GET", "/api/health"),
    ("GET", "/openapi.json"),
    ("GET", "/docs"),
]


@pytest.mark.parametrize("question", COUNTED, ids=str)
def test_what_reaches_an_operation_is_counted(backend, question):
    before = count_of(backend)
    backend.ask(*question)
    assert count_of(backend) == before + 2


@pytest.mark.parametrize("question", NOT_COUNTED, ids=str)
def test_what_reaches_no_operation_is_not_counted(backend, question):
    before = count_of(backend)
    backend.ask(*question)
    assert count_of(backend) == before + 1


def test_get_with_content_is_answered_as_without(backend):
    before = count_of(backend)
    answer = backend.ask("GET", COUNT.path, b"x", (("Content-Length", "1"),), content_follows=False)
    check_count = dumps({"count": before + 1})
    assert (answer.status, answer.content) == (200, check_count)


@pytest.mark.parametrize("host", ["", "a" * 70 + ".example", "a..b", "[::1]:80", "a_b", "%61"])
def test_host_does_not_matter(backend, host):
    assert backend.ask("GET", "/api/health", headers=(("Host", host),)).status == 200


def test_websocket_handshake_is_an_ordinary_request(backend):
    headers = (("Connection", "Upgrade"), ("Upgrade", "websocket"))
    assert backend.ask("GET", "/api/health", headers=headers).status == 200


def test_not_ready_is_told_between_malformed_and_invalid(serve):
    backend = serve(Service(Settings(), MemoryCounter()))
    check(backend.ask("GET", "/api/health"), NotReady())
    check(backend.ask("HEAD", "/api/health"), NotReady(), head=True)
    check(backend.ask("POST", PREDICT, b"{", JSON), MalformedJson())
    check(backend.ask("POST", PREDICT, b"[]", JSON), NotReady())
    check(backend.ask("POST", PREDICT, b'{"instances":[[1,2,3,4]]}', JSON), NotReady())
    check(backend.ask("POST", LETTERS, b"{}", JSON), letters(""))


class BrokenService(Service):
    """A service in which each operation has a defect."""

    def count(self, number: int) -> dict[str, object]:
        raise ZeroDivisionError("the defect of count")

    def letter_count(self, request: LetterCountRequest) -> dict[str, object]:
        raise KeyError("the defect of letter_count")

    def predict(self, request: PredictRequest) -> dict[str, object]:
        raise OSError("the defect of predict")

    def require_model(self) -> None:
        """Lets the request through to `predict`."""

    def health(self) -> dict[str, object]:
        raise ValueError("the defect of health")


DEFECTS = [
    ("GET", "/api/count", "count"),
    ("HEAD", "/api/count", "count"),
    ("POST", LETTERS, "letter_count"),
    ("POST", PREDICT, "predict"),
    ("GET", "/api/health", "health"),
]


@pytest.mark.parametrize("case", DEFECTS, ids=str)
def test_defect_is_told_to_the_log_only_and_the_next_request_is_served(serve, caplog, capfd, case):
    method, path, name = case
    backend = serve(BrokenService(Settings(), MemoryCounter()))
    content = b'{"instances":[]}' if method == "POST" else b""
    check(backend.ask(method, path, content, JSON), InternalError(), head=method == "HEAD")
    logged = caplog.text + capfd.readouterr().err
    assert f"the defect of {name}" in logged
    assert "Traceback" in logged
    check(backend.ask("GET", "/nowhere"), NotFound())


def test_regression_model_has_no_probabilities(serve):
    class RegressionService(Service):
        """A service with a model that is no classifier."""

        def require_model(self) -> Model:
            return Model("line", "2", make_pipeline(LinearRegression()).fit([[0], [1]], [1, 1e-7]))

    backend = serve(RegressionService(Settings(), MemoryCounter()))
    answer = backend.ask("POST", PREDICT, b'{"instances":[[0],[3]]}', JSON)
    expected = backend.service.predict(PredictRequest(instances=[[0], [3]]))
    assert list(expected) == ["model", "predictions"]
    check(answer, Success(dumps(expected)))


def test_limit_is_the_services(serve):
    backend = serve(Service(Settings(content_limit_bytes=20), MemoryCounter()))
    check(backend.ask("POST", LETTERS, b'{"name":"12345678"}', JSON), letters("12345678"))
    check(backend.ask("POST", LETTERS, b'{"name":"1234567890"}', JSON), ContentTooLarge())
