"""The outcome of each case on a table of backends, which are run once."""

import dataclasses
import json
import os
import subprocess
import sys
from collections import Counter

import pytest

from contract_tests.catalogue.choice import Choice
from contract_tests.catalogue.errors import UnknownCases
from contract_tests.catalogue.numbers import current_numbers
from contract_tests.run import suite_run
from contract_tests.run.errors import NothingSelected
from reports.check.results import CaseResult, Outcome, Reason, SuiteResult

HEALTH = current_numbers().number_of("operations", "test_health_is_ok")
COUNT = current_numbers().number_of("operations", "test_count_gives_a_number")
INVENTED = current_numbers().number_of(
    "paths_and_methods", "test_an_invented_method_is_not_allowed[/docs-GET, HEAD, OPTIONS-BREW]"
)
PIPELINED = current_numbers().number_of("http", "test_pipelined_requests_are_answered_in_order")

RUN = """
import dataclasses, json, sys
from contract_tests.catalogue.choice import Choice
from contract_tests.backends.opening import Source
from contract_tests.backends.served import ServedBackend
from contract_tests.run.suite_run import run_suite
from tests.contract_tests.wrong_backends.mutation import mutated, on_answer, path, refusal, saying
from tests.contract_tests.wrong_backends.wrong_backend import app_source, server_source

class Watcher:
    def begin(self, cases): self.expected = dict(cases)
    def note(self, result): self.noted = getattr(self, "noted", 0) + 1

def open_broken():
    raise ZeroDivisionError("planted")

def dead(): return ServedBackend("dead", "http://127.0.0.1:9")
uvicorn = {"server": "uvicorn"}
wrong = mutated(on_answer(path("/api/health"), lambda answer: saying(b'{"status":"OK"}', answer)))
no_json = mutated(on_answer(path("/api/count"), lambda answer: saying(b"three", answer)))
no_brew = mutated(lambda environ, serve:
    refusal(400) if environ["REQUEST_METHOD"] == "BREW" else serve(environ))
sources = [
    app_source("right"),
    server_source("served"),
    app_source("wrong", wrong),
    app_source("no-json", no_json),
    dataclasses.replace(app_source("allowed", no_brew), traits=uvicorn),
    dataclasses.replace(app_source("needlessly-allowed"), traits=uvicorn),
    Source("dead", ServedBackend.offers, dead),
    dataclasses.replace(app_source("broken"), open=open_broken),
]
watcher = Watcher()
result = run_suite(sources, [watcher], Choice(cases=tuple(sys.argv[1:])))
print(json.dumps({
    "results": [dataclasses.asdict(one) for one in result.results],
    "not_opened": {name: reason.kind for name, reason in result.not_opened.items()},
    "expected": watcher.expected,
    "noted": watcher.noted,
}, default=lambda data: data.decode("latin-1")))
"""


@pytest.fixture(scope="session")
def ran():
    """The run of four cases on all these backends."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, HEALTH, COUNT, INVENTED, PIPELINED],
        # What is meant for somebody's own tests is not for the suite.
        env={**os.environ, "PYTEST_ADDOPTS": "--no-such-option"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="session")
def results(ran):
    return {(one["backend"], one["number"]): one for one in ran["results"]}


@pytest.mark.parametrize(
    ("backend", "number", "outcome", "kind"),
    [
        ("right", HEALTH, "passed", None),
        ("right", PIPELINED, "skipped", "skipped_need"),
        ("served", PIPELINED, "passed", None),
        ("wrong", HEALTH, "failed", "comparison"),
        ("wrong", COUNT, "passed", None),
        ("no-json", COUNT, "failed", "broken_answer"),
        ("allowed", INVENTED, "allowed", "allowed_difference"),
        ("needlessly-allowed", INVENTED, "failed", "needless_allowance"),
        ("dead", HEALTH, "error", "backend_lost"),
        ("broken", HEALTH, "error", "suite_error"),
    ],
)
def test_a_case_ends_as_its_backend_is(results, backend, number, outcome, kind):
    assert results[backend, number]["outcome"] == outcome
    reason = results[backend, number]["reason"]
    assert (reason and reason["kind"]) == kind


def test_every_case_has_one_result_on_each_backend(ran, results):
    assert len(results) == len(ran["results"]) == 8 * 4


def test_whoever_watches_is_told_of_all_that_run(ran):
    skipped = sum(one["outcome"] == "skipped" for one in ran["results"])
    assert sum(ran["expected"].values()) == ran["noted"] == len(ran["results"]) - skipped


def test_a_failure_shows_what_was_sent_wanted_and_received(results):
    one = results["wrong", HEALTH]
    assert one["exchanges"][-1]["sent"] == "GET /api/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    assert one["exchanges"][-1]["received"].endswith('\r\n\r\n{"status":"OK"}')
    assert one["expected"].startswith("200\n")
    assert one["expected"].endswith('\n\n{"status":"ok"}')
    assert one["actual"] == one["expected"].replace('"ok"', '"OK"')


def test_what_is_no_comparison_of_answers_shows_what_was_due_and_what_came(results):
    one = results["no-json", COUNT]
    assert one["exchanges"]
    assert one["reason"]["facts"]["fault"] == "the content is no JSON"
    assert one["reason"]["sentence"].startswith("the answer is broken: the content is no JSON")
    assert one["expected"] == "JSON"
    assert one["actual"].endswith("three")


@pytest.mark.parametrize(("backend", "number"), [("right", HEALTH), ("allowed", INVENTED)])
def test_what_is_no_failure_keeps_no_exchanges(results, backend, number):
    assert results[backend, number]["exchanges"] == []


def test_results_are_in_the_order_of_backends_and_numbers(ran):
    by_backend = [one["backend"] for one in ran["results"]]
    assert list(Counter(by_backend)) == list(dict.fromkeys(by_backend))
    assert by_backend[:4] == ["right"] * 4
    assert [one["number"] for one in ran["results"][:4]] == [COUNT, HEALTH, INVENTED, PIPELINED]


class Silent:
    """Watches nothing."""

    def begin(self, cases):
        raise AssertionError("nothing is run")

    def note(self, result):
        raise AssertionError("nothing is run")


def test_a_run_on_no_backend_is_refused():
    with pytest.raises(NothingSelected):
        suite_run.run_suite([], [Silent()])


def test_a_run_of_unknown_cases_is_refused():
    with pytest.raises(UnknownCases, match="'99'"):
        suite_run.run_suite([object()], [Silent()], Choice(cases=("99",)))


EMPTY = """
from contract_tests.catalogue.choice import Choice
from contract_tests.run.errors import NothingSelected
from contract_tests.run.suite_run import run_suite
from tests.contract_tests.wrong_backends.wrong_backend import app_source

