"""The OpenAPI document is sound, and has what the contract has: no more and no less."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from shared.contract import ROUTE_BY_PATH, ROUTES
from shared.openapi.document import build_document
from tests.shared.openapi_tree import (
    DOCUMENT,
    TREE,
    described,
    nodes,
    operations,
    resolve,
    responses,
)

CONTRACT = (Path(__file__).parents[3] / "docs" / "contract.md").read_text(encoding="utf-8")
OPERATIONS = [pytest.param(*row, id=f"{row[1]} {row[0]}") for row in operations()]


@pytest.mark.parametrize("features", [None, 1, 4, 30])
def test_the_document_is_openapi_3_1(features):
    document = build_document(1000, described(features)).document
    assert document["openapi"] == "3.1.0"
    OpenAPIV31SpecValidator(document).validate()


def test_every_schema_is_json_schema():
    schemas = [node["schema"] for node in nodes(TREE) if "schema" in node]
    for schema in (*schemas, *TREE["components"]["schemas"].values()):
        Draft202012Validator.check_schema(schema)


def test_the_document_has_exactly_the_contracts_paths_and_methods():
    assert list(TREE["paths"]) == [route.path for route in ROUTES]
    for route in ROUTES:
        methods = sorted(method.upper() for method in TREE["paths"][route.path])
        assert methods == list(route.methods)


def test_the_page_of_the_contract_has_the_same_operations():
    named = re.findall(r"^\| `(GET|POST) (/\S+)`", CONTRACT, re.MULTILINE)
    assert set(named) == {
        (method.upper(), path) for path, method, _ in operations() if method in {"get", "post"}
    }


def test_the_page_of_the_contract_has_the_same_problems():
    rows = re.findall(r"^\| (\d{3}) \| (.+?) \|", CONTRACT, re.MULTILINE)
    named = {(status, code) for status, codes in rows for code in re.findall("`(.+?)`", codes)}
    described = {
        (status, example)
        for _, _, status, response in responses()
        for media in response.get("content", {}).values()
        for example in media.get("examples", ())
        if status >= "400"
    }
    assert named == described


def test_operations_have_names_of_their_own():
    names = [operation["operationId"] for _, _, operation in operations()]
    assert len(set(names)) == len(names) == 16


def test_links_lead_to_operations_and_their_parameters():
    by_name = {operation["operationId"]: operation for _, _, operation in operations()}
    links = [link for node in nodes(TREE) for link in node.get("links", {}).values()]
    assert len(links) >= 3
    for link in links:
        parameters = by_name[link["operationId"]].get("parameters", [])
        known = {f"{parameter['in']}.{parameter['name']}" for parameter in parameters}
        assert link.get("parameters", {}).keys() <= known


def test_every_reference_leads_somewhere():
    references = [node for node in nodes(TREE) if "$ref" in node]
    assert len(references) > 20
    for node in references:
        assert resolve(node)


def test_nothing_is_described_that_nothing_refers_to():
    """But for the answers to requests that are none of those described."""
    used = {node["$ref"] for node in nodes(TREE) if "$ref" in node}
    described = {
        f"#/components/{kind}/{name}"
        for kind in ("schemas", "responses", "headers")
        for name in TREE["components"][kind]
    }
    assert described - used == {
        "#/components/responses/NotFound",
        "#/components/responses/MethodNotAllowed",
    }


EXPECTED_STATUSES = {
    "/api/count": {"200", "401", "429", "500"},
    "/api/letter_count": {"200", "400", "401", "413", "415", "422", "429", "500"},
    "/api/predict": {"200", "400", "401", "413", "415", "422", "429", "500", "503"},
    "/api/health": {"200", "500", "503"},
    "/openapi.json": {"200", "304", "500"},
    "/docs": {"200", "500"},
}


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_every_status_that_can_occur_is_described(path, method, operation):
    expected = {"204"} if method == "options" else EXPECTED_STATUSES[path]
    assert operation["responses"].keys() == expected


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_the_three_operations_are_guarded_where_there_is_a_guard(path, method, operation):
    """An empty requirement: whether a key is asked for, each service decides."""
    guarded = ROUTE_BY_PATH[path].counted and method != "options"
    assert operation.get("security") == ([{}, {"bearer": []}] if guarded else None)
    assert guarded == ({"401", "429"} <= operation["responses"].keys())


def test_the_guard_is_a_bearer_key():
    (scheme,) = TREE["components"]["securitySchemes"].items()
    assert scheme[0] == "bearer"
    assert (scheme[1]["type"], scheme[1]["scheme"]) == ("http", "bearer")


def test_responses_to_head_are_those_to_get_without_content():
    for item in TREE["paths"].values():
        if "head" in item:
            for status, response in item["get"]["responses"].items():
                full = resolve(response)
                without_content = {key: full[key] for key in full if key != "content"}
                assert item["head"]["responses"][status] == without_content


def test_header_fields_are_described_where_the_contract_has_them():
    def headers(path, method, status):
        return set(resolve(TREE["paths"][path][method]["responses"][status]).get("headers", ()))

    assert headers("/api/count", "get", "200") == {"Cache-Control"}
    assert headers("/api/predict", "post", "200") == set()
    assert headers("/api/predict", "post", "401") == {"Cache-Control", "WWW-Authenticate"}
    assert headers("/api/count", "head", "429") == {"Cache-Control", "Retry-After"}
    assert headers("/api/predict", "post", "503") == {"Cache-Control", "Retry-After"}
    assert headers("/api/health", "head", "503") == {"Cache-Control", "Retry-After"}
    assert headers("/openapi.json", "head", "200") == {"ETag"}
    assert headers("/openapi.json", "get", "304") == {"ETag"}
    assert all(headers(path, "options", "204") == {"Allow"} for path in ROUTE_BY_PATH)
    assert "Allow" in TREE["components"]["responses"]["MethodNotAllowed"]["headers"]


def test_the_bytes_are_the_same_in_each_process():
    script = (
        "import sys; from tests.shared.openapi_tree import DOCUMENT\n"
        "sys.stdout.buffer.write(DOCUMENT.content)"
    )
    for seed in ("1", "2"):
        environ = {**os.environ, "PYTHONHASHSEED": seed}
        assert (
            subprocess.check_output([sys.executable, "-c", script], env=environ) == DOCUMENT.content
        )
