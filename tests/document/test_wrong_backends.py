"""What does not do as its document says is found by our run of Schemathesis."""

import pytest

from contract_tests.backends.services import ready_service
from contract_tests.http.messages import Answer
from shared.content import dumps
from shared.problems import ContentError, InvalidContent
from tests.contract_tests.wrong_backends.mutation import (
    JSON_FIELDS,
    create_right_app,
    giving,
    mutated,
    on_answer,
    path,
    refusing,
    right,
    saying,
    status,
    text,
    value,
    without,
)
from tests.contract_tests.wrong_backends.tiny_server import TinyServer
from tests.document.schemathesis_run import run_schemathesis

COUNT, PREDICT, DOCUMENT = "/api/count", "/api/predict", "/openapi.json"
FEW = 3
# A sequence of requests is drawn even with a seed: of 3 examples one run in six does not follow the
# document's link.
SEVERAL = 15
NO_NAME = saying(b'{"name":"","letter_count":0}', Answer(200, JSON_FIELDS, b""))
NO_NUMBER = InvalidContent([ContentError("/instances/0/0", "must be a number")])
REFUSED = saying(
    dumps(NO_NUMBER.document()), Answer(422, tuple(NO_NUMBER.header_fields().items()), b"")
)

# Name -> what is wrong, and the check that finds it.
WRONG = {
    "answers-201": (on_answer(right(COUNT), refusing(201)), "status_code_conformance"),
    "lets-the-count-be-stored": (
        on_answer(path(COUNT), without("Cache-Control")),
        "response_headers_conformance",
    ),
}
MORE_WRONG = {
    "takes-anything": (on_answer(status(422), lambda _: NO_NAME), "negative_data_rejection"),
    "calls-a-problem-json": (
        on_answer(status(422), giving("Content-Type", "application/json")),
        "content_type_conformance",
    ),
    "words-a-problem-anew": (
        on_answer(status(422), text(lambda c: c.replace(b"must be", b"should be"))),
        "response_schema_conformance",
    ),
    "takes-no-rows": (on_answer(right(PREDICT), lambda _: REFUSED), "positive_data_acceptance"),
    "takes-any-method": (on_answer(status(405), refusing(200)), "unsupported_method"),
    "fails-on-errors": (on_answer(status(422), refusing(500)), "not_a_server_error"),
    "has-a-short-etag": (
        on_answer(path(DOCUMENT), giving("ETag", '"1"')),
        "response_headers_conformance",
    ),
    "counts-in-words": (
        on_answer(right(COUNT), value(lambda v: {"count": str(v["count"])})),
        "response_schema_conformance",
    ),
    "allows-less": (
        on_answer(status(204), giving("Allow", "OPTIONS")),
        "allow_header_conformance",
    ),
}


def run(create_app, examples=FEW):
    server = TinyServer(create_app(ready_service()))
    try:
        return run_schemathesis(server.url, examples, seed=1)
    finally:
        server.close()


@pytest.mark.long
def test_the_right_one_that_they_are_made_of_passes():
    assert run(create_right_app).failures == []


@pytest.mark.parametrize(("mutation", "check"), WRONG.values(), ids=WRONG)
def test_wrong_backend_is_found(mutation, check):
    assert check in {failure.check for failure in run(mutated(mutation)).failures}


@pytest.mark.long
@pytest.mark.parametrize(("mutation", "check"), MORE_WRONG.values(), ids=MORE_WRONG)
def test_wrong_backend_is_found_too(mutation, check):
    assert check in {failure.check for failure in run(mutated(mutation)).failures}


def test_what_breaks_only_after_another_answer_is_found():
    """Nobody can make up the document's entity tag: it is known by following the link."""
    gone = Answer(410, (("Content-Length", "0"),), b"")
    forgets = on_answer(status(304), lambda _: gone)
    failures = run(mutated(forgets), SEVERAL).failures
    assert ("stateful", "status_code_conformance") in {failure[:2] for failure in failures}
