"""`podium check` as a user calls it."""

import contextlib
import json
import signal
import socket
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from typing import Any

import click
import psutil
import pytest

from contract_tests.backends.services import ready_service
from contract_tests.catalogue.numbers import SECTIONS
from contract_tests.errors import ContractTestsError
from contract_tests.http.messages import Answer
from implementations.errors import ImplementationsError
from podium.__main__ import podium
from reports.errors import ReportsError
from shared.errors import SharedError
from tests.contract_tests.wrong_backends.mutation import (
    create_right_app,
    mutated,
    on_answer,
    path,
    saying,
)
from tests.contract_tests.wrong_backends.tiny_server import Content, Head, Incoming, TinyServer


def check(*arguments: str, timeout_s: float = 110) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "podium", "check", *arguments],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


@pytest.fixture
def serve():
    """Serves an application; gives the URL."""
    servers = []

    def start(create_app):
        servers.append(TinyServer(create_app(ready_service())))
        return servers[-1].url

    yield start
    for server in servers:
        server.close()


def test_check_passes_a_right_backend(serve, tmp_path):
    """Wherever it is called, and leaves a JUnit file.

    Without the crowds of slow clients: how soon a server of threads in Python answers beside 200 of
    them is decided by what else this machine does.
    """
    sections = [name for name in SECTIONS if name != "slow_clients"]
    chosen = [argument for name in sections for argument in ("--section", name)]
    junit = tmp_path / "results.xml"
    url = serve(create_right_app)
    done = check("--url", url, "--json", "--junit", str(junit), *chosen)
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(done.stdout)
    assert result["passed"]
    skipped = result["not_passed"]
    assert {case["outcome"] for case in skipped} == {"skipped"}
    assert {case["kind"] for case in skipped} == {"skipped_need"}
    assert len(result["cases"]) > 600
    assert set(result["sections"]["json_in"]) == {url}
    assert result["sections"]["json_in"][url]["passed"] > 10
    suite = ET.parse(junit).getroot()[0]
    assert int(suite.attrib["tests"]) == len(result["cases"])
    assert int(suite.attrib["skipped"]) == len(skipped)
    assert suite.attrib["failures"] == suite.attrib["errors"] == "0"


def test_check_tells_what_is_wrong(serve):
    """The case, the sentence it holds, what was sent and got, and exit code 1."""
    wrong = on_answer(path("/"), lambda answer: saying(b"nowhere", answer))
    url = serve(mutated(wrong))
    done = check("--url", url, "--section", "problems")
    assert done.returncode == 1, done.stdout + done.stderr
    assert " test_problem_is_told_in_full[404-root] " in done.stdout
    assert "problem.404" in done.stdout
    assert "GET / HTTP/1.1" in done.stdout
    assert "actual   nowhere" in done.stdout
    assert url in done.stdout
    assert f"{url}: 1 failed" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


class SilentToPosts(TinyServer):
    """Answers no request with content until it is closed."""

    def answer(self, incoming: Incoming, head: Head) -> tuple[Answer, Content]:
        if head.method == "POST":
            self.closing.wait()
        return super().answer(incoming, head)


class Leaving(TinyServer):
    """Closes its port after some requests."""

    left = 5

    def answer(self, incoming: Incoming, head: Head) -> tuple[Answer, Content]:
        self.left -= 1
        if self.left == 0:
            self.close()
        return super().answer(incoming, head)


def checked(server: TinyServer, *arguments: str) -> tuple[int, dict[str, list[dict[str, Any]]]]:
    """The exit code, and the cases that did not pass by their outcome."""
    try:
        done = check("--url", server.url, "--timeout", "0.6", "--json", *arguments)
    finally:
        server.close()
    assert "Traceback" not in done.stderr
    found: dict[str, list[dict[str, Any]]] = {}
    for case in json.loads(done.stdout)["not_passed"]:
        found.setdefault(case["outcome"], []).append(case)
    return done.returncode, found


