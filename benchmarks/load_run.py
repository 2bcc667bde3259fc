"""One load run against one service, and its result."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from benchmarks.driver import LoadDriver, SliceInterrupted, SliceOrder, Target
from benchmarks.errors import NothingListens
from benchmarks.machine.control_group import cpu_quota_cores
from benchmarks.machine.cores import usable_cores
from benchmarks.machine.noise import noise_between, read_noise
from reports.analysis.eligibility import LEAST_BEYOND
from reports.analysis.generator_limit import MOST_LAG_RATIO, generator_limits
from reports.analysis.generator_trouble import troubles
from reports.load.result import LoadResult
from reports.study.histogram import Histogram
from reports.study.records import GENERATOR_FAILURES, Ceiling, MachineNoise, SliceOutcome
from reports.wording.reasons import limit_sentence
from shared.address import parse_address

CONNECT_TIMEOUT_S = 5.0

Value = TypeVar("Value")


@dataclass(eq=False)
class LoadInterrupted(KeyboardInterrupt):
    """A load run was interrupted; `result` holds its figures so far."""

    result: LoadResult


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
    target's processes have no other core than the generator's. Raises `LoadInterrupted` at Ctrl-C.
    """
    cores = usable_cores()
    driver.open([target])
    before = read_noise(cores, (), driver.pids())
    interrupted = False
    try:
        outcome = driver.run(order)
    except SliceInterrupted as exc:
        outcome, interrupted = exc.outcome, True
    # Over one core, the generator's: a quota stops it there, however many others are idle.
    noise = noise_between(before, read_noise(cores, (), driver.pids()), 1)
    result = _result(
        driver.name,
        target,
        order,
        outcome,
        ceiling=ceiling,
        noise=noise,
        shared_core=shared_core,
    )
    if interrupted:
        raise LoadInterrupted(result)
    return result


def _result(
    driver: str,
    target: Target,
    order: SliceOrder,
    outcome: SliceOutcome,
    *,
    ceiling: Ceiling | None,
    noise: MachineNoise,
    shared_core: bool,
) -> LoadResult:
    times = Histogram.decode(outcome.histogram)
    service, lag = _optional(outcome.service_histogram), _optional(outcome.lag_histogram)
    p50, p90, p99, p999 = (
        _response_us(times, lag, quantile) for quantile in (0.5, 0.9, 0.99, 0.999)
    )
    cpu_s = outcome.generator_cpu_s
    rate = outcome.answered / outcome.duration_s
    trouble = troubles(
        throttled_ratio=noise.throttled_ratio,
        core_taken_ratio=None if shared_core else noise.run_queue_delay_ratio,
        paused_ratio=None if outcome.paused_s is None else outcome.paused_s / outcome.duration_s,
        failures=outcome.failures,
        quota_cores=cpu_quota_cores(),
    )
    limited = tuple(
        replace(found, sentence=limit_sentence(found))
        for found in generator_limits(
            trouble=trouble,
            cpu_ratio=None if cpu_s is None else cpu_s / outcome.duration_s,
            requests_per_s=rate,
            ceiling=ceiling,
            times=times,
            service_times=service,
            lags=lag,
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
        response_max_us=_max_us(times, lag, outcome.paused_s),
        service_p50_us=_percentile_us(service, 0.5),
        service_p99_us=_percentile_us(service, 0.99),
        lag_p50_us=_percentile_us(lag, 0.5),
        lag_p99_us=_percentile_us(lag, 0.99),
        lag_max_us=lag.max_us,
        due=outcome.due,
        unsent=outcome.unsent + sum(outcome.failures.get(kind, 0) for kind in GENERATOR_FAILURES),
        failures=_of_the_backend(outcome.failures),
        examples=_of_the_backend(outcome.examples),
        generator_cpu_ratio=None if cpu_s is None else cpu_s / outcome.duration_s,
        generator_was_the_limit=bool(limited),
        generator_limits=limited,
        started_at_ns=outcome.started_at_ns,
        histogram=outcome.histogram,
        service_histogram=outcome.service_histogram,
        lag_histogram=outcome.lag_histogram,
    )


def require_listener(url: str) -> None:
    """Connect to the host and port of an http URL; raises `BadUrl` and `NothingListens`."""
    address = parse_address(url, plain=True)
    try:
        socket.create_connection((address.host, address.port), CONNECT_TIMEOUT_S).close()
    except OSError as exc:
        raise NothingListens(url, str(exc)) from exc


def _optional(text: str | None) -> Histogram:
    return Histogram() if text is None else Histogram.decode(text)


def _percentile_us(times: Histogram, quantile: float) -> int | None:
    return times.percentile_us(quantile) if times.beyond(quantile) >= LEAST_BEYOND else None


def _max_us(times: Histogram, lag: Histogram, paused_s: float | None) -> int | None:
    """Return the longest time; None where a late start or a pause may be a tenth of it."""
    if times.max_us is None:
        return None
    own_us = max(lag.max_us or 0, (paused_s or 0.0) * 1e6)
    return None if own_us > MOST_LAG_RATIO * times.max_us else times.max_us


def _of_the_backend(by_kind: Mapping[str, Value]) -> dict[str, Value]:
    return {kind: value for kind, value in by_kind.items() if kind not in GENERATOR_FAILURES}


def _response_us(times: Histogram, lag: Histogram, quantile: float) -> int | None:
    time_us, lag_us = _percentile_us(times, quantile), lag.percentile_us(quantile)
    late = time_us is not None and lag_us is not None and lag_us > MOST_LAG_RATIO * time_us
    return None if late else time_us
