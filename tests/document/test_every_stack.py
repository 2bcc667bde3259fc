"""Schemathesis finds nothing on any launched stack, and leaves nothing out.

`make test-schemathesis` runs the long ones, with many more examples and a new seed.
"""

from itertools import groupby

import pytest

from implementations.catalogue import Stack, all_stacks, find_obstacle, find_stack
from implementations.launching.launcher import LaunchOptions, launch
from shared.settings import Settings
from tests.document.schemathesis_run import Outcome, run_schemathesis

pytestmark = pytest.mark.early

STACKS = [pytest.param(stack, id=stack.name) for stack in all_stacks()]
# Flask, FastAPI and Falcon in every run, with one server in turn; each stack in the long ones.
OF_FRAMEWORK = [
    list(found)
    for name, found in groupby(all_stacks(), lambda stack: stack.entry.name)
    if name in ("flask", "fastapi", "falcon", "falcon-asgi")
]
QUICK = {stacks[turn % len(stacks)].name for turn, stacks in enumerate(OF_FRAMEWORK)}
FEW, MANY = 3, 300
PHASES = {"examples", "coverage", "fuzzing", "stateful"}
# All that there are but `max_response_time`: how long an answer may take, no document says.
CHECKS = {
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "positive_data_acceptance",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
    "ignored_auth",
    "use_after_free",
    "ensure_resource_availability",
    "object_level_authorization",
}
READ = ("/api/count", "/api/health", "/openapi.json", "/docs")
WRITTEN = ("/api/letter_count", "/api/predict")
SUCCESSES = (
    {(f"{method} {path}", 200) for path in READ for method in ("GET", "HEAD")}
    | {(f"POST {path}", 200) for path in WRITTEN}
    | {(f"OPTIONS {path}", 204) for path in READ + WRITTEN}
)
REFUSALS = {(f"POST {path}", status) for path in WRITTEN for status in (400, 415, 422)} | {
    (f"{method} {path}", 405) for path in READ + WRITTEN for method in ("DELETE", "PUT", "TRACE")
}


def test_there_are_stacks():
    assert len(STACKS) >= 14


@pytest.mark.parametrize(
    "stack",
    [
        pytest.param(s, id=s.name, marks=[] if s.name in QUICK else pytest.mark.long)
        for s in all_stacks()
    ],
)
def test_stack_does_what_its_document_says(stack):
    outcome = run(stack, FEW, seed=1)
    assert outcome.failures == []
    assert_all_was_tried(outcome)


@pytest.mark.long
def test_guarded_stack_does_what_its_document_says(tmp_path):
    """Without a key, with one, and over the limit; what is open stays open."""
    keys = tmp_path / "keys"
    keys.write_text("first-key-of-this-test")
    options = LaunchOptions(settings=Settings(api_keys_file=keys, rate_limit="60/day"))
    with launch(find_stack("asgi:uvicorn"), options) as running:
        strange = run_schemathesis(running.url, FEW, seed=1)
        known = run_schemathesis(running.url, FEW, seed=1, key=keys.read_text())
    assert strange.failures == known.failures == []
    for operation in ("GET /api/count", "POST /api/letter_count", "POST /api/predict"):
        assert statuses(strange, operation) == {401}
        assert statuses(known, operation) >= {200, 429}
    for operation in ("GET /api/health", "HEAD /docs", "OPTIONS /api/predict"):
        assert statuses(strange, operation) == statuses(known, operation) <= {200, 204}


def statuses(outcome: Outcome, operation: str) -> set[int]:
    """What was answered to an operation."""
    return {status for seen, status in outcome.answers if seen == operation}


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("stack", STACKS)
def test_stack_does_what_its_document_says_many_times(stack):
    outcome = run(stack, MANY)
    assert outcome.failures == [], f"with the seed {outcome.seed}"
    assert_all_was_tried(outcome)
    assert ("GET /openapi.json", 304) in outcome.answers
    assert len(outcome.followed) == 3


def run(stack: Stack, examples: int, seed: int | None = None) -> Outcome:
    if reason := find_obstacle(stack):
        pytest.skip(reason)
    with launch(stack) as running:
        return run_schemathesis(running.url, examples, seed)


def assert_all_was_tried(outcome: Outcome) -> None:
    """Each phase sent requests, each check saw answers, each operation succeeded and refused."""
    assert outcome.cases.keys() == PHASES
    assert min(outcome.cases.values()) >= 4
    assert outcome.checks.keys() == CHECKS
    assert (SUCCESSES | REFUSALS) - outcome.answers.keys() == set()
    assert sum(outcome.followed.values()) > 0