def test_a_backend_that_is_silent_to_some_requests_is_not_waited_for_each_time():
    """Cases that were waited for have failed, the rest is undecided; other cases still pass."""
    server = SilentToPosts(create_right_app(ready_service()))
    code, found = checked(server, "--section", "operations")
    assert code == 1
    assert {case["kind"] for case in found["failed"]} == {"silent"}
    assert {case["facts"]["waited_s"] for case in found["failed"]} == {0.6}
    assert len(found["failed"]) == 3
    assert any(case["kind"] == "not_asked" for case in found["error"])
    assert {"test_count_gives_a_number", "test_health_is_ok"}.isdisjoint(
        str(case["case"]) for cases in found.values() for case in cases
    )


def test_a_backend_that_goes_away_is_told_and_nothing_more_is_asked():
    code, found = checked(Leaving(create_right_app(ready_service())), "--section", "operations")
    assert code == 1
    assert {case["kind"] for case in found["error"]} == {"backend_lost"}
    told = [
        case["facts"].get("error") for case in found["error"] if "answered_last" in case["facts"]
    ]
    assert len(told) > 20
    assert set(told) == {"Connection refused"}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["flsk"], "flsk"),
        (["flask", "--junit", "/nowhere/at/all.xml"], "/nowhere/at/all.xml"),
    ],
)
def test_check_that_cannot_begin_says_so(arguments, says):
    done = check(*arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    assert says in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["flask:uvicorn"], "flask:uvicorn"),
        (["--url", "no address"], "no address"),
        (["flask", "--record", "/nowhere/at/all.jsonl"], "/nowhere/at/all.jsonl"),
        (["flask", "--out", "/dev/null/x"], "/dev/null/x"),
        (["flask", "--header", "X-Key: 4711"], "--header needs --url"),
        (["--url", "http://x", "--prefix", "v1"], "begins with a slash"),
        (["--url", "http://x", "--header", "4711"], "header field"),
        (["--url", "http://x", "--header", "@/nowhere/4"], "No such file"),
        (["--url", "http://x", "--sample", __file__], "holds no sample"),
        (["--compare", __file__, __file__], "is no recording"),
        (["flask", "--case", "99.1"], "'99.1'"),
        (["flask", "--section", "no_such"], "'no_such'"),
    ],
)
def test_options_that_do_not_fit_are_told(arguments, says):
    """In one sentence, which does not repeat a header field's value."""
    refusals = (
        *(click.UsageError, OSError, ContractTestsError, ImplementationsError),
        *(ReportsError, SharedError),
    )
    with pytest.raises(refusals) as refused:
        podium.main(["check", *arguments], standalone_mode=False)
    told = f"{refused.value} {getattr(refused.value, 'message', '')}"
    assert says in told
    assert "4711" not in told


