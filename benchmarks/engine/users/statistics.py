"""Counts added to Locust's own statistics in bulk.

Locust's tables, charts, CSV files and worker reports then show the engine's requests, at a few
hundred additions per turn, where `events.request.fire` would cost 11 us per request.
"""

import math
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

from locust.stats import RequestStats, StatsError, bucket_response_time

from benchmarks.engine.counts.tally import Counted


def add_to_statistics(stats: RequestStats, method: str, name: str, counted: Counted) -> None:
    """Add the counts since the last call to the row of `method` and `name`, and to the total.

    Failures count as requests without a time (Locust's `num_none_requests`), so they never make a
    time look better.
    """
    if not counted.sent:
        return
    times_ms: Counter[int] = Counter()
    for time_us, number in counted.times.counts_by_us():
        times_ms[bucket_response_time(time_us / 1000)] += number
    for entry in (stats.total, stats.entries[name, method]):
        _add_to_entry(entry, counted, times_ms)
    for kind, number in counted.failures.items():
        key = StatsError.create_key(method, name, kind)
        error = stats.errors.setdefault(key, StatsError(method, name, kind))
        error.occurred()
        error.occurrences += number - 1


def _add_to_entry(entry: Any, counted: Counted, times_ms: Mapping[int, int]) -> None:
    # A `StatsEntry`; Locust says `int` where it keeps milliseconds with a fraction.
    now = time.time()
    last = entry.last_request_timestamp
    if entry.use_response_times_cache and last and int(now) > int(last):
        entry._cache_response_times(int(now) - 1)
    entry.num_requests += counted.sent
    entry.num_none_requests += counted.failed
    entry.num_failures += counted.failed
    entry.total_content_length += counted.content_bytes
    entry.num_reqs_per_sec[int(now)] += counted.sent
    if counted.failed:
        entry.num_fail_per_sec[int(now)] += counted.failed
    entry.last_request_timestamp = now
    for time_ms, number in times_ms.items():
        entry.response_times[time_ms] += number
    shortest_us, longest_us = counted.times.min_us, counted.times.max_us
    if shortest_us is not None and longest_us is not None:
        entry.total_response_time += counted.sum_us / 1000
        least_ms = math.inf if entry.min_response_time is None else entry.min_response_time
        entry.min_response_time = min(least_ms, shortest_us / 1000)
        entry.max_response_time = max(entry.max_response_time, longest_us / 1000)
