"""The OpenAPI document is sound, and says what the service does."""

import os
import subprocess
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from shared.contract import ROUTE_BY_PATH, ROUTES
from shared.json_text import loads
from shared.openapi import build_document
from shared.problems import InvalidContent, MethodNotAllowed, NotFound
from shared.rows import read_rows
from shared.schemas import LetterCountRequest, PredictRequest, parse

DOCUMENT = build_document(content_limit_bytes=1000)
TREE = loads(DOCUMENT.content)
OPERATIONS = [
    pytest.param(path, method, operation, id=f"{method} {path}")
    for path, item in TREE["paths"].items()
    for method, operation in item.items()
]


def nodes(node):
    """Every object in the document."""
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    if isinstance(node, list):
        for inner in node:
            yield from nodes(inner)


def resolve(node):
    while "$ref" in node:
        target = TREE
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node


def validator(schema):
    """Of a schema inside the document, to whose parts it may refer."""
    return Draft202012Validator({**schema, "components": TREE["components"]})


def responses():
    for path, item in TREE["paths"].items():
        for method, operation in item.items():
            for status, response in operation["responses"].items():
                yield pytest.param(method, status, response, id=f"{method} {path} {status}")
    for name, response in TREE["components"]["responses"].items():
        yield pytest.param("get", None, response, id=name)


def test_the_document_has_the_members_of_openapi_3_1():
    assert TREE["openapi"] == "3.1.0"
    assert {"title", "version"} <= TREE["info"].keys()


def test_the_document_has_exactly_the_contracts_paths_and_methods():
    assert list(TREE["paths"]) == [route.path for route in ROUTES]
    for route in ROUTES:
        methods = sorted(method.upper() for method in TREE["paths"][route.path])
        assert methods == list(route.methods)


def test_operations_have_names_of_their_own():
    names = [
        operation["operationId"] for item in TREE["paths"].values() for operation in item.values()
    ]
    assert len(set(names)) == len(names) == 16


def test_every_reference_leads_somewhere():
    references = [node for node in nodes(TREE) if "$ref" in node]
    assert len(references) > 20
    for node in references:
        assert resolve(node)


def test_nothing_is_described_that_nothing_refers_to():
    used = {node["$ref"] for node in nodes(TREE) if "$ref" in node}
    for kind in ("schemas", "headers"):
        for name in TREE["components"][kind]:
            assert f"#/components/{kind}/{name}" in used


def test_every_schema_is_json_schema():
    schemas = [node["schema"] for node in nodes(TREE) if "schema" in node]
    for schema in (*schemas, *TREE["components"]["schemas"].values()):
        Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize(("method", "status", "response"), list(responses()))
def test_responses_are_described_with_examples_that_fit(method, status, response):
    assert response["description"]
    for header in response.get("headers", {}).values():
        assert "schema" in resolve(header)
    for media_type, media in response.get("content", {}).items():
        if "example" in media:
            validator(media["schema"]).validate(media["example"])
            assert "additionalProperties" in resolve(media["schema"])
        if media_type == "application/problem+json":
            assert status in (None, str(media["example"]["status"]))
            assert "Cache-Control" in response["headers"]
    with_content = method in ("get", "post") and status != "304"
    assert ("content" in response) == with_content


def test_responses_to_head_are_those_to_get_without_content():
    for item in TREE["paths"].values():
        if "head" in item:
            for status, response in item["get"]["responses"].items():
                without_content = {key: response[key] for key in response if key != "content"}
                assert item["head"]["responses"][status] == without_content


EXPECTED_STATUSES = {
    "/api/count": {"200", "500"},
    "/api/letter_count": {"200", "400", "413", "415", "422", "500"},
    "/api/predict": {"200", "400", "413", "415", "422", "500", "503"},
    "/api/health": {"200", "500", "503"},
    "/openapi.json": {"200", "304", "500"},
    "/docs": {"200", "500"},
}


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_every_status_that_can_occur_is_described(path, method, operation):
    expected = {"204"} if method == "options" else EXPECTED_STATUSES[path]
    assert operation["responses"].keys() == expected


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_requests_are_described_with_an_example_that_fits(path, method, operation):
    assert ("requestBody" in operation) == (method == "post")
    if method == "post":
        body = operation["requestBody"]
        assert body["required"]
        assert "1000 bytes" in body["description"]
        (media,) = body["content"].values()
        validator(media["schema"]).validate(media["example"])