def test_check_of_nobody_says_so():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        done = check("--url", url, "--json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["not_checked"][url]["kind"] == "not_opened"
    assert f"podium: {url} could not be tested" in done.stderr
    assert "Traceback" not in done.stderr


def test_interrupted_check_leaves_no_server_behind():
    """Interrupted when the first cases have been sent to the stack."""
    process = subprocess.Popen(
        [sys.executable, "-m", "podium", "check", "wsgi:gunicorn"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 60
        while not (servers := listening(process.pid)) and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130, said
    assert said.endswith("podium: interrupted\n")
    assert servers
    _, alive = psutil.wait_procs(servers, timeout=30)
    assert alive == []


def test_interrupted_check_tells_what_it_has_found(serve, tmp_path):
    """Interrupted when some cases have ended; the others are undecided."""
    recording, out = tmp_path / "cases.jsonl", tmp_path / "out"
    files = ("--record", str(recording), "--out", str(out))
    process = subprocess.Popen(
        [sys.executable, "-m", "podium", "check", "--url", serve(create_right_app), *files],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + 60
        while not (begun := has_cases(recording)) and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        printed, said = process.communicate(timeout=60)
    finally:
        process.kill()
    assert begun
    assert process.returncode == 130, said
    assert said.endswith("podium: interrupted\n")
    report = json.loads((out / "check.json").read_text())
    counts = report["counts"]
    assert not report["passed"]
    assert counts["passed"] > 0 < counts["error"]
    ended = sum(counts[kind] for kind in ("passed", "failed", "allowed"))
    # The interrupt may come when a case has been written, and is not told yet.
    assert len(recording.read_text().splitlines()) - 1 - ended in {0, 1}
    assert f"{counts['passed']} passed" in printed
    assert "not asked to the end: the check was interrupted" in printed


def has_cases(recording):
    """Whether two cases have been written: then the first has ended."""
    return recording.exists() and recording.read_text().count("\n") > 2


@pytest.mark.parametrize("option", ["--record", "--junit"])
def test_a_full_disk_ends_the_file_and_not_the_check(serve, option):
    """And the file is named."""
    done = check("--url", serve(create_right_app), "--case", "1.1.1", option, "/dev/full")
    assert done.returncode == 2
    assert "1 case on 1 backend: 1 passed" in done.stdout
    assert done.stderr.endswith("podium: No space left on device: /dev/full\n")


def test_of_many_failures_the_first_of_each_kind_and_test_is_shown(serve):
    """So a fault that many cases of one test show does not hide the others."""
    url = serve(mutated(on_answer(lambda *_: True, lambda answer: saying(b"{}", answer))))
    done = check("--url", url, "--section", "operations")
    told = [line.split()[2] for line in done.stdout.splitlines() if line.startswith("✗ ")]
    tests = [name.partition("[")[0] for name in told]
    assert len(set(tests)) > 5
    more = [line for line in done.stdout.splitlines() if line.startswith("  … and ")]
    failed = len(tests) + sum(int(line.split()[2]) for line in more)
    assert f" {failed} failed," in done.stdout


def listening(pid: int) -> list[psutil.Process]:
    """The processes below `pid` that listen on a port."""
    below = psutil.Process(pid).children(recursive=True)
    found = []
    for process in below:
        with contextlib.suppress(psutil.Error):
            if any(c.status == psutil.CONN_LISTEN for c in process.net_connections("tcp")):
                found.append(process)
    return found


def test_check_launches_a_stack():
    """Once for most cases, and anew for each of those that stop it; the long test has them all."""
    sections = ("operations", "counter", "malformed_http", "drain")
    chosen = [argument for name in sections for argument in ("--section", name)]
    done = check("asgi:uvicorn", "--json", *chosen)
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(done.stdout)
    assert result["passed"]
    assert result["sections"].keys() == set(sections)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_every_stack_keeps_the_contract():
    done = check("--json", timeout_s=3500)
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(done.stdout)
    assert len(result["sections"]["counter"]) >= 14


def test_a_list_shows_the_cases_that_are_chosen():
    """For readers, and with as much for programs; nothing is run."""
    shown = check("--list", "--case", "1.1")
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.splitlines()[:3] == [
        "1 operations",
        "  1.1.1 GET /api/count gives one number and nothing else",
        "    sends GET /api/count",
    ]
    [case] = json.loads(check("--list", "--case", "1.1", "--json").stdout)
    assert case["number"] == "1.1.1"
    assert [why["sentence"] for why in case["why"]] == ["count.answer", "same.bytes"]


@pytest.mark.parametrize("option", ["--list", "--json"])
def test_a_choice_that_leaves_no_case_is_a_failure(option):
    stack = () if option == "--list" else ("wsgi:gunicorn",)
    done = check(*stack, "--section", "drain", "--skip", "drain", option)
    assert done.returncode == 2
    assert "there is nothing to check" in done.stderr
    assert done.stdout == ""
