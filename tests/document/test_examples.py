"""Each problem that the served document shows is what every implementation answers, to the byte."""

from contextlib import contextmanager
from typing import NamedTuple

import pytest

from contract_tests.backends.selection import in_process
from contract_tests.backends.services import new_service, ready_service
from contract_tests.http.messages import Request, post, post_value
from shared.content import dumps, loads
from shared.counter import MemoryCounter
from shared.service import Service
from shared.settings import Settings

DOCUMENT = "/openapi.json"
RIGHT = {"name": "Alice", "instances": [[5.1, 3.5, 1.4, 0.2]]}
WRONG = {"name": 1, "instances": [[5.1, 3.5, "1.4", 0.2], 3]}


class Described(NamedTuple):
    """A problem in the document, and the operation that may answer with it."""

    path: str
    method: str
    status: int
    fields: frozenset[str]
    content: bytes


class Broken(Service):
    """A service none of whose operations works."""

    def fail(self, *_):
        raise RuntimeError("planted")

    count_request = letter_count = predict = health = fail
    openapi = property(fail)


# How a backend is made to answer so: each gives what sends a request.


@contextmanager
def usual(backend):
    yield backend.send


@contextmanager
def loading(backend):
    with backend.with_service(new_service()) as other:
        yield other.send


@contextmanager
def full(backend):
    service = ready_service(new_service(Settings(predictions_at_once=1)))
    with backend.with_service(service) as other, service.prediction_slot():
        yield other.send


@contextmanager
def broken(backend):
    with backend.with_service(ready_service(Broken(Settings(), MemoryCounter()))) as other:
        yield other.send


@contextmanager
def guarded(backend):
    yield backend.guarded().send


@contextmanager
def spent(backend):
    guard = backend.guarded()
    key = guard.unused_key()
    guard.use_up(key, Request("GET", "/api/count"))
    yield lambda request: guard.send(request, key)


def right(path, method):
    return post_value(path, RIGHT) if method == "POST" else Request(method, path)


# Code -> in which state of the service a request has this answer, and which request.
ASKED = {
    "not_found": (usual, lambda path, method: Request(method, f"{path}/nowhere")),
    "method_not_allowed": (usual, lambda path, _: Request("PUT", path)),
    "unauthorized": (guarded, right),
    "rate_limited": (spent, right),
    "unsupported_media_type": (usual, lambda path, method: Request(method, path, (), b"{}")),
    "content_too_large": (usual, lambda path, _: post(path, b" " * (1 << 20) + b"1")),
    "malformed_json": (usual, lambda path, _: post(path, b"{")),
    "invalid_content": (usual, lambda path, _: post_value(path, WRONG)),
    "not_ready": (loading, right),
    "overloaded": (full, right),
    "internal_error": (broken, right),
}


@pytest.fixture(scope="module", params=in_process(), ids=lambda source: source.name)
def backend(request):
    opened = request.param.open()
    yield opened
    opened.close()


@pytest.mark.parametrize("code", ASKED)
def test_problem_is_answered_as_it_is_described(backend, code):
    state, request_for = ASKED[code]
    described = list(described_problems(backend, code))
    assert described
    with state(backend) as send:
        for each in described:
            request = request_for(each.path, each.method)
            answer = send(request)
            fields = answer.listed.fields.keys() - {"Content-Type", "Content-Length"}
            assert (answer.status, fields) == (each.status, each.fields), each
            assert answer.content == (b"" if request.method == "HEAD" else each.content), each


def test_no_other_problem_is_described(backend):
    tree = loads(backend.send(Request("GET", DOCUMENT)).content)
    assert {code for *_, code, _ in shown(tree)} == ASKED.keys()


def described_problems(backend, code):
    """Each problem of this code in the document that `backend` serves."""
    tree = loads(backend.send(Request("GET", DOCUMENT)).content)
    for path, method, status, response, found, content in shown(tree):
        if found == code:
            fields = frozenset(response["headers"])
            yield Described(path, method, status, fields, content)


def shown(tree):
    """(path, method, status, response, code, content) of each problem; `HEAD` has `GET`'s codes."""
    parts = tree["components"]["responses"]
    for path, item in tree["paths"].items():
        anywhere = {"404": parts["NotFound"], "405": parts["MethodNotAllowed"]}
        for method, operation in item.items():
            read = item["get" if method == "head" else method]["responses"]
            for status, response in {**operation["responses"], **anywhere}.items():
                if status < "400":
                    continue
                (media,) = whole({**read, **anywhere}[status], parts)["content"].values()
                for code, example in media["examples"].items():
                    problem = dumps(example["value"])
                    yield path, method.upper(), int(status), whole(response, parts), code, problem


def whole(response, parts):
    """What is described where it stands, or once for several operations."""
    return parts[response["$ref"].rpartition("/")[2]] if "$ref" in response else response
