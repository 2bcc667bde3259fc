"""Facts about the processes of a running stack: which they are, their CPU time, their memory."""

import os
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import psutil

CpuTimes = Mapping[int, int]
"""CPU time that each process has used since it started, nanoseconds, by process id."""


@dataclass(frozen=True)
class CpuUse:
    """CPU time that processes used between two readings.

    `lost` : processes of the first reading that had ended at the second. What they used in between
    is not in `used_ns`, which is then too small; children that came and went in between are not
    seen at all. The processes of a stack last as long as it, so a loss means that one died.
    """

    used_ns: int
    lost: tuple[int, ...]


@dataclass(frozen=True)
class Memory:
    """Memory of several processes together.

    `uss_bytes` : what would become free if they ended (unique set size).
    `pss_bytes` : pages in use, each divided by the number of processes that share it (proportional
    set size); None where the system does not tell.
    """

    uss_bytes: int
    pss_bytes: int | None


def descendants(pid: int) -> tuple[int, ...]:
    """All living processes below a process, sorted; empty where it is gone."""
    try:
        below = psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return ()
    return tuple(sorted(process.pid for process in below if _lives(process)))


def session_members(session: int) -> tuple[int, ...]:
    """All living processes of a session, sorted; orphans keep the session (setsid(2))."""
    found = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == session and _lives(process):
                found.append(process.pid)
        except (ProcessLookupError, PermissionError):
            continue
    return tuple(sorted(found))


def read_cpu_times(pids: Iterable[int]) -> dict[int, int]:
    """The CPU time of each process, all its threads, without its children; the dead are left out.

    On Linux from the process's own clock, to the nanosecond; elsewhere to 10 ms or finer.
    """
    found = {}
    for pid in pids:
        try:
            found[pid] = _cpu_ns(pid)
        except (OSError, psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def cpu_use(before: CpuTimes, after: CpuTimes) -> CpuUse:
    """What was used between two readings; a process that is new at the second counts whole."""
    used_ns = sum(ns - before.get(pid, 0) for pid, ns in after.items())
    return CpuUse(used_ns, tuple(sorted(before.keys() - after.keys())))


def read_memory(pids: Iterable[int]) -> Memory | None:
    """The memory of processes together; None where one cannot be read."""
    uss_bytes = 0
    pss_bytes: int | None = 0
    for pid in pids:
        try:
            memory = psutil.Process(pid).memory_full_info()
        except psutil.Error:
            return None
        uss_bytes += memory.uss
        pss = getattr(memory, "pss", None)
        pss_bytes = None if pss is None or pss_bytes is None else pss_bytes + pss
    return Memory(uss_bytes, pss_bytes)


def _lives(process: psutil.Process) -> bool:
    try:
        return process.status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    except psutil.NoSuchProcess:
        return False


def _cpu_ns(pid: int) -> int:
    if sys.platform == "linux":
        # The clock id that clock_getcpuclockid(3) gives for a process (CPUCLOCK_SCHED).
        return time.clock_gettime_ns((~pid << 3) | 2)
    times = psutil.Process(pid).cpu_times()
    return int((times.user + times.system) * 1e9)