def test_header_fields_are_described_where_the_contract_has_them():
    def headers(path, method, status):
        return set(TREE["paths"][path][method]["responses"][status].get("headers", ()))

    assert headers("/api/count", "get", "200") == {"Cache-Control"}
    assert headers("/api/predict", "post", "200") == set()
    assert headers("/api/predict", "post", "503") == {"Cache-Control", "Retry-After"}
    assert headers("/api/health", "head", "503") == {"Cache-Control", "Retry-After"}
    assert headers("/openapi.json", "get", "304") == {"ETag"}
    assert all(headers(path, "options", "204") == {"Allow"} for path in ROUTE_BY_PATH)


def test_what_routing_refuses_is_described_too():
    for problem in (NotFound(), MethodNotAllowed("GET, HEAD, OPTIONS")):
        response = TREE["components"]["responses"][type(problem).__name__]
        (media,) = response["content"].values()
        validator(media["schema"]).validate(problem.document())
    assert "Allow" in TREE["components"]["responses"]["MethodNotAllowed"]["headers"]


def schema_of(path, status=None):
    operation = TREE["paths"][path]["post"]
    holder = operation["responses"][status] if status else operation["requestBody"]
    (media,) = holder["content"].values()
    return validator(media["schema"])


@given(st.dictionaries(st.sampled_from(["name", "nom"]), st.text() | st.integers() | st.none()))
@example({})
def test_letter_count_takes_what_its_schema_allows(value):
    try:
        parse(LetterCountRequest, value)
    except InvalidContent:
        assert not schema_of("/api/letter_count").is_valid(value)
    else:
        assert schema_of("/api/letter_count").is_valid(value)


ROW = st.lists(st.integers() | st.booleans() | st.none(), min_size=2, max_size=2)


@given(st.fixed_dictionaries({}, optional={"instances": st.lists(ROW | st.integers()) | st.none()}))
@example({"instances": [[1, 2]] * 1024})
@example({"instances": [[1, 2]] * 1025})
def test_predict_takes_what_its_schema_allows(value):
    """But for the length of a row, which only the model knows; here all rows are as long."""
    try:
        read_rows(parse(PredictRequest, value).instances, 2)
    except InvalidContent as problem:
        assert not schema_of("/api/predict").is_valid(value)
        schema_of("/api/predict", "422").validate(problem.document())
    else:
        assert schema_of("/api/predict").is_valid(value)


def test_answers_fit_their_schema_and_nothing_more_does(iris):
    answer = iris.predict([[5.1, 3.5, 1.4, 0.2]])
    schema = schema_of("/api/predict", "200")
    schema.validate(answer)
    schema.validate({"model": answer["model"], "predictions": [1.5, 2]})
    assert not schema.is_valid({**answer, "more": 1})
    assert not schema.is_valid({**answer, "probabilities": None})
    assert not schema.is_valid({**answer, "predictions": [1.5, "setosa"]})
    assert not schema.is_valid({"predictions": ["setosa"]})


def test_the_bytes_are_the_same_in_each_process():
    script = (
        "import sys; from shared.openapi import build_document\n"
        "sys.stdout.buffer.write(build_document(1000).content)"
    )
    for seed in ("1", "2"):
        environ = {**os.environ, "PYTHONHASHSEED": seed}
        assert (
            subprocess.check_output([sys.executable, "-c", script], env=environ) == DOCUMENT.content
        )


def test_the_entity_tag_changes_with_the_document():
    assert build_document(1000).etag == DOCUMENT.etag
    assert build_document(1001).etag != DOCUMENT.etag


TAG = DOCUMENT.etag


@pytest.mark.parametrize(
    "if_none_match",
    [
        TAG,
        f"W/{TAG}",
        "*",
        " * ",
        f' "other" , {TAG} ',
        f'"other",W/{TAG}',
        f'W/"a,b", {TAG}',
        f",, {TAG},",
        f'"", {TAG}',
    ],
)
def test_a_known_document_is_not_modified(if_none_match):
    assert DOCUMENT.matches(if_none_match)


@pytest.mark.parametrize(
    "if_none_match",
    [
        None,
        "",
        '"other"',
        '"*"',
        "*, *",
        TAG.strip('"'),
        TAG[:-1],
        TAG.upper(),
        f'"{TAG.strip(chr(34))}x"',
        '"' + "x" * 100_000,
    ],
)
def test_another_tag_gets_the_document(if_none_match):
    assert not DOCUMENT.matches(if_none_match)
