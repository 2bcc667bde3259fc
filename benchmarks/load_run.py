"""One load run against one service, and its result."""

import socket
from dataclasses import replace
from urllib.parse import urlsplit

from benchmarks.driver import LoadDriver, SliceOrder, Target
from benchmarks.errors import NothingListens
from benchmarks.machine.noise import run_queue_delay_s
from reports.analysis.eligibility import LEAST_BEYOND, MOST_LAG_RATIO
from reports.analysis.generator_limit import generator_limits
from reports.load.result import LoadResult
from reports.study.histogram import Histogram
from reports.study.records import Ceiling, SliceOutcome
from reports.wording.reasons import limit_sentence

CONNECT_TIMEOUT_S = 5.0


def run_load(
    driver: LoadDriver,
    target: Target,
    order: SliceOrder,
    ceiling: Ceiling | None = None,
    *,
    shared_core: bool = False,
) -> LoadResult:
    """Run one slice of any length; every connection has answered once before it is timed.

    `ceiling` is that of the generator on this machine, where it is known. `shared_core`: the
    target's processes have no other core than the generator's.
    """
    driver.open([target])
    before_s = run_queue_delay_s(driver.pids())
    outcome = driver.run(order)
    after_s = run_queue_delay_s(driver.pids())
    core_taken_ratio = None
    if before_s is not None and after_s is not None:
        core_taken_ratio = (after_s - before_s) / outcome.duration_s
    return _result(
        driver.name,
        target,
        order,
        outcome,
        ceiling=ceiling,
        core_taken_ratio=core_taken_ratio,
        shared_core=shared_core,
    )


def _result(
    driver: str,
    target: Target,
    order: SliceOrder,
    outcome: SliceOutcome,
    *,
    ceiling: Ceiling | None,
    core_taken_ratio: float | None,
    shared_core: bool,
) -> LoadResult:
    times = Histogram.decode(outcome.histogram)
    service, lag = _optional(outcome.service_histogram), _optional(outcome.lag_histogram)
    p50, p90, p99, p999 = (
        _response_us(times, lag, quantile) for quantile in (0.5, 0.9, 0.99, 0.999)
    )
    cpu_s = outcome.generator_cpu_s
    rate = outcome.answered / outcome.duration_s
    limited = tuple(
        replace(found, sentence=limit_sentence(found))
        for found in generator_limits(
            cpu_ratio=None if cpu_s is None else cpu_s / outcome.duration_s,
            requests_per_s=rate,
            ceiling=ceiling,
            times=times,
            service_times=service,
            lags=lag,
            core_taken_ratio=core_taken_ratio,
            shared_core=shared_core,
        )
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
        service_p50_us=_percentile_us(service, 0.5),
        service_p99_us=_percentile_us(service, 0.99),
        lag_p50_us=_percentile_us(lag, 0.5),
        lag_p99_us=_percentile_us(lag, 0.99),
        lag_max_us=lag.max_us,
        due=outcome.due,
        unsent=outcome.unsent,
        failures=outcome.failures,
        examples=outcome.examples,
        generator_cpu_ratio=None if cpu_s is None else cpu_s / outcome.duration_s,
        generator_was_the_limit=bool(limited),
        generator_limits=limited,
        started_at_ns=outcome.started_at_ns,
        histogram=outcome.histogram,
        service_histogram=outcome.service_histogram,
        lag_histogram=outcome.lag_histogram,
    )


def require_listener(url: str) -> None:
    """Connect to the host and port of an http URL; raises `NothingListens`."""
    parts = urlsplit(url)
    try:
        address = parts.hostname or "", parts.port or 80
        socket.create_connection(address, CONNECT_TIMEOUT_S).close()
    except (OSError, ValueError) as exc:
        raise NothingListens(url, str(exc)) from exc


def _optional(text: str | None) -> Histogram:
    return Histogram() if text is None else Histogram.decode(text)


def _percentile_us(times: Histogram, quantile: float) -> int | None:
    return times.percentile_us(quantile) if times.beyond(quantile) >= LEAST_BEYOND else None


def _response_us(times: Histogram, lag: Histogram, quantile: float) -> int | None:
    time_us, lag_us = _percentile_us(times, quantile), lag.percentile_us(quantile)
    late = time_us is not None and lag_us is not None and lag_us > MOST_LAG_RATIO * time_us
    return None if late else time_us
