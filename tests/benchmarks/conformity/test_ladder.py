"""The ladder's ratios, intervals and verdicts, by hand, and a run of all of it."""

import json
import math
import signal
import subprocess
import sys

import pytest

from benchmarks.conformity.ladder import Ratio, Rung, build_ladder, ladder_lines
from benchmarks.conformity.measuring import BlockReading, Speed


def reading(block, ours_per_s, naive_per_s, ours_cpu_s=None, naive_cpu_s=None, *, stack="a:b"):
    """A block of one second each, of so many answers."""
    ours = Speed(ours_per_s, 1.0, ours_per_s, ours_cpu_s)
    return BlockReading(
        stack, "count", block, ours, Speed(naive_per_s, 1.0, naive_per_s, naive_cpu_s)
    )


def rung(low, high):
    return Rung("a:b", "count", Ratio((low + high) / 2, low, high), None, None, 1.0, 1.0)


def test_ratio_is_the_geometric_mean_of_the_blocks():
    [found] = build_ladder([reading(0, 200, 100), reading(1, 50, 100), reading(2, 300, 300)])
    assert found.rate_ratio.estimate == pytest.approx(1.0)
    # log 2, -log 2 and 0; t with 2 degrees of freedom, by table
    half = 4.302652729911275 * math.log(2) / math.sqrt(3)
    assert math.log(found.rate_ratio.high) == pytest.approx(half)
    assert math.log(found.rate_ratio.low) == pytest.approx(-half)


def test_cost_is_what_the_server_uses_more_for_a_request():
    [found] = build_ladder([reading(0, 100, 200, 0.5, 0.8), reading(1, 100, 200, 0.7, 0.8)])
    # 5,000 and 7,000 µs a request, beside 4,000
    assert found.cost_us == pytest.approx(2000)
    assert found.cpu_ratio.estimate == pytest.approx(math.sqrt(1.25 * 1.75))


def test_without_a_cpu_clock_no_cost_is_told():
    [found] = build_ladder([reading(0, 100, 200), reading(1, 100, 200)])
    assert found.cpu_ratio is None
    assert found.cost_us is None
    assert " - " in ladder_lines([found])[1]


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.85, 0.9, "reached"),
        (0.8, 0.849, "missed"),
        (0.8, 0.85, "undecided"),
        (0.84, 1.2, "undecided"),
    ],
)
def test_verdict_needs_the_whole_interval(low, high, verdict):
    assert rung(low, high).verdict == verdict


def test_the_best_comes_first_and_one_block_is_no_rung():
    blocks = [reading(n, 90, 100, stack="slow") for n in range(2)]
    blocks += [reading(n, 99, 100, stack="fast") for n in range(2)]
    assert [one.stack for one in build_ladder([*blocks, reading(0, 1, 1, stack="once")])] == [
        "fast",
        "slow",
    ]


@pytest.mark.long
def test_the_command_measures_a_stack():
    command = [sys.executable, "-m", "benchmarks.conformity", "wsgi:granian", "--json"]
    done = subprocess.run(
        [*command, "--blocks", "2", "--rounds", "1"],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stderr
    rungs = json.loads(done.stdout)
    assert {one["operation"] for one in rungs} == {"count", "letter_count", "predict"}
    assert all(one["rate_ratio"]["low"] <= one["rate_ratio"]["high"] for one in rungs)


@pytest.mark.long
def test_an_interrupted_run_prints_what_is_whole():
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.conformity", "wsgi:granian", "--json", "--rounds", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as run:
        assert any("block 3 of 4" in line for line in run.stderr)
        run.send_signal(signal.SIGINT)
        printed, said = run.communicate(timeout=60)
    assert run.returncode == 130
    assert said.endswith("podium: interrupted\n")
    assert "Traceback" not in said
    assert len(json.loads(printed)) == 3


def test_an_unknown_stack_cannot_be_measured():
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.conformity", "flsk"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "flsk" in done.stderr
    assert "Traceback" not in done.stderr
