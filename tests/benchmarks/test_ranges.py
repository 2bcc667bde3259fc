"""Options of the side commands and of the Locust users take what their ranges say."""

import argparse
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.ranges import finite, integer

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.mark.parametrize("text", ["0", "11", "-1", "1.5", "x", "", "²", "9" * 5000])
def test_an_integer_outside_its_range_is_refused_with_the_range(text):
    with pytest.raises(argparse.ArgumentTypeError, match="must be an integer from 1 to 10, got"):
        integer(1, 10)(text)


@pytest.mark.parametrize("text", ["0", "11", "-1", "nan", "inf", "1e400", "x", ""])
def test_a_number_outside_its_range_is_refused_with_the_range(text):
    with pytest.raises(argparse.ArgumentTypeError, match="must be a number above 0 and up to 10"):
        finite(0, 10)(text)


def test_what_is_within_is_taken():
    assert [integer(1, 10)("1"), integer(1, 10)("10")] == [1, 10]
    assert [finite(0, 10)("1e-3"), finite(0, 10)("10")] == [0.001, 10.0]


@pytest.mark.parametrize(
    ("program", "option"),
    [
        (["locust", "-f", BENCHMARKS / "locustfile.py", "--headless"], "--rows=1025"),
        (["locust", "-f", BENCHMARKS / "engine" / "locustfile.py", "--headless"], "--rate=nan"),
        (["benchmarks.generators.bench"], "--seconds=inf"),
        (["benchmarks.generators.bench"], "--rounds=0"),
        (["benchmarks.conformity"], "--blocks=1"),
    ],
)
def test_a_program_ends_with_2_and_the_range_before_any_work(program, option):
    done = subprocess.run(
        [sys.executable, "-m", *program, option],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 2
    assert "must be a" in done.stderr
    assert "Traceback" not in done.stderr
