"""One load run against one service, and what it showed.

`python -m benchmarks.load_run` prints the JSON Schema of that.
"""

import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import TypeAdapter

from benchmarks.driver import LoadDriver, SliceOrder, SliceOutcome, Target
from benchmarks.engine.counted import Counted
from benchmarks.engine.histogram import Histogram
from benchmarks.engine.limits import limits
from benchmarks.errors import NothingListens
from reports.records import Ceiling
from shared.contract import OperationName

# A percentile needs this many answers beyond it to mean anything.
ANSWERS_BEYOND = 50
# Of a response time's percentile: where starts were later than this, it is the generator's.
MOST_LAG_RATIO = 0.1
# Of the generator's ceiling; above it, a rate is a lower bound.
MOST_CEILING_RATIO = 0.8
CONNECT_TIMEOUT_S = 5.0


@dataclass(frozen=True)
class LoadResult:
    """What `podium load` prints: rates in requests a second, times in microseconds.

    A percentile is `None` where fewer than 50 answers lie beyond it, and in an open loop where the
    generator's own lag at that percentile is more than a tenth of it. `failures` counts by kind.
    In an open loop response times count from when a request was due and service times from when it
    was sent, `due` counts what was to be sent, and `unsent` what could not be and is neither
    answered nor failed; in a closed loop there is none of these. `generator_limits` are sentences
    on where the generator was the limit, none if it was not.
    """

    target: str
    operation: OperationName
    shape: str
    connections: int
    rate_per_s: float | None
    rows: int
    seed: int
    driver: str
    duration_s: float
    answered: int
    requests_per_s: float
    response_p50_us: int | None
    response_p90_us: int | None
    response_p99_us: int | None
    response_p999_us: int | None
    response_max_us: int | None
    service_p50_us: int | None
    service_p99_us: int | None
    lag_p50_us: int | None
    lag_p99_us: int | None
    lag_max_us: int | None
    due: int | None
    unsent: int
    failures: Mapping[str, int]
    examples: Mapping[str, str]
    generator_cpu_ratio: float | None
    generator_was_the_limit: bool
    generator_limits: tuple[str, ...]
    started_at_ns: int
    histogram: str
    service_histogram: str | None
    lag_histogram: str | None


def schema_text() -> str:
    """The JSON Schema (2020-12) of what `podium load --json` prints: `load.schema.json`."""
    described = TypeAdapter(LoadResult).json_schema(mode="serialization")
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps(dialect | described, indent=2, ensure_ascii=False) + "\n"


def run_load(
    driver: LoadDriver, target: Target, order: SliceOrder, ceiling: Ceiling | None = None
) -> LoadResult:
    """One slice as long as is wanted; every connection has answered once before it is timed.

    `ceiling` is that of the generator on this machine, where it is known.
    """
    driver.open([target])
    return _result(driver.name, target, order, driver.run(order), ceiling)


def _result(
    driver: str,
    target: Target,
    order: SliceOrder,
    outcome: SliceOutcome,
    ceiling: Ceiling | None,
) -> LoadResult:
    times = Histogram.decode(outcome.histogram)
    service, lag = _optional(outcome.service_histogram), _optional(outcome.lag_histogram)
    p50, p90, p99, p999 = (_response_us(times, lag, percent) for percent in (50, 90, 99, 99.9))
    cpu_s = outcome.generator_cpu_s
    rate = outcome.answered / outcome.duration_s
    limited = _limits(outcome, times, service, lag)
    if ceiling is not None and rate > MOST_CEILING_RATIO * ceiling.requests_per_s:
        limited.append(
            f"The generator was the limit: its own ceiling here is {ceiling.requests_per_s:,.0f} "
            f"requests/s (podium calibrate)."
        )
    return LoadResult(
        target=target.label,
        operation=order.operation,
        shape=order.shape.name,
        connections=order.shape.connections,
        rate_per_s=order.shape.rate_per_s,
        rows=order.rows,
        seed=order.seed,
        driver=driver,
        duration_s=outcome.duration_s,
        answered=outcome.answered,
        requests_per_s=rate,
        response_p50_us=p50,
        response_p90_us=p90,
        response_p99_us=p99,
        response_p999_us=p999,
        response_max_us=times.max_us,
        service_p50_us=_percentile_us(service, 50),
        service_p99_us=_percentile_us(service, 99),
        lag_p50_us=_percentile_us(lag, 50),
        lag_p99_us=_percentile_us(lag, 99),
        lag_max_us=lag.max_us,
        due=outcome.due,
        unsent=outcome.unsent,
        failures=outcome.failures,
        examples=outcome.examples,
        generator_cpu_ratio=None if cpu_s is None else cpu_s / outcome.duration_s,
        generator_was_the_limit=bool(limited),
        generator_limits=tuple(limited),
        started_at_ns=outcome.started_at_ns,
        histogram=outcome.histogram,
        service_histogram=outcome.service_histogram,
        lag_histogram=outcome.lag_histogram,
    )


def require_listener(url: str) -> None:
    """Raises `NothingListens` if no connection can be made to the host and port of an http URL."""
    parts = urlsplit(url)
    try:
        address = parts.hostname or "", parts.port or 80
        socket.create_connection(address, CONNECT_TIMEOUT_S).close()
    except (OSError, ValueError) as exc:
        raise NothingListens(url, str(exc)) from exc


def _limits(
    outcome: SliceOutcome, times: Histogram, service: Histogram, lag: Histogram
) -> list[str]:
    counted = Counted(
        times, service, lag, cpu_s=outcome.generator_cpu_s or 0.0, wall_s=outcome.duration_s
    )
    return limits(counted)


def _optional(text: str | None) -> Histogram:
    return Histogram() if text is None else Histogram.decode(text)


def _percentile_us(times: Histogram, percent: float) -> int | None:
    beyond = times.total * (1 - percent / 100)
    return times.percentile_us(percent) if beyond >= ANSWERS_BEYOND else None


def _response_us(times: Histogram, lag: Histogram, percent: float) -> int | None:
    time_us, lag_us = _percentile_us(times, percent), lag.percentile_us(percent)
    late = time_us is not None and lag_us is not None and lag_us > MOST_LAG_RATIO * time_us
    return None if late else time_us


if __name__ == "__main__":
    print(schema_text(), end="")