class Watcher:
    def begin(self, cases): assert not cases

try:
    run_suite([app_source("right")], [Watcher()], Choice(sections=("drain",)))
except NothingSelected as exc:
    print(exc)
"""


def test_a_run_in_which_all_is_skipped_is_refused():
    """With the reason; nothing would have been shown."""
    done = subprocess.run(
        [sys.executable, "-c", EMPTY], capture_output=True, text=True, timeout=100, check=False
    )
    assert "every case that was chosen needs processes" in done.stdout, done.stderr


BROKEN = """
import dataclasses
from contract_tests.run.errors import SuiteBroken
from contract_tests.run.suite_run import run_suite
from tests.contract_tests.wrong_backends.wrong_backend import app_source

try:
    run_suite([dataclasses.replace(app_source("right"), only=5)], [])
except SuiteBroken as exc:
    print(exc, *exc.__notes__)
"""


def test_what_pytest_says_is_kept_where_it_cannot_run_the_suite():
    done = subprocess.run(
        [sys.executable, "-c", BROKEN], capture_output=True, text=True, timeout=100, check=False
    )
    assert "instead of running the suite" in done.stdout, done.stderr
    assert "TypeError" in done.stdout


ONE = CaseResult(
    backend="a", number="1.1.1", section="http", case="test_a", title="It is.", outcome="passed"
)


def result(*outcomes: Outcome, backend: str = "a") -> tuple[CaseResult, ...]:
    return tuple(dataclasses.replace(ONE, outcome=one, backend=backend) for one in outcomes)


@pytest.mark.parametrize(
    ("results", "not_opened", "passed"),
    [
        (result("passed"), {}, True),
        (result("passed", "allowed", "skipped"), {}, True),
        (result("passed", "failed"), {}, False),
        (result("passed", "error"), {}, False),
        (result("passed"), {"b": Reason("not_opened", "it is not there")}, False),
        ((), {}, False),
        (result("skipped"), {}, False),
        (result("passed") + result("skipped", backend="b"), {}, False),
    ],
)
def test_a_run_is_passed_if_every_backend_was_asked_and_none_is_wrong(results, not_opened, passed):
    assert SuiteResult(results, not_opened).passed == passed


SWALLOWED = """
import signal
from contract_tests.run.suite_run import run_suite
from tests.contract_tests.wrong_backends.wrong_backend import app_source

class Import:
    def begin(self, cases):
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            raise ImportError("a module was read in half") from None
    def note(self, result): pass

try:
    run_suite([app_source("right")], [Import()])
except KeyboardInterrupt:
    print("interrupted")
"""


def test_an_interrupt_that_becomes_another_error_is_still_one():
    """As it may while modules are imported: it is no failure of the suite, and shows no trace."""
    done = subprocess.run(
        [sys.executable, "-c", SWALLOWED], capture_output=True, text=True, timeout=100, check=False
    )
    assert (done.stdout, done.stderr) == ("interrupted\n", "")
