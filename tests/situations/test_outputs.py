"""Outputs that nobody takes, and a working folder that is no more: said before any work."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEADLINE_S = 100
CHECK = ("check", "wsgi", "--case", "1.1.1")


def run(*arguments, cwd, prefix=()):
    """`podium ARGUMENTS`, which is to end before its work."""
    return subprocess.run(
        [*prefix, sys.executable, "-m", "podium", *arguments],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("load", "wsgi", "--operation", "count", "--hdr"),
        (*CHECK, "--junit"),
        (*CHECK, "--record"),
    ],
    ids=lambda arguments: arguments[-1],
)
def test_a_named_pipe_that_nobody_reads_is_refused_as_an_output(arguments, tmp_path):
    """Opening it would wait for a reader without end."""
    os.mkfifo(tmp_path / "pipe")
    done = run(*arguments, "pipe", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == "podium: No such device or address: pipe\n"


def test_a_working_folder_that_was_removed_is_said_before_any_work(tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    remove = ("sh", "-c", 'rmdir ../gone && exec "$@"', "sh")
    done = run(*CHECK, cwd=gone, prefix=remove)
    assert done.returncode == 2
    assert done.stderr == ("podium: the working folder has been removed; change into another\n")
