"""What is in a measurement's way is found before it starts, with what to do about it."""

import os
import subprocess
import sys
import time
from typing import get_args

import pytest

from benchmarks.machine import obstacles
from benchmarks.machine.cores import CoreSplit, usable_cores
from benchmarks.machine.obstacles import Obstacle, ObstacleKind, find_obstacles
from benchmarks.machine.process_usage import cpu_ns
from podium.commands.options import OBSTACLES

DEADLINE_S = 30.0


def kinds(cores: CoreSplit) -> set[str]:
    return {one.kind for one in find_obstacles(cores)}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts the time of cores")
def test_another_program_on_a_core_is_seen():
    core = min(usable_cores())
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as busy:
        try:
            os.sched_setaffinity(busy.pid, {core})
            deadline = time.monotonic() + DEADLINE_S
            while sum(cpu_ns([busy.pid]).values()) < 1e8 and time.monotonic() < deadline:
                time.sleep(0.01)
            assert "busy" in kinds(CoreSplit(frozenset({core}), None))
        finally:
            busy.kill()


def test_one_core_for_all_is_seen():
    one = frozenset({min(usable_cores())})
    assert "shared_core" in kinds(CoreSplit(one, one))
    assert "shared_core" not in kinds(CoreSplit(None, None))


@pytest.mark.parametrize(
    ("governor", "seen"), [("powersave", True), ("performance", False), (None, False)]
)
def test_a_frequency_that_follows_the_load_is_seen(governor, seen, monkeypatch):
    monkeypatch.setattr(obstacles, "frequency_governor", lambda: governor)
    assert ("frequency" in kinds(CoreSplit(None, None))) == seen


@pytest.mark.parametrize(("cores", "seen"), [(0.5, True), (64.0, False), (None, False)])
def test_a_quota_below_the_cores_in_use_is_seen(cores, seen, monkeypatch):
    monkeypatch.setattr(obstacles, "cpu_quota_cores", lambda: cores)
    assert ("quota" in kinds(CoreSplit(frozenset({0}), None))) == seen


@pytest.mark.parametrize("kind", get_args(ObstacleKind))
def test_each_says_what_to_do(kind):
    assert ": " in OBSTACLES[kind](Obstacle(kind, 0.27, "powersave"))
