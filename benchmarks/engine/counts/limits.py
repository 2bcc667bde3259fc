"""Whether the generator, not the server, decided what a run showed."""

from benchmarks.engine.counts.counted import Counted

MOST_CPU_RATIO = 0.85
"""Of its core; above it, a rate is a lower bound."""
MOST_LAG_P50_RATIO = 0.05
"""Of the service time's median."""
MOST_LAG_P99_RATIO = 0.10
"""Of the response time's 99th percentile."""


def limits(counted: Counted) -> list[str]:
    """Sentences that say where the generator was the limit; none if it was not.

    Its useful CPU time (polling excluded), and in an open loop how late it started requests.
    """
    found = []
    cpu_ratio = counted.cpu_s / counted.wall_s if counted.wall_s else 0.0
    if cpu_ratio > MOST_CPU_RATIO:
        found.append(
            f"The generator was the limit: it used {cpu_ratio:.0%} of its core, so the server may "
            f"be faster than this."
        )
    for percent, times, most_ratio in (
        (50, counted.service, MOST_LAG_P50_RATIO),
        (99, counted.times, MOST_LAG_P99_RATIO),
    ):
        lag_us, time_us = (
            counted.lag.percentile_us(percent / 100),
            times.percentile_us(percent / 100),
        )
        if lag_us is not None and time_us is not None and lag_us > most_ratio * time_us:
            found.append(
                f"The generator was late: of its starts, p{percent} came {lag_us} us after their "
                f"due time, above {most_ratio:.0%} of {time_us} us."
            )
    return found
