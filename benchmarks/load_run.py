"""One load run against one service, and what it showed.

`python -m benchmarks.load_run` prints the JSON Schema of that.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from hdrh.histogram import HdrHistogram
from pydantic import TypeAdapter

from benchmarks import histogram
from benchmarks.driver import LoadDriver, SliceOrder, SliceOutcome, Target
from shared.contract import OperationName

PERCENTILES = (50.0, 90.0, 99.0, 99.9)
# A percentile needs this many answers beyond it to mean anything.
ANSWERS_BEYOND = 50
# Above this share of its core, the generator may have been what was measured.
MOST_CPU_RATIO = 0.85


@dataclass(frozen=True)
class LoadResult:
    """What `podium load` prints: rates in answers a second, times in microseconds.

    A percentile is `None` where fewer than 50 answers lie beyond it. `failures` counts by kind.
    """

    target: str
    operation: OperationName
    shape: str
    connections: int
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
    failures: Mapping[str, int]
    examples: Mapping[str, str]
    generator_cpu_ratio: float | None
    generator_was_the_limit: bool
    started_at_ns: int
    histogram: str


def schema_text() -> str:
    """The JSON Schema (2020-12) of what `podium load --json` prints: `load.schema.json`."""
    described = TypeAdapter(LoadResult).json_schema(mode="serialization")
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps(dialect | described, indent=2, ensure_ascii=False) + "\n"


def run_load(driver: LoadDriver, target: Target, order: SliceOrder) -> LoadResult:
    """One slice as long as is wanted; every connection has answered once before it is timed."""
    driver.open([target])
    return _result(driver.name, target, order, driver.run(order))


def _result(driver: str, target: Target, order: SliceOrder, outcome: SliceOutcome) -> LoadResult:
    times = histogram.decode(outcome.histogram)
    p50, p90, p99, p999 = (_percentile_us(times, percentile) for percentile in PERCENTILES)
    cpu_s = outcome.generator_cpu_s
    cpu_ratio = None if cpu_s is None else cpu_s / outcome.duration_s
    return LoadResult(
        target=target.label,
        operation=order.operation,
        shape=order.shape.name,
        connections=order.shape.connections,
        rows=order.rows,
        seed=order.seed,
        driver=driver,
        duration_s=outcome.duration_s,
        answered=outcome.answered,
        requests_per_s=outcome.answered / outcome.duration_s,
        response_p50_us=p50,
        response_p90_us=p90,
        response_p99_us=p99,
        response_p999_us=p999,
        response_max_us=histogram.highest_us(times),
        failures=outcome.failures,
        examples=outcome.examples,
        generator_cpu_ratio=cpu_ratio,
        generator_was_the_limit=cpu_ratio is not None and cpu_ratio > MOST_CPU_RATIO,
        started_at_ns=outcome.started_at_ns,
        histogram=outcome.histogram,
    )


def _percentile_us(times: HdrHistogram, percentile: float) -> int | None:
    beyond = times.get_total_count() * (1 - percentile / 100)
    return histogram.percentile_us(times, percentile) if beyond >= ANSWERS_BEYOND else None


if __name__ == "__main__":
    print(schema_text(), end="")
