"""The Locust users of one class in one process: together they own one loop.

Two epoll loops in one process would stand in each other's way for as long as one of them turns, so
users of a class share one: each brings its connections when Locust spawns it and takes them away
when Locust stops it.
"""

import gc
from collections.abc import Callable
from time import perf_counter_ns as clock_ns

import gevent

from benchmarks.engine.counts.tally import Counted
from benchmarks.engine.loops.loop import Loop
from benchmarks.engine.loops.timing import Outcome, Timing, no_collection

TURN_NS = 200_000_000
YIELD_S = 0.001
"""What gevent gets between two turns. Rounds of `sleep(0)` are not enough: messages from Locust's
master then arrive up to a second late."""

Feed = Callable[[Counted], None]


class Team:
    """Drives `loop` in a greenlet of its own while it has members; `name` is their class.

    `feed` is given what was counted since its last call, after each turn. The drain at the end
    takes at most `patience_s`; what is unanswered then is `unfinished`.
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

    def join(self, connections: int) -> None:
        """One more member, with its connections; the first one starts the loop."""
        self._members += 1
        if self._greenlet is None:
            self._timing.begin(warm_up=False)
            self._greenlet = gevent.spawn(self._drive)
        self.loop.grow(connections)

    def leave(self, connections: int) -> None:
        """One member less; the last one waits until the loop has drained."""
        self._members -= 1
        if self._stopping or not self._members:
            self.join_end()
        else:
            self.loop.shrink(connections)

    def check(self) -> None:
        """Raise what ended the loop, if something did."""
        if self._greenlet is not None and self._greenlet.exception is not None:
            raise self._greenlet.exception

    def join_end(self) -> None:
        """Wait until the loop has ended, if it is going to."""
        if self._greenlet is not None and (self._stopping or not self._members):
            self._greenlet.join()

    def stop(self) -> None:
        """End the loop, whatever members there are."""
        self._stopping = True
        self.join_end()

    @property
    def running(self) -> bool:
        """Whether it has members, or may still get its first."""
        return self.outcome is None and (self._greenlet is None or not self._greenlet.dead)

    def take(self) -> tuple[Counted, bool]:
        """What was counted up to the last turn since the last call, and whether that was all."""
        taken, self._taken = self._taken, self._latest
        return self._latest.since(taken), self.outcome is not None

    def _drive(self) -> None:
        with no_collection():
            while self._members and not self._stopping:
                self.loop.turn(clock_ns() + TURN_NS)
                self._report()
                gc.collect()
                gevent.sleep(YIELD_S)
            outcome = self._timing.end(self._patience_s)
        self._latest, fed = outcome.counted, self._latest
        self.outcome = outcome
        self._feed(self._latest.since(fed))
        self.loop.wire.close_all()

    def _report(self) -> None:
        fed, self._latest = self._latest, self._timing.counted()
        self._feed(self._latest.since(fed))
