"""Which processes are found below one, and in one session."""

import os
import subprocess
import sys

import pytest

from implementations.launching.processes import descendants, session_members

PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"])
print(child.pid, flush=True)
sys.stdin.read()
child.wait()
"""


@pytest.fixture
def family():
    """A process that leads a session, and the id of its child; both wait."""
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    yield parent, int(parent.stdout.readline())
    parent.communicate()


def test_descendants_are_children_and_theirs(family) -> None:
    parent, child = family
    assert descendants(parent.pid) == (child,)
    assert {parent.pid, child} <= set(descendants(os.getpid()))


def test_orphan_is_found_by_its_session(family) -> None:
    parent, child = family
    assert session_members(parent.pid) == tuple(sorted((parent.pid, child)))
    parent.kill()
    # It has ended, though nobody has asked for its status: a zombie is not among the living.
    os.waitid(os.P_PID, parent.pid, os.WEXITED | os.WNOWAIT)
    assert session_members(parent.pid) == (child,)
    assert parent.pid not in descendants(os.getpid())


def test_process_that_is_gone_has_no_descendants(family) -> None:
    parent, _ = family
    parent.communicate()
    assert descendants(parent.pid) == ()
