"""Documents, the count and failures are the same from every implementation, byte for byte."""

import json

import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

from shared.content import dumps
from shared.contract import (
    COUNT,
    DEFAULT_CONTENT_LIMIT_BYTES,
    DOCS_TYPE,
    JSON_TYPE,
    NO_STORE,
)
from shared.counter import MemoryCounter
from shared.model.inference import Model
from shared.problems import InternalError, MalformedJson, NotFound, NotReady
from shared.schemas import LetterCountRequest, PredictRequest
from shared.service import Service
from shared.settings import Settings

JSON = (("Content-Type", JSON_TYPE),)
LETTERS = "/api/letter_count"
PREDICT = "/api/predict"
LIMIT = DEFAULT_CONTENT_LIMIT_BYTES


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
    content = dumps({"count": before + 1})
    assert (answer.status, answer.content) == (200, content)


def test_not_ready_is_told_between_malformed_and_invalid(serve):
    backend = serve(Service(Settings(), MemoryCounter()))
    backend.ask("GET", "/api/health").check(NotReady())
    backend.ask("HEAD", "/api/health").check(NotReady(), head=True)
    backend.ask("POST", PREDICT, b"{", JSON).check(MalformedJson())
    backend.ask("POST", PREDICT, b"[]", JSON).check(NotReady())
    backend.ask("POST", PREDICT, b'{"instances":[[1,2,3,4]]}', JSON).check(NotReady())
    backend.ask("POST", LETTERS, b"{}", JSON).check({"name": "", "letter_count": 0})


class BrokenCounter(MemoryCounter):
    """A counter with a defect."""

    def increment(self) -> int:
        raise ZeroDivisionError("the defect of count")


class BrokenService(Service):
    """A service in which each operation but the count has a defect."""

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
    counter = BrokenCounter() if name == "count" else MemoryCounter()
    backend = serve(BrokenService(Settings(), counter))
    content = b'{"instances":[]}' if method == "POST" else b""
    backend.ask(method, path, content, JSON).check(InternalError(), head=method == "HEAD")
    logged = caplog.text + capfd.readouterr().err
    assert f"the defect of {name}" in logged
    assert "Traceback" in logged
    backend.ask("GET", "/nowhere").check(NotFound())


def test_regression_model_has_no_probabilities(serve):
    class RegressionService(Service):
        """A service with a model that is no classifier."""

        def require_model(self) -> Model:
            return Model("line", "2", make_pipeline(LinearRegression()).fit([[0], [1]], [1, 1e-7]))

    backend = serve(RegressionService(Settings(), MemoryCounter()))
    answer = backend.ask("POST", PREDICT, b'{"instances":[[0],[3]]}', JSON)
    expected = backend.service.predict(PredictRequest(instances=[[0], [3]]))
    assert list(expected) == ["model", "predictions"]
    answer.check(expected)
