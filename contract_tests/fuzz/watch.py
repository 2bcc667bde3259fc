"""Memory growth and replacement of the processes of launched stacks."""

from collections.abc import Sequence
from dataclasses import dataclass

import psutil

from implementations.launching.launcher import RunningStack

MOST_GROWTH_RATIO = 0.10


@dataclass(frozen=True)
class Growth:
    """Memory of one process that is its own (USS), before and after."""

    stack: str
    pid: int
    before_bytes: int
    after_bytes: int

    @property
    def ratio(self) -> float:
        """The growth as a ratio: 0.1 for a tenth more."""
        return self.after_bytes / self.before_bytes - 1

    @property
    def too_much(self) -> bool:
        """Whether it is more than is allowed."""
        return self.ratio > MOST_GROWTH_RATIO


class Watch:
    """Watches the processes of stacks from its creation on."""

    def __init__(self, running: Sequence[RunningStack]) -> None:
        self._running = running
        self._pids = {stack.stack.name: set(stack.pids()) for stack in running}
        self._before: dict[int, int] = {}

    def begin_growth(self) -> None:
        """Measure growth from here on, when everything that is needed once has been loaded."""
        self._before = {pid: _own_bytes(pid) for pids in self._pids.values() for pid in pids}

    def growth(self) -> list[Growth]:
        """Return the growth of each process that never ended; empty before `begin_growth`."""
        return [
            Growth(name, pid, self._before[pid], _own_bytes(pid))
            for name, pids in self._pids.items()
            for pid in sorted(pids)
            if pid in self._before and psutil.pid_exists(pid)
        ]

    def replaced(self) -> list[str]:
        """Stacks whose processes are not those that they were."""
        return [
            stack.stack.name
            for stack in self._running
            if set(stack.pids()) != self._pids[stack.stack.name]
        ]


def _own_bytes(pid: int) -> int:
    return int(psutil.Process(pid).memory_full_info().uss)
