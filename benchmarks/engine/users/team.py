"""The Locust users of one class in one process: together they own one loop.

Two epoll loops in one process would block each other during each turn, so the users of a class
share one: each adds its connections when Locust spawns it and removes them when Locust stops it.
"""

import gc
import os
from collections.abc import Callable
from dataclasses import replace
from time import perf_counter_ns as clock_ns

import gevent

from benchmarks.engine.counts.tally import Counted
from benchmarks.engine.loops.loop import Loop
from benchmarks.engine.loops.timing import Outcome, Timing, no_collection, settle_memory
from benchmarks.machine.control_group import throttled_s
from benchmarks.machine.noise import run_queue_delay_s

TURN_NS = 200_000_000
"""Time that the loop runs before gevent gets a turn."""

YIELD_S = 0.001
"""Time that gevent gets between two turns.

Rounds of `sleep(0)` are not enough: messages from Locust's master then arrive up to a second late.
"""

Feed = Callable[[Counted], None]


class Team:
    """The users of the class `name`, and the greenlet that runs their `loop`.

    `feed` gets the counts since its last call after each turn. The drain at the end takes at most
    `patience_s`; requests unanswered then are `unfinished`.
    """

    def __init__(self, name: str, loop: Loop, feed: Feed, patience_s: float) -> None:
        self.name = name
        self.loop = loop
        self.outcome: Outcome | None = None
        self._feed = feed
        self._patience_s = patience_s
        self._members = 0
        self._stopping = False
        self._latest = Counted()
        self._taken = Counted()
        self._greenlet: gevent.Greenlet | None = None
        self._timing = Timing(loop)
        self._lost_s = (0.0, 0.0)

    def join(self, connections: int) -> None:
        """Add a member with its connections; the first one starts the loop."""
        self._members += 1
        if self._greenlet is None:
            self._timing.begin(warm_up=False)
            self._lost_s = _lost_s()
            self._greenlet = gevent.spawn(self._drive)
        self.loop.grow(connections)

    def leave(self, connections: int) -> None:
        """Remove a member; the last one waits until the loop has drained."""
        self._members -= 1
        if self._stopping or not self._members:
            self.join_end()
        else:
            self.loop.shrink(connections)

    def check(self) -> None:
        """Raise the error that ended the loop, if there is one."""
        if self._greenlet is not None and self._greenlet.exception is not None:
            raise self._greenlet.exception

    def join_end(self) -> None:
        """Wait for the end of the loop, if it is ending."""
        if self._greenlet is not None and (self._stopping or not self._members):
            self._greenlet.join()

    def stop(self) -> None:
        """End the loop, even if it still has members."""
        self._stopping = True
        self.join_end()

    @property
    def running(self) -> bool:
        """Whether it has members, or may still get its first."""
        return self.outcome is None and (self._greenlet is None or not self._greenlet.dead)

    def take(self) -> tuple[Counted, bool]:
        """Return the counts since the last call up to the last turn, and whether the run ended."""
        taken, self._taken = self._taken, self._latest
        return self._latest.since(taken), self.outcome is not None

    def _drive(self) -> None:
        settle_memory()
        with no_collection():
            while self._members and not self._stopping:
                self.loop.turn(clock_ns() + TURN_NS)
                self._report()
                gc.collect()
                gevent.sleep(YIELD_S)
            outcome = self._timing.end(self._patience_s)
        core_wait_s, quota_s = (
            now - then for now, then in zip(_lost_s(), self._lost_s, strict=True)
        )
        counted = replace(outcome.counted, core_wait_s=core_wait_s, throttled_s=quota_s)
        self._latest, fed = counted, self._latest
        self.outcome = outcome
        self._feed(self._latest.since(fed))
        self.loop.pool.close_all()

    def _report(self) -> None:
        fed, self._latest = self._latest, self._timing.counted()
        self._feed(self._latest.since(fed))


def _lost_s() -> tuple[float, float]:
    """Return for how long this process has waited for a core, and its quotas have stopped it.

    0 where the kernel does not count it.
    """
    return run_queue_delay_s([os.getpid()]) or 0.0, throttled_s() or 0.0
