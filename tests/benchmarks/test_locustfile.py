"""The locustfile under Locust itself, headless and distributed."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.miniature import Miniature, response, wrong_once_in

LOCUSTFILE = Path(__file__).parents[2] / "benchmarks" / "locustfile.py"


def locust(url: str, *arguments: str) -> subprocess.CompletedProcess:
    """A short headless run against `url`."""
    return subprocess.run(
        [
            *(sys.executable, "-m", "locust", "-f", LOCUSTFILE, "--host", url, "--headless"),
            *("--users", "6", "--spawn-rate", "6", "--only-summary", "--stop-timeout", "5"),
            *arguments,
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=100,
        check=False,
    )


def misspell(connection, number, answer):
    connection.sendall(answer.replace(b"letter_c", b"letter_k").replace(b'"count":', b'"count":1'))


def test_a_right_backend_passes_in_all_three_operations():
    with Miniature().running() as miniature:
        done = locust(miniature.url, "--run-time", "1", "--any-model")
    assert done.returncode == 0, done.stdout
    for path in ("/api/count", "/api/letter_count", "/api/predict"):
        assert f" {path} " in done.stdout
    assert miniature.asked > 10


def test_a_backend_that_is_wrong_once_in_a_hundred_fails_with_an_example():
    with Miniature(wrong_once_in(100, misspell)).running() as miniature:
        done = locust(miniature.url, "--run-time", "2", "LetterCount")
    assert miniature.asked >= 100
    assert done.returncode == 1
    assert "wrong content" in done.stdout
    assert "letter_kount" in done.stdout


@pytest.mark.long
def test_a_backend_that_is_wrong_once_in_a_thousand_fails():
    with Miniature(wrong_once_in(1000, misspell)).running() as miniature:
        done = locust(miniature.url, "--run-time", "20", "Count")
    assert miniature.asked >= 1000
    assert done.returncode == 1


def test_workers_check_answers_and_their_master_fails():
    def fail(connection, number, answer):
        connection.sendall(response(b"{}", "500 Internal Server Error"))

    with Miniature(wrong_once_in(50, fail)).running() as miniature:
        done = locust(miniature.url, "--run-time", "2", "--processes", "2", "Count")
    assert miniature.asked >= 50
    assert done.returncode == 1
    assert "wrong status 500" in done.stdout


def test_a_run_without_a_request_has_shown_nothing_and_fails():
    with Miniature().running() as miniature:
        done = locust(miniature.url, "--run-time", "1", "--users", "0")
    assert miniature.asked == 0
    assert done.returncode == 1
