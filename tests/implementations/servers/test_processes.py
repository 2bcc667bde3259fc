"""Facts about real processes: CPU time, memory, the tree."""

import os
import subprocess
import sys

import psutil
import pytest

from implementations.processes import (
    cpu_use,
    descendants,
    read_cpu_times,
    read_memory,
    session_members,
)

WORKS = """
import sys, time
kept = bytearray(50_000_000)
kept[::4096] = b"x" * len(kept[::4096])
while time.process_time() < 0.3:
    pass
print("worked", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def worked():
    """A process that has used 0.3 s of CPU time and 50 MB, and now waits."""
    process = subprocess.Popen(
        [sys.executable, "-c", WORKS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout.readline() == "worked\n"
    yield process
    process.communicate()


def test_cpu_time_is_what_the_process_has_used(worked) -> None:
    times = read_cpu_times([worked.pid])
    assert times[worked.pid] >= 300_000_000
    assert times[worked.pid] == pytest.approx(
        1e9 * sum(psutil.Process(worked.pid).cpu_times()[:2]), abs=50e6
    )


def test_cpu_time_of_an_idle_process_stands_still(worked, eventually) -> None:
    def stands() -> bool:
        return read_cpu_times([worked.pid]) == read_cpu_times([worked.pid])

    assert eventually(stands)


def test_cpu_use_tells_what_was_lost(worked) -> None:
    before = read_cpu_times([worked.pid, os.getpid()])
    worked.communicate()
    after = read_cpu_times([worked.pid, os.getpid()])
    assert set(after) == {os.getpid()}
    use = cpu_use(before, after)
    assert use.lost == (worked.pid,)
    assert use.used_ns == after[os.getpid()] - before[os.getpid()]


def test_cpu_use_counts_a_new_process_whole() -> None:
    assert cpu_use({1: 10}, {1: 15, 2: 7}).used_ns == 12


def test_memory_is_that_of_all_together(worked) -> None:
    memory = read_memory([worked.pid])
    assert 50_000_000 < memory.uss_bytes < 200_000_000
    if sys.platform == "linux":
        assert memory.uss_bytes <= memory.pss_bytes
    both = read_memory([worked.pid, os.getpid()])
    assert both.uss_bytes > memory.uss_bytes


def test_memory_of_a_process_that_is_gone_is_unknown(worked) -> None:
    worked.communicate()
    assert read_memory([worked.pid]) is None


def test_the_living_are_found_by_parent_and_by_session(worked) -> None:
    assert worked.pid in descendants(os.getpid())
    assert session_members(worked.pid) == (worked.pid,)
    worked.kill()
    # It is not reaped yet, but has ended: a zombie is not among the living.
    os.waitid(os.P_PID, worked.pid, os.WEXITED | os.WNOWAIT)
    assert worked.pid not in descendants(os.getpid())
    assert session_members(worked.pid) == ()
    assert descendants(worked.pid) == ()


def test_cpu_time_of_a_stack_grows_with_requests(start) -> None:
    running = start("wsgi:granian")
    before = read_cpu_times(running.pids())
    assert set(before) == set(running.pids())
    assert min(before.values()) > 0
    assert cpu_use(before, read_cpu_times(running.pids())).lost == ()
