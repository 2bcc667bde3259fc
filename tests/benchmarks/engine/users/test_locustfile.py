"""The engine's locustfile under Locust itself, headless."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.benchmarks.locust_run import master_port, run_locust
from tests.benchmarks.miniature import Miniature, wrong_once_in

LOCUSTFILE = Path(__file__).parents[4] / "benchmarks" / "engine" / "locustfile.py"


def locust(url: str, *arguments: str) -> subprocess.CompletedProcess:
    return run_locust(LOCUSTFILE, url, *("--users", "1", "--run-time", "1", *arguments))


@pytest.mark.parametrize(
    ("user", "path"),
    [("Count", "/api/count"), ("LetterCount", "/api/letter_count"), ("Predict", "/api/predict")],
)
def test_each_user_asks_its_operation_and_a_right_backend_passes(user, path):
    with Miniature().running() as miniature:
        done = locust(miniature.url, "--any-model", user)
    assert done.returncode == 0, done.stdout
    assert f" {path} " in done.stdout
    assert "no failures" in done.stdout
    assert miniature.asked > 10


@pytest.mark.parametrize("workers", [(), ("--processes", "2")])
def test_ctrl_c_ends_as_with_stock_users_in_both_final_tables(workers):
    """Exit code 0, no traceback; of workers too, whose terminal sends it to all at once."""
    command = [sys.executable, "-m", "locust", "-f", LOCUSTFILE, "--headless", "--only-summary"]
    with (
        Miniature().running() as miniature,
        subprocess.Popen(
            [*command, "--host", miniature.url, *workers, *master_port(), "LetterCount"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process,
    ):
        deadline = time.monotonic() + 60
        while miniature.asked < 1000 and time.monotonic() < deadline:
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGINT)
        try:
            printed, _ = process.communicate(timeout=60)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    assert process.returncode == 0, printed
    assert "Traceback" not in printed
    assert "Response time percentiles (approximated)" in printed
    assert re.search(r"LetterCount: \d+ sent, \d+ answered, no failures", printed)


def test_an_open_loop_sends_what_is_due_and_a_wrong_answer_fails():
    def misspell(connection, number, answer):
        connection.sendall(answer.replace(b"letter_c", b"letter_k"))

    with Miniature(wrong_once_in(20, misspell)).running() as miniature:
        done = locust(miniature.url, "--rate", "100", "LetterCount")
    assert done.returncode == 1, done.stdout
    assert "wrong_content" in done.stdout
    assert 20 <= miniature.asked < 1000
