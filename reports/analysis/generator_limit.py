"""The limits of the load generator: where it, not the stack, may have decided a figure.

One set of thresholds for studies, `podium load` and the engine's own log.
"""

from collections.abc import Iterable, Iterator, Sequence

from reports.analysis.reasons import GeneratorLimited
from reports.analysis.trials import Cell, Trial
from reports.study.histogram import Histogram
from reports.study.records import Ceiling

MOST_CPU_RATIO = 0.85  # of its core, polling excluded
MOST_CEILING_RATIO = 0.80
MOST_LAG_P50_RATIO = 0.05  # of the service time's p50
MOST_LAG_P99_RATIO = 0.10  # of the response time's p99
MOST_LAG_RATIO = 0.1  # of a single run's percentile: where starts were later, it is not shown


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


def limited_labels(cell: Cell, ceiling: Ceiling | None) -> dict[str, GeneratorLimited]:
    """Return the labels for which the generator was the limit, and how.

    A generator in trouble limits all labels. Closed loops are judged over all blocks together; in
    open ones late starts are bounds of each response time (`late_starts`), and limit no label.
    """
    labels = sorted({label for label, _ in cell.trials})
    if cell.trouble is not None:
        return dict.fromkeys(labels, cell.trouble)
    if cell.shape.rate_per_s is not None:
        return {}
    found = {label: limited_together(cell.of(label), ceiling) for label in labels}
    return {label: limited for label, limited in found.items() if limited is not None}


def limited_together(trials: Sequence[Trial], ceiling: Ceiling | None) -> GeneratorLimited | None:
    """Return the first way in which the generator limited closed loops; None if it had room."""
    together = Trial("", 0, tuple(slice_ for trial in trials for slice_ in trial.slices))
    none = Histogram()
    found = generator_limits(
        cpu_ratio=together.generator_cpu_ratio,
        requests_per_s=together.requests_per_s,
        ceiling=ceiling,
        times=none,
        service_times=none,
        lags=none,
    )
    return next(found, None)
