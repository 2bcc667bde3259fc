"""What comes as content of a POST, in any shape, is answered alike and as the contract says."""

import pytest

from shared.content import dumps
from shared.contract import DEFAULT_CONTENT_LIMIT_BYTES, JSON_TYPE, MAX_ROWS
from shared.counter import MemoryCounter
from shared.problems import (
    ContentError,
    ContentTooLarge,
    InvalidContent,
    MalformedJson,
    UnsupportedMediaType,
)
from shared.schemas import PredictRequest
from shared.service import Service
from shared.settings import Settings

JSON = (("Content-Type", JSON_TYPE),)
LETTERS = "/api/letter_count"
PREDICT = "/api/predict"
LIMIT = DEFAULT_CONTENT_LIMIT_BYTES


def invalid(*errors: tuple[str, str]) -> InvalidContent:
    return InvalidContent([ContentError(pointer, detail) for pointer, detail in errors])


def letters(name: str) -> dict[str, object]:
    return {"name": name, "letter_count": len(name)}


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
    backend.ask("POST", path, content, JSON, chunked=chunked).check(expected)


@pytest.mark.parametrize("rows", [1, 3, MAX_ROWS])
def test_predict_answers_what_the_service_predicts(backend, rows):
    instances = [[5.1 + row / 100, 3.5, 1.4, 0] for row in range(rows)]
    expected = backend.service.predict(PredictRequest(instances=instances))
    content = dumps({"instances": instances, "model_version": "7"})
    backend.ask("POST", PREDICT, content, JSON).check(expected)


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
    answer.check(UnsupportedMediaType())


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
    backend.ask("POST", LETTERS, b'{"name":"Bob"}', headers).check(letters("Bob"))


@pytest.mark.parametrize("length", [LIMIT + 1, 10**30])
def test_declared_length_over_the_limit_is_refused_before_content_is_read(backend, length):
    headers = (*JSON, ("Content-Length", str(length)))
    backend.ask("POST", LETTERS, headers=headers, content_follows=False).check(ContentTooLarge())


def test_content_shorter_than_declared_is_never_acted_on(backend):
    headers = (*JSON, ("Content-Length", "100"))
    backend.ask("POST", LETTERS, b'{"name":"Bob"}', headers).check(MalformedJson())


def test_media_type_is_judged_before_length_and_length_before_json(backend):
    long = ("Content-Length", str(LIMIT + 1))
    backend.ask("POST", LETTERS, headers=(long,), content_follows=False).check(
        UnsupportedMediaType()
    )
    backend.ask("POST", LETTERS, b"{", (*JSON, long), content_follows=False).check(
        ContentTooLarge()
    )


def test_limit_is_the_services(serve):
    backend = serve(Service(Settings(content_limit_bytes=20), MemoryCounter()))
    backend.ask("POST", LETTERS, b'{"name":"12345678"}', JSON).check(letters("12345678"))
    backend.ask("POST", LETTERS, b'{"name":"1234567890"}', JSON).check(ContentTooLarge())
