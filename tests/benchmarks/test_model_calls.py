"""Health is asked at its rate while predictions are made, and a wrong answer ends the run."""

import asyncio
import json
import subprocess
import sys
import threading

import pytest

from benchmarks.errors import WrongAnswers
from benchmarks.model_calls.probing import Probed, probe
from tests.benchmarks.miniature import SAMPLE, Miniature, response, wrong_once_in

DEADLINE_S = 30


class Healthy(Miniature):
    """Answers health too."""

    def answer(self, method, path, content):
        return (
            b'{"status":"ok"}' if path == "/api/health" else super().answer(method, path, content)
        )


def probed(miniature, **options):
    given = {"connections": 2, "rate_per_s": 100, "duration_s": 0.2, **options}
    return asyncio.run(probe("miniature", ("127.0.0.1", miniature.port), SAMPLE, **given))


def test_health_is_asked_as_often_as_it_is_due_while_predictions_are_made():
    with Healthy().running() as miniature:
        found = probed(miniature)
    assert len(found.health_s) == 20
    assert found.predicted > 0
    assert miniature.asked > found.predicted + 20  # those before health was looked at


def test_health_is_sent_when_it_is_due_though_none_is_answered_yet():
    """The miniature answers none before it was asked ten times."""
    all_asked = threading.Barrier(10)

    def send(connection, number, answer):
        all_asked.wait(DEADLINE_S)
        connection.sendall(answer)

    with Healthy(send).running() as miniature:
        found = probed(miniature, connections=0, rate_per_s=50)
    assert (len(found.health_s), miniature.accepted, found.predicted) == (10, 10, 0)
    # Counted from when each was due: the first waited for the last.
    assert found.health_s[0] > found.health_s[-1]


@pytest.mark.parametrize("operation", ["predict", "health"])
def test_a_wrong_answer_ends_the_run(operation):
    def wrong(connection, _, answer):
        predicted = b"predictions" in answer
        if predicted == (operation == "predict"):
            answer = response(json.dumps({"predictions": ["medium"]}).encode())
        connection.sendall(answer)

    with (
        Healthy(wrong_once_in(1, wrong)).running() as miniature,
        pytest.raises(WrongAnswers, match=f"miniature failed under {operation}"),
    ):
        probed(miniature)


def test_quantiles_are_times_that_were_measured():
    found = Probed(health_s=[number / 1000 for number in range(100, 0, -1)])
    assert [found.health_ms(share) for share in (0.5, 0.99, 1.0)] == [50.0, 99.0, 100.0]
    assert Probed(health_s=[0.25]).health_ms(0.99) == 250.0


def test_the_table_has_each_stack_with_where_its_model_is_called():
    done = subprocess.run(
        [
            *(sys.executable, "-m", "benchmarks.model_calls", "asgi:uvicorn"),
            *("--model", "iris", "--rounds", "1", "--duration", "0.2"),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    lines = done.stdout.splitlines()
    assert len(lines) == 3
    assert lines[2].startswith("| asgi:uvicorn | loop | ")
