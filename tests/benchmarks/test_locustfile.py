"""The locustfile under Locust itself, headless and distributed."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.benchmarks.locust_run import long_enough, master_port, run_locust
from tests.benchmarks.miniature import Miniature, response, wrong_once_in

pytestmark = pytest.mark.early

LOCUSTFILE = Path(__file__).parents[2] / "benchmarks" / "locustfile.py"


def locust(miniature, least: int, *arguments: str) -> subprocess.CompletedProcess:
    """A run in which the backend is asked so often at least."""
    users = ("--users", "6", "--spawn-rate", "6")

    def run(seconds: str) -> subprocess.CompletedProcess:
        return run_locust(LOCUSTFILE, miniature.url, *users, "--run-time", seconds, *arguments)

    return long_enough(run, lambda: miniature.asked >= least)


def misspell(connection, number, answer):
    connection.sendall(answer.replace(b"letter_c", b"letter_k").replace(b'"count":', b'"count":1'))


def test_a_right_backend_passes_in_all_three_operations():
    with Miniature().running() as miniature:
        done = locust(miniature, 100, "--any-model")
    assert done.returncode == 0, done.stdout
    for path in ("/api/count", "/api/letter_count", "/api/predict"):
        assert f" {path} " in done.stdout


def test_a_backend_that_is_wrong_once_in_a_hundred_fails_with_an_example():
    with Miniature(wrong_once_in(100, misspell)).running() as miniature:
        done = locust(miniature, 100, "LetterCount")
    assert done.returncode == 1
    assert "wrong content" in done.stdout
    assert "letter_kount" in done.stdout


@pytest.mark.long
def test_a_backend_that_is_wrong_once_in_a_thousand_fails():
    with Miniature(wrong_once_in(1000, misspell)).running() as miniature:
        done = locust(miniature, 1000, "Count")
    assert done.returncode == 1


def test_workers_check_answers_and_their_master_fails():
    def fail(connection, number, answer):
        connection.sendall(response(b"{}", "500 Internal Server Error"))

    with Miniature(wrong_once_in(50, fail)).running() as miniature:
        ports = master_port()
        done = locust(miniature, 50, "--processes", "2", *ports, "Count")
    assert done.returncode == 1
    assert "wrong status 500" in done.stdout


def test_a_run_without_a_request_has_shown_nothing_and_fails():
    with Miniature().running() as miniature:
        done = locust(miniature, 0, "--users", "0")
    assert miniature.asked == 0
    assert done.returncode == 1


ENGINE = LOCUSTFILE.parent / "engine" / "locustfile.py"
LOST = re.compile(r"Worker (\S+) was lost: the (\d+) requests that it had reported are counted")


@pytest.mark.long
@pytest.mark.parametrize("locustfile", [LOCUSTFILE, ENGINE], ids=["stock", "engine"])
def test_a_run_that_lost_a_worker_fails_and_says_which_and_what_it_had_reported(
    locustfile, tmp_path
):
    """In the log, in the CSV files and by the exit code, whether it was killed early or late."""
    command = [sys.executable, "-m", "locust", "-f", locustfile]
    with Miniature().running() as miniature:
        master = subprocess.Popen(
            [
                *(*command, "--host", miniature.url, "--headless", "--processes", "2"),
                *("-u", "2", "-r", "2", "-t", "9", "--csv", "run", *master_port(), "Count"),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=tmp_path,
            start_new_session=True,
        )
        try:
            deadline = time.monotonic() + 60
            while miniature.asked < 200 and time.monotonic() < deadline:
                time.sleep(0.05)
            time.sleep(5)  # Locust's workers report every 3 s; that interval is not ours to choose
            os.kill(psutil.Process(master.pid).children()[0].pid, signal.SIGKILL)
            printed, _ = master.communicate(timeout=100)
        finally:
            if master.poll() is None:
                os.killpg(master.pid, signal.SIGKILL)
    assert master.returncode == 1, printed
    ((worker, reported),) = set(LOST.findall(printed))
    assert int(reported) > 0
    written = (tmp_path / "run_exceptions.csv").read_text()
    assert LOST.findall(written) == [(worker, reported)]
