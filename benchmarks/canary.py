"""A fixed piece of work, timed: how fast this machine is right now."""

import time

ROUNDS = 20_000


def canary_ns() -> int:
    """Nanoseconds that a fixed busy loop took; about 1 ms on a machine of 2020."""
    started = time.perf_counter_ns()
    total = 0
    for number in range(ROUNDS):
        total += number & 7
    return time.perf_counter_ns() - started
