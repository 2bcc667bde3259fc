"""A hunt between two backends finds what is planted in one of them, and shrinks it."""

import pytest

from contract_tests.backends.services import ready_service
from contract_tests.fuzz.hunt import FuzzTally, Hunt
from contract_tests.fuzz.requests import MAIN, Facts
from contract_tests.fuzz.sent import WellFormed
from contract_tests.fuzz.targets import FuzzTarget
from contract_tests.http.messages import Expected, Request, get, post
from contract_tests.suite.cases import case
from shared.address import parse_address
from shared.contract import DEFAULT_CONTENT_LIMIT_BYTES
from tests.contract_tests.wrong_backends.mutation import (
    create_right_app,
    mutated,
    on_answer,
    right,
    status,
    text,
)
from tests.contract_tests.wrong_backends.tiny_server import TinyServer

pytestmark = pytest.mark.early

FACTS = Facts(DEFAULT_CONTENT_LIMIT_BYTES, ready_service().openapi.etag)
# Content of 1 MiB would take most of the time.
KINDS = {kind: weight for kind, weight in MAIN.items() if kind != "size"}


@pytest.fixture
def hunt():
    """Sends so many requests to the right backend and to a wrong one; gives the tally."""
    closing = []

    def run(create_app, requests):
        servers = [TinyServer(make(ready_service())) for make in (create_right_app, create_app)]
        targets = [
            FuzzTarget(name, parse_address(server.url), {})
            for name, server in zip(("right", "wrong"), servers, strict=True)
        ]
        closing.extend([*(server.close for server in servers), *(p.close for p in targets)])
        tally = FuzzTally()
        Hunt(targets, FACTS, KINDS, tally, lambda: None).run(requests, 1)
        return tally

    yield run
    for close in reversed(closing):
        close()


def test_right_backends_do_not_differ(hunt):
    tally = hunt(create_right_app, 300)
    assert tally.requests >= 300
    assert tally.findings == []
    assert tally.statuses[200] > 60


@pytest.mark.parametrize(
    ("wrong", "targets", "requests"),
    [
        case(
            "one-byte-of-a-problem",
            on_answer(status(422), text(lambda t: t.replace(b":422", b":423", 1))),
            ("/api/letter_count", "/api/predict"),
            500,
        ),
        pytest.param(
            on_answer(right("/api/letter_count"), text(lambda t: t.replace(b"\xf0", b"\xf3", 1))),
            ("/api/letter_count",),
            3000,
            id="one-byte-of-a-name",
            marks=pytest.mark.long,
        ),
    ],
)
def test_a_planted_byte_is_found_and_shrunk(hunt, wrong, targets, requests):
    tally = hunt(mutated(wrong), requests)
    finding = tally.findings[0]
    assert finding.repeats
    assert [names for names, _ in finding.difference.groups] == [("right",), ("wrong",)]
    assert finding.difference.before == ()
    request = finding.difference.sent.requests[0]
    assert request.target in targets
    # Not more than one row of numbers.
    assert len(request.content) < 60
    assert request.fields == (("Content-Type", "application/json"),)


def test_a_wrong_count_is_found_with_what_was_counted(hunt):
    """It shows only in a later answer, so what came before is part of the finding."""

    def miscount(environ, serve):
        if environ["PATH_INFO"] == "/api/health":
            serve({**environ, "REQUEST_METHOD": "GET", "PATH_INFO": "/api/count"})
        return serve(environ)

    tally = hunt(mutated(miscount), 300)
    difference = tally.findings[0].difference
    assert [sent.requests[0].target for sent in difference.before] == ["/api/health"]
    assert difference.sent == WellFormed((get("/api/count"),))
    assert tally.repeated


def test_a_finding_is_a_case_for_the_suite(hunt):
    """As Python that says what was sent, and what most answered."""
    wrong = on_answer(status(404), text(bytes.swapcase))
    finding = hunt(mutated(wrong), 150).findings[0]
    code = finding.as_case(1)
    assert "# right:" in code
    assert "# wrong:" in code
    names = {"case": case, "get": get, "post": post, "Request": Request, "Expected": Expected}
    row = eval(code.partition("case(")[1] + code.partition("case(")[2].removesuffix(","), names)
    request, expected = row.values
    assert finding.difference.sent.requests == (request,)
    assert expected.status == 404
    assert b"not_found" in expected.content or request.method == "HEAD"
