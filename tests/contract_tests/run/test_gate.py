"""The quick check passes what is right, and nothing else."""

import socket

import pytest

from contract_tests.backends.services import ready_service
from contract_tests.run.gate import run_gate
from tests.contract_tests.wrong_backends.gallery import WRONG
from tests.contract_tests.wrong_backends.mutation import create_right_app
from tests.contract_tests.wrong_backends.tiny_server import TinyServer
from tests.contract_tests.wrong_backends.wrong_counters import Racing, adjusting

BUDGET_S = 10.0
WRONG_APPS = {source.name: source for source in WRONG}


@pytest.fixture
def serve():
    """Serves an application; gives the URL."""
    servers = []

    def start(app):
        servers.append(TinyServer(app))
        return servers[-1].url

    yield start
    for server in servers:
        server.close()


def test_a_right_service_passes(serve):
    outcome = run_gate(serve(create_right_app(ready_service())), BUDGET_S)
    assert outcome.failures == ()
    assert outcome.passed
    assert outcome.checks >= 20


@pytest.mark.parametrize(
    "name",
    ["escapes-all", "spaces-tokens", "takes-nan", "finds-nothing-in-html", "gives-no-code",
     "allows-without-saying-what", "words-errors-itself", "takes-bad-values-for-bad-json"],
)  # fmt: skip
def test_a_wrong_service_fails(serve, name):
    outcome = run_gate(serve(WRONG_APPS[name].open().app), BUDGET_S)
    assert not outcome.passed
    assert outcome.failures


def test_a_service_that_does_not_count_fails(serve):
    create_app = adjusting(-1, lambda environ, _: environ["PATH_INFO"] == "/api/count")
    outcome = run_gate(serve(create_app(Racing(ready_service()))), BUDGET_S)
    assert not outcome.passed
    assert any("count" in failure for failure in outcome.failures)


def test_nobody_there_fails():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        outcome = run_gate(f"http://127.0.0.1:{unused.getsockname()[1]}", BUDGET_S)
    assert not outcome.passed
    assert len(outcome.failures) >= outcome.checks


def test_a_silent_service_fails_within_the_budget():
    """Every check is given up on, not only the first."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        outcome = run_gate(f"http://127.0.0.1:{silent.getsockname()[1]}", 0.2)
    assert not outcome.passed
    assert len(outcome.failures) >= outcome.checks
