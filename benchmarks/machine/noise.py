"""The machine's own noise while a round ran: read from /proc before and after it, and a canary.

Only Linux has these figures; elsewhere each is `None`.
"""

import os
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine.control_group import throttled_s
from benchmarks.machine.process_usage import cpu_ns
from reports.study.records import MachineNoise

PROC = Path("/proc")
# About 0.2 ms on a machine of 2020, so 2 ms in all.
ADDITIONS = 5_000
SHOTS = 10


@dataclass(frozen=True)
class NoiseReading:
    """Running totals in seconds: of the cores in use, and of our own processes."""

    at_s: float
    steal_s: float | None
    busy_s: float | None
    own_s: float | None
    delay_s: float | None
    throttled_s: float | None


def read_noise(
    cores: Collection[int], own: Iterable[int], generator: Iterable[int]
) -> NoiseReading:
    """Return the totals now.

    `own` : our processes, servers included. `generator` : those that make load.
    """
    steal_s, busy_s = _core_times(cores)
    used = cpu_ns(own)
    return NoiseReading(
        at_s=time.monotonic(),
        steal_s=steal_s,
        busy_s=busy_s,
        own_s=None if used is None else sum(used.values()) / 1e9,
        delay_s=run_queue_delay_s(generator),
        throttled_s=throttled_s(),
    )


def noise_between(before: NoiseReading, after: NoiseReading, cores: int) -> MachineNoise:
    """Return the noise between two readings over `cores` cores.

    `other_cpu_ratio` is the cores' busy time that our processes do not account for. The kernel
    counts busy time in ticks (10 ms mostly), so it is exact to a percent in a round of a second.
    """
    wall_s = after.at_s - before.at_s
    steal_s = _difference(before.steal_s, after.steal_s)
    busy_s = _difference(before.busy_s, after.busy_s)
    own_s = _difference(before.own_s, after.own_s)
    delay_s = _difference(before.delay_s, after.delay_s)
    throttled = _difference(before.throttled_s, after.throttled_s)
    other_s = None if busy_s is None or own_s is None else max(0.0, busy_s - own_s)
    return MachineNoise(
        steal_ratio=None if steal_s is None else steal_s / (wall_s * cores),
        other_cpu_ratio=None if other_s is None else other_s / (wall_s * cores),
        run_queue_delay_ratio=None if delay_s is None else delay_s / wall_s,
        throttled_ratio=None if throttled is None else min(1.0, throttled / (wall_s * cores)),
    )


def canary_ns(cores: Collection[int] | None = None) -> int:
    """Return the best time of a fixed busy loop, in nanoseconds: the speed of a core right now.

    It takes about 2 ms, in the calling thread, on one of `cores` where they are given. The best of
    its shots is one that no other process interrupted, so that a server's own work after its load
    does not show in it.
    """
    if cores is None or not hasattr(os, "sched_setaffinity"):
        return min(_shot_ns() for _ in range(SHOTS))
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        return min(_shot_ns() for _ in range(SHOTS))
    finally:
        os.sched_setaffinity(0, before)


def _shot_ns() -> int:
    started = time.perf_counter_ns()
    total = 0
    for number in range(ADDITIONS):
        total += number & 7
    return time.perf_counter_ns() - started


def _difference(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else after - before


def _core_times(cores: Collection[int]) -> tuple[float | None, float | None]:
    """Steal and busy seconds of the cores since the machine's start (proc_stat(5))."""
    try:
        lines = (PROC / "stat").read_text().splitlines()
    except OSError:
        return None, None
    tick_s = 1 / os.sysconf("SC_CLK_TCK")
    names = {f"cpu{core}" for core in cores}
    steal = busy = 0
    for name, *fields in (line.split() for line in lines):
        if name in names:
            user, nice, system, _idle, _iowait, irq, softirq, stolen = map(int, fields[:8])
            busy += user + nice + system + irq + softirq
            steal += stolen
    return steal * tick_s, busy * tick_s


def run_queue_delay_s(pids: Iterable[int]) -> float | None:
    """Return the seconds that the processes' main threads have waited for a core.

    The second field of /proc/PID/schedstat; None where there is none.
    """
    try:
        texts = [(PROC / str(pid) / "schedstat").read_text() for pid in pids]
        return sum(int(text.split()[1]) for text in texts) / 1e9
    except (OSError, IndexError):
        return None
