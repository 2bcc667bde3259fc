"""A fixed piece of work, timed: how fast this machine is right now."""

import time

ADDITIONS = 10_000
# Half of the single shots are interrupted on a busy machine; the fastest of a few is not.
SHOTS = 5


def canary_ns() -> int:
    """Nanoseconds that a fixed busy loop took at best; about 0.5 ms on a machine of 2020."""
    return min(_shot_ns() for _ in range(SHOTS))


def _shot_ns() -> int:
    started = time.perf_counter_ns()
    total = 0
    for number in range(ADDITIONS):
        total += number & 7
    return time.perf_counter_ns() - started
