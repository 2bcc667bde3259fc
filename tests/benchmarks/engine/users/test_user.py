"""`WireUser` in Locust's own processes: tables, CSV, web page, stop, workers.

Locust runs in processes of its own, because importing it patches sockets and threads.
"""

import csv
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from reports.study.histogram import Histogram
from tests.benchmarks.engine.servers import CONTENT, response, right, serving
from tests.programs import need

pytestmark = pytest.mark.early

LOCUSTFILE = """
from benchmarks.engine.users.user import WireUser

class Ask(WireUser):
    connections = 3
    {settings}

    def exchanges(self):
        yield self.post("/ask", content=b"{{}}", expected={expected!r})
{more}
"""

DEADLINE_S = 60


@pytest.fixture
def locustfile(tmp_path):
    def write(settings: str = "", more: str = "") -> Path:
        path = tmp_path / "locustfile.py"
        path.write_text(LOCUSTFILE.format(settings=settings, expected=CONTENT, more=more))
        return path

    return write


@contextmanager
def locust(path: Path, *arguments: str):
    """Locust's command line in a process of its own; what it logs goes to standard error."""
    command = [sys.executable, "-P", "-m", "locust", "-f", str(path), *arguments]
    with subprocess.Popen(
        command, cwd=path.parent, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def run(path: Path, *arguments: str) -> tuple[int, str]:
    """Exit status and output of a headless run."""
    with locust(path, "--headless", *arguments) as process:
        output, _ = process.communicate(timeout=DEADLINE_S)
    return process.returncode, output


def table(folder: Path, name: str = "stats") -> list[dict[str, str]]:
    with (folder / f"run_{name}.csv").open() as file:
        return list(csv.DictReader(file))


def hdr(path: Path) -> Histogram:
    *_, last = path.read_text().splitlines()
    return Histogram.decode(last.rpartition(",")[2])


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as placeholder:
        return placeholder.getsockname()[1]


def wait_until(condition, what: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


@pytest.mark.parametrize("settings", ["", "rate_per_s = 300"])
def test_locusts_tables_and_the_hdr_log_agree_with_the_server(locustfile, tmp_path, settings):
    path = locustfile(settings)
    with serving(right) as server:
        status, output = run(
            path, "-H", server.url, "-u", "2", "-r", "9", "-t", "2s", "--csv", "run",
            "--hdr", "run.hlog",
        )  # fmt: skip
        answered = server.answered
    assert status == 0, output
    row, total = table(tmp_path)
    times = hdr(tmp_path / "run.hlog")
    assert (row["Type"], row["Name"], row["Failure Count"]) == ("POST", "/ask", "0")
    assert int(row["Request Count"]) == int(total["Request Count"]) == times.total == answered > 0
    assert float(row["Average Content Size"]) == len(CONTENT)
    longest_ms = times.max_us / 1000
    assert float(row["Max Response Time"]) == pytest.approx(longest_ms, rel=0.01)
    # Locust's p99 is the time of a rank next to ours, rounded to two digits or a millisecond.
    ranks = 200 / answered
    lowest_ms, highest_ms = (
        times.percentile_us(min(1.0, 0.99 + off / 100)) / 1000 for off in (-ranks, ranks)
    )
    assert lowest_ms * 0.94 - 1 <= float(row["99%"]) <= highest_ms * 1.06 + 1
    assert not settings or "of its core" not in output, "polling is no use of the core"
    assert re.search(rf"Ask: {answered} sent, {answered} answered, no failures, 0 unsent", output)


def test_wrong_answers_are_failures_without_a_time(locustfile, tmp_path):
    def handler(connection, request, number):
        connection.sendall(response(b"else") if number % 10 == 0 else response())
        return True

    path = locustfile()
    with serving(handler) as server:
        status, output = run(
            path, "-H", server.url, "-u", "1", "-t", "1s", "--csv", "run", "--hdr", "run.hlog"
        )
        answered = server.answered
    assert status == 1, output
    row, _ = table(tmp_path)
    assert int(row["Request Count"]) == answered
    assert int(row["Failure Count"]) == answered // 10
    assert hdr(tmp_path / "run.hlog").total == answered - answered // 10
    (failure,) = table(tmp_path, "failures")
    assert failure["Error"] == "wrong_content"
    assert int(failure["Occurrences"]) == answered // 10


def test_a_second_user_class_in_one_process_is_refused(locustfile, tmp_path):
    """In the log, and among the exceptions, which the web page shows."""
    path = locustfile(more="\nclass Other(Ask):\n    pass\n")
    options = ("-u", "2", "-r", "9", "-t", "2s", "--csv", "run")
    with serving(right) as server:
        status, output = run(path, "-H", server.url, *options)
    assert status == 2
    assert "cannot run beside" in output
    (shown,) = table(tmp_path, "exceptions")
    assert "cannot run beside" in shown["Message"]


def test_a_url_that_is_not_http_is_refused(locustfile):
    status, output = run(locustfile(), "-H", "https://127.0.0.1", "-u", "1", "-t", "1s")
    assert status == 2
    assert "asks for TLS" in output
    assert "Traceback" not in output


def test_a_user_stops_gracefully_and_answers_are_waited_for(locustfile):
    path = locustfile()
    with serving(right) as server:
        status, output = run(path, "-H", server.url, "-u", "2", "-t", "1s", "-s", "5")
        answered = server.answered
    assert status == 0, output
    assert f"Ask: {answered} sent, {answered} answered, no failures" in output


def test_the_web_page_starts_shows_edits_and_stops_a_run(locustfile):
    port = free_port()
    page = f"http://127.0.0.1:{port}"
    with (
        serving(right) as server,
        locust(locustfile("rate_per_s = 50"), "-H", server.url, "--web-port", str(port)) as process,
    ):
        wait_until(lambda: reachable(page), "the web page is not there")
        for users in (1, 3, 2):
            swarm = {"user_count": users, "spawn_rate": 10, "host": server.url}
            assert requests.post(f"{page}/swarm", data=swarm, timeout=20).json()["success"]
            wait_until(lambda users=users: shown(page)["user_count"] == users, f"{users} users")
            before = shown(page)["stats"][0]["num_requests"]
            wait_until(lambda b=before: shown(page)["stats"][0]["num_requests"] > b, "no load")
        assert requests.post(f"{page}/stop", timeout=20).json()["success"]
        wait_until(lambda: shown(page)["state"] == "stopped", "it did not stop")
        answered = server.answered
        assert shown(page)["stats"][0]["num_requests"] == answered
        swarm["user_count"] = 1
        assert requests.post(f"{page}/swarm", data=swarm, timeout=20).json()["success"]
        wait_until(lambda: server.answered > answered, "it did not start again")
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=DEADLINE_S)
        again = server.answered - answered
    assert f"{again} answered, no failures" in output


def reachable(page: str) -> bool:
    try:
        return requests.get(page, timeout=20).ok
    except requests.ConnectionError:
        return False


def shown(page: str) -> dict:
    return requests.get(f"{page}/stats/requests", timeout=20).json()


@contextmanager
def cluster(path: Path, url: str, *arguments: str, prefix=(), host: str = "127.0.0.1"):
    """A master without web page at `host`, and two workers; yields (master, workers)."""
    port = str(free_port())
    master_arguments = ["--master", "--headless", "--expect-workers=2", "-H", url, *arguments]
    command = [*prefix, sys.executable, "-P", "-m", "locust", "-f", str(path), "--worker"]
    with locust(path, f"--master-bind-port={port}", *master_arguments) as master:
        workers = [
            subprocess.Popen(
                [*command, f"--master-host={host}", f"--master-port={port}"],
                cwd=path.parent,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            for _ in range(2)
        ]
        try:
            yield master, workers
        finally:
            for worker in workers:
                if worker.poll() is None:
                    worker.kill()
                worker.wait(DEADLINE_S)


@pytest.mark.parametrize("settings", ["", pytest.param("rate_per_s = 300", marks=pytest.mark.long)])
def test_workers_add_up_at_the_master(locustfile, tmp_path, settings):
    path = locustfile(settings)
    options = ["-u", "2", "-r", "9", "-t", "2s", "--csv", "run", "--hdr", "run.hlog"]
    with serving(right) as server, cluster(path, server.url, *options) as (master, workers):
        output, _ = master.communicate(timeout=DEADLINE_S)
        for worker in workers:
            assert worker.wait(DEADLINE_S) == 0
        answered = server.answered
    assert master.returncode == 0, output
    assert f"Ask: {answered} sent, {answered} answered, no failures, 0 unsent" in output
    assert "was lost" not in output
    assert hdr(tmp_path / "run.hlog").total == answered
    assert int(table(tmp_path)[0]["Request Count"]) == answered


@pytest.fixture
def namespace():
    """A network namespace of its own, joined to ours by a pair of interfaces; (name, our IP)."""
    if sys.platform != "linux":
        pytest.skip("only Linux has network namespaces")
    need("ip")
    name = f"podium-{os.getpid()}"
    # A /30 of the range for tests of devices (RFC 2544), apart for each process.
    number = os.getpid() % 16_000 * 4
    network = f"198.18.{number // 256}."
    ours, theirs = f"{network}{number % 256 + 1}", f"{network}{number % 256 + 2}"
    veth = f"pod{os.getpid() % 10**9}"
    inside = ["ip", "-n", name]
    steps = [
        ["ip", "netns", "add", name],
        ["ip", "link", "add", f"{veth}a", "type", "veth", "peer", f"{veth}b", "netns", name],
        ["ip", "addr", "add", f"{ours}/30", "dev", f"{veth}a"],
        ["ip", "link", "set", f"{veth}a", "up"],
        [*inside, "addr", "add", f"{theirs}/30", "dev", f"{veth}b"],
        [*inside, "link", "set", f"{veth}b", "up"],
    ]
    try:
        for step in steps:
            subprocess.run(step, check=True, capture_output=True)
        yield name, ours
    except subprocess.CalledProcessError as exc:
        pytest.skip(f"network namespaces: not permitted here ({exc})")
    finally:
        subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)


@pytest.mark.long
def test_workers_in_a_network_namespace_add_up(locustfile, tmp_path, namespace):
    name, ours = namespace
    options = ["-u", "2", "-r", "9", "-t", "2s", "--hdr", "run.hlog"]
    with (
        serving(right, host=ours) as server,
        cluster(
            locustfile(), server.url, *options, prefix=["ip", "netns", "exec", name], host=ours
        ) as (master, _),
    ):
        output, _ = master.communicate(timeout=DEADLINE_S)
        answered = server.answered
    assert f"Ask: {answered} sent, {answered} answered, no failures" in output
    assert hdr(tmp_path / "run.hlog").total == answered > 0


LOST = re.compile(r"Worker (\S+) was lost: the (\d+) requests that it had reported are counted")


@pytest.mark.long
def test_a_worker_that_dies_is_named_and_what_it_reported_is_kept(locustfile, tmp_path):
    """In the log, in the files and by the exit code."""
    path = locustfile()
    options = ["-u", "2", "-r", "9", "-t", "12s", "--hdr", "run.hlog", "--csv", "run"]
    with serving(right) as server, cluster(path, server.url, *options) as (master, workers):
        wait_until(lambda: server.accepted >= 6, "no load")
        time.sleep(5)  # Locust's workers report every 3 s; that interval is not ours to choose
        os.kill(workers[0].pid, signal.SIGKILL)
        output, _ = master.communicate(timeout=DEADLINE_S)
        answered = server.answered
    assert master.returncode == 1
    ((worker, reported),) = set(LOST.findall(output))
    assert int(reported) > 0
    for file in ("run.hlog", "run_exceptions.csv"):
        assert LOST.findall((tmp_path / file).read_text()) == [(worker, reported)]
    kept = hdr(tmp_path / "run.hlog").total
    assert 0 < kept < answered
    assert f"Ask: {kept} sent, {kept} answered" in output


def test_the_engine_needs_no_locust_in_the_process_that_drives_it():
    code = (
        "import sys, json, benchmarks.engine.driver, benchmarks.engine.null_server;"
        "print(json.dumps('locust' in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, check=True, timeout=DEADLINE_S
    )
    assert json.loads(done.stdout) is False
