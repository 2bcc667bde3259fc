"""Pauses of the load process: time for which its loop had to run and did not."""

from time import perf_counter_ns as clock_ns
from time import process_time_ns

LEAST_NS = 10_000_000


class Pauses:
    """The pauses between looks that a loop takes at least every `usual_ns`, waits included.

    A longer gap in which the process used no CPU time is a pause: it was stopped, or had no core.
    """

    def __init__(self, usual_ns: int) -> None:
        self.total_ns = 0
        self._usual_ns = usual_ns
        self._last_ns = 0
        self._cpu_ns = 0

    def begin(self) -> None:
        """Count from now."""
        self.total_ns = 0
        self._last_ns, self._cpu_ns = clock_ns(), process_time_ns()

    def look(self, now: int) -> None:
        """Count the pause since the last look, if there was one."""
        cpu_ns = process_time_ns()
        idle_ns = now - self._last_ns - (cpu_ns - self._cpu_ns)
        if self._last_ns and idle_ns > self._usual_ns + LEAST_NS:
            self.total_ns += idle_ns
        self._last_ns, self._cpu_ns = now, cpu_ns
