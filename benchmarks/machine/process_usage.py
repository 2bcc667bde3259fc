"""CPU time and memory of processes, as the kernel accounts for them.

What cannot be had (another system, a process that has ended) is `None`, never 0.
"""

import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Memory:
    """Bytes, added up over processes: unique to them (USS), and with their share of what is
    shared (PSS; Linux only)."""

    uss_bytes: int | None
    pss_bytes: int | None


def cpu_ns(pids: Iterable[int]) -> dict[int, int] | None:
    """Return the CPU time of each process since its start, all threads, in nanoseconds.

    Linux has a clock for each process (clock_getcpuclockid(3): the id is made of the process id);
    psutil's figures elsewhere come in ticks of 10 ms, too coarse for a slice.
    """
    if not sys.platform.startswith("linux"):
        return None
    try:
        return {pid: time.clock_gettime_ns((~pid << 3) | 2) for pid in pids}
    except OSError:
        return None


def cpu_used_s(before: dict[int, int] | None, after: dict[int, int] | None) -> float | None:
    """Return seconds of CPU between two readings; `None` if a process came or went in between."""
    if before is None or after is None or before.keys() != after.keys() or not after:
        return None
    return (sum(after.values()) - sum(before.values())) / 1e9


def memory(pids: Iterable[int]) -> Memory:
    """Return the memory of these processes together, as of now."""
    try:
        infos = [psutil.Process(pid).memory_full_info() for pid in pids]
    except psutil.Error:
        return Memory(None, None)
    if not infos:
        return Memory(None, None)
    pss = [getattr(info, "pss", None) for info in infos]
    known = [value for value in pss if value is not None]
    return Memory(sum(info.uss for info in infos), sum(known) if len(known) == len(infos) else None)
