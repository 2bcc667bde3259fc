"""The limits of the load generator: where it, not the stack, may have decided a figure.

One set of thresholds for studies, `podium load` and the engine's own log.
"""

from collections.abc import Iterable, Iterator

from reports.analysis.reasons import GeneratorLimited
from reports.analysis.trials import Cell, Trial
from reports.study.histogram import Histogram
from reports.study.records import Ceiling

MOST_CPU_RATIO = 0.85  # of its core, polling excluded
MOST_CEILING_RATIO = 0.80
MOST_LAG_P50_RATIO = 0.05  # of the service time's p50
MOST_LAG_P99_RATIO = 0.10  # of the response time's p99


def generator_limits(
    *,
    trouble: Iterable[GeneratorLimited] = (),
    cpu_ratio: float | None,
    requests_per_s: float | None,
    ceiling: Ceiling | None,
    times: Histogram,
    service_times: Histogram,
    lags: Histogram,
    shared_core: bool = False,
) -> Iterator[GeneratorLimited]:
    """Yield every way in which the generator was the limit; none if it had room.

    A closed loop's rate is then a lower bound, an open loop's response times are upper bounds.
    `trouble` : of the generator itself. `shared_core` : it had its core together with the server.
    """
    if shared_core:
        yield GeneratorLimited("shared_core", measured=2, limit=1)
    yield from trouble
    if cpu_ratio is not None and cpu_ratio > MOST_CPU_RATIO:
        yield GeneratorLimited("cpu", cpu_ratio, MOST_CPU_RATIO)
    if ceiling is not None and requests_per_s is not None:
        highest = MOST_CEILING_RATIO * ceiling.requests_per_s
        if requests_per_s > highest:
            yield GeneratorLimited("ceiling", requests_per_s, highest, ceiling.requests_per_s)
    # Requests that start late are not the load that was asked for.
    lag_p50, service_p50 = lags.percentile_us(0.5), service_times.percentile_us(0.5)
    lag_p99, response_p99 = lags.percentile_us(0.99), times.percentile_us(0.99)
    if lag_p50 and service_p50 and lag_p50 > MOST_LAG_P50_RATIO * service_p50:
        limit = MOST_LAG_P50_RATIO * service_p50
        yield GeneratorLimited("start_lag_p50", lag_p50, limit, service_p50)
    if lag_p99 and response_p99 and lag_p99 > MOST_LAG_P99_RATIO * response_p99:
        limit = MOST_LAG_P99_RATIO * response_p99
        yield GeneratorLimited("start_lag_p99", lag_p99, limit, response_p99)


def limited_trial(trial: Trial, ceiling: Ceiling | None) -> GeneratorLimited | None:
    """Return the first way in which the generator limited the trial; None if it had room."""
    found = generator_limits(
        cpu_ratio=trial.generator_cpu_ratio,
        requests_per_s=trial.requests_per_s,
        ceiling=ceiling,
        times=trial.times,
        service_times=trial.service_times,
        lags=trial.lags,
    )
    return next(found, None)


def limited_labels(cell: Cell, ceiling: Ceiling | None) -> dict[str, GeneratorLimited]:
    """Return the labels of which a trial is limited, and how.

    A generator in trouble limits all labels.
    """
    if cell.trouble is not None:
        return {label: cell.trouble for label, _ in sorted(cell.trials)}
    found: dict[str, GeneratorLimited] = {}
    for (label, _), trial in sorted(cell.trials.items()):
        limited = limited_trial(trial, ceiling)
        if limited is not None:
            found.setdefault(label, limited)
    return found
