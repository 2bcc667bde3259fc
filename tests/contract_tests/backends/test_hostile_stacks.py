"""Bad clients and defects on launched stacks: the suite's two sections, on every stack."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from implementations.catalogue import all_stacks

ROOT = Path(__file__).parents[3]
PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")
# One in every run: its server has a thread for each slow client, so it bears the most.
QUICK = "falcon:gunicorn"


@pytest.mark.parametrize(
    "stack",
    [
        pytest.param(stack.name, marks=[] if stack.name == QUICK else pytest.mark.long)
        for stack in all_stacks()
    ],
)
def test_slow_clients_and_defects_stop_no_stack(stack):
    environment = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    sections = [f"contract_tests/suite/test_{name}.py" for name in ("slow_clients", "defects")]
    done = subprocess.run(
        [*PYTEST, "--stack", stack, *sections],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
