"""The engine's locustfile under Locust itself, headless."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.miniature import Miniature, wrong_once_in

LOCUSTFILE = Path(__file__).parents[4] / "benchmarks" / "engine" / "locustfile.py"


def locust(url: str, *arguments: str) -> subprocess.CompletedProcess:
    """A short headless run against `url`."""
    return subprocess.run(
        [
            *(sys.executable, "-m", "locust", "-f", LOCUSTFILE, "--host", url, "--headless"),
            *("--users", "1", "--only-summary", "--stop-timeout", "5", "--run-time", "1"),
            *arguments,
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=100,
        check=False,
    )


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


def test_an_open_loop_sends_what_is_due_and_a_wrong_answer_fails():
    def misspell(connection, number, answer):
        connection.sendall(answer.replace(b"letter_c", b"letter_k"))

    with Miniature(wrong_once_in(20, misspell)).running() as miniature:
        done = locust(miniature.url, "--rate", "100", "LetterCount")
    assert done.returncode == 1, done.stdout
    assert "wrong_content" in done.stdout
    assert 20 <= miniature.asked < 1000
