"""The result of one load run: the format that `podium load --json` prints.

`podium schema load` prints its JSON Schema, published as `load.schema.json`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import TypeAdapter

from reports.analysis.reasons import GeneratorLimited


@dataclass(frozen=True)
class LoadResult:
    """The figures of a load run: rates in requests a second, times in microseconds.

    A percentile is `None` where fewer than 50 answers lie beyond it, and in an open loop where the
    start lag at that percentile is more than a tenth of it; the longest time also where the
    generator was paused for more than a tenth of it. `failures` counts by kind.
    In an open loop response times count from when a request was due and service times from when it
    was sent, and `due` counts what was to be sent; in a closed loop there is none of these.
    `unsent` counts what the generator could not send; it is neither answered nor failed.
    `generator_limits` say where the generator was the limit, none if it was not.
    """

    target: str
    operation: Literal["count", "letter_count", "predict"]
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
    generator_limits: tuple[GeneratorLimited, ...]
    started_at_ns: int
    histogram: str
    service_histogram: str | None
    lag_histogram: str | None


def schema_text() -> str:
    """The JSON Schema (2020-12) of what `podium load --json` prints: `load.schema.json`."""
    described = TypeAdapter(LoadResult).json_schema(mode="serialization")
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps(dialect | described, indent=2, ensure_ascii=False) + "\n"
