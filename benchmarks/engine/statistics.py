"""What was counted, put into Locust's own statistics in bulk.

Locust's tables, charts, CSV files and worker reports then show the engine's requests, at a few
hundred additions a turn where `events.request.fire` would cost 11 us a request.
"""

import time
from typing import Any

from locust.stats import RequestStats, StatsError, bucket_response_time

from benchmarks.engine.counted import Counted


def add_to_statistics(stats: RequestStats, method: str, name: str, counted: Counted) -> None:
    """Add what was counted since the last call to the row of `method` and `name`, and the total.

    Failures count as requests without a time (Locust's `num_none_requests`), so they never make a
    time look better.
    """
    if not counted.sent:
        return
    for entry in (stats.total, stats.entries[name, method]):
        _add_to_entry(entry, counted)
    for kind, number in counted.failures.items():
        key = StatsError.create_key(method, name, kind)
        error = stats.errors.setdefault(key, StatsError(method, name, kind))
        error.occurred()
        error.occurrences += number - 1


def _add_to_entry(entry: Any, counted: Counted) -> None:
    # A `StatsEntry`; Locust says `int` where it keeps milliseconds with a fraction.
    now = time.time()
    last = entry.last_request_timestamp
    if entry.use_response_times_cache and last and int(now) > int(last):
        entry._cache_response_times(int(now) - 1)
    entry.num_requests += counted.sent
    entry.num_none_requests += counted.failed
    entry.num_failures += counted.failed
    entry.num_reqs_per_sec[int(now)] += counted.sent
    if counted.failed:
        entry.num_fail_per_sec[int(now)] += counted.failed
    entry.last_request_timestamp = now
    times = counted.times.counts_by_us()
    if times:
        entry.total_response_time += counted.sum_us / 1000
        lowest_ms, highest_ms = times[0][0] / 1000, times[-1][0] / 1000
        least = entry.min_response_time
        entry.min_response_time = lowest_ms if least is None else min(least, lowest_ms)
        entry.max_response_time = max(entry.max_response_time, highest_ms)
    for time_us, number in times:
        entry.response_times[bucket_response_time(time_us / 1000)] += number
