"""The cores of servers and generator: disjoint sets, where the machine has two."""

import os
import sys
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

TOPOLOGY = Path("/sys/devices/system/cpu")


@dataclass(frozen=True)
class CoreSplit:
    """Core numbers; both `None` where a process cannot be pinned, both the same on one core."""

    servers: frozenset[int] | None
    generator: frozenset[int] | None

    @property
    def disjoint(self) -> bool:
        """Whether server and generator cannot take each other's time."""
        return bool(self.servers and self.generator and not self.servers & self.generator)


def usable_cores() -> frozenset[int]:
    """Return the cores that this process may run on: all, where that cannot be known."""
    if sys.platform == "linux":
        return frozenset(os.sched_getaffinity(0))
    return frozenset(range(os.cpu_count() or 1))


def split_cores(workers: int) -> CoreSplit:
    """Return cores for servers of `workers` processes, and one for the generator.

    The generator gets the first core we may use; the servers one core a worker, as many as there
    are, and where possible none that shares its execution units with the generator's.
    """
    if not sys.platform.startswith("linux"):
        return CoreSplit(None, None)
    usable = sorted(usable_cores())
    return choose_cores(usable, {core: _siblings(core) for core in usable}, workers)


def choose_cores(
    usable: list[int], siblings: dict[int, Collection[int]], workers: int
) -> CoreSplit:
    """Return the split for these cores; `siblings` of a core share its execution units."""
    generator, *others = usable
    if not others:
        return CoreSplit(frozenset(usable), frozenset(usable))
    apart = [core for core in others if core not in siblings[generator]]
    together = [core for core in others if core in siblings[generator]]
    return CoreSplit(frozenset((apart + together)[:workers]), frozenset({generator}))


def pin(pids: Iterable[int], cores: Collection[int]) -> None:
    """Confine running processes, all their threads, to these cores (Linux).

    Twice, because a thread may start another that inherits its old cores meanwhile. One that has
    ended needs no core.
    """
    for _ in range(2):
        for pid in pids:
            with suppress(OSError):
                for thread in Path(f"/proc/{pid}/task").iterdir():
                    with suppress(ProcessLookupError):
                        os.sched_setaffinity(int(thread.name), cores)


def _siblings(core: int) -> frozenset[int]:
    """The hardware threads of the core that `core` belongs to; Linux lists `0,4` or `0-1`."""
    try:
        text = (TOPOLOGY / f"cpu{core}/topology/thread_siblings_list").read_text().strip()
    except OSError:
        return frozenset({core})
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return frozenset(found)
