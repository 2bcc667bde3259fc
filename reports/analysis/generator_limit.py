"""Where the load generator, and not the stack, may have been the limit."""

from reports.analysis.trials import Cell, Trial
from reports.study.records import Ceiling
from reports.wording.formats import percent, plain

MOST_CPU_RATIO = 0.85
MOST_CEILING_RATIO = 0.80
MOST_LAG_P50_RATIO = 0.05  # of the service time's p50
MOST_LAG_P99_RATIO = 0.10  # of the response time's p99


def why_limited(trial: Trial, ceiling: Ceiling | None) -> str | None:
    """Why the trial's rate is a lower bound; None if the generator had room.

    In the open loop its response times are upper bounds; there is no ceiling to come near to.
    """
    cpu_ratio = trial.generator_cpu_ratio
    if cpu_ratio is not None and cpu_ratio > MOST_CPU_RATIO:
        return f"the generator used {percent(cpu_ratio)} of its core"
    rate = trial.requests_per_s
    if ceiling is not None and rate is not None:
        highest = MOST_CEILING_RATIO * ceiling.requests_per_s
        if rate > highest:
            return (
                f"{plain(rate)} requests/s are above {percent(MOST_CEILING_RATIO)} of what the "
                f"generator alone reaches, {plain(ceiling.requests_per_s)}"
            )
    return _why_late(trial)


def limited_labels(cell: Cell, ceiling: Ceiling | None) -> dict[str, str]:
    """The labels of which a trial is limited, and why."""
    found: dict[str, str] = {}
    for (label, _), trial in sorted(cell.trials.items()):
        reason = why_limited(trial, ceiling)
        if reason is not None:
            found.setdefault(label, reason)
    return found


def _why_late(trial: Trial) -> str | None:
    """Requests that start late are not the load that was asked for (open loop only)."""
    lag_p50, service_p50 = trial.lags.percentile_us(0.5), trial.service_times.percentile_us(0.5)
    lag_p99, response_p99 = trial.lags.percentile_us(0.99), trial.times.percentile_us(0.99)
    if lag_p50 and service_p50 and lag_p50 > MOST_LAG_P50_RATIO * service_p50:
        return f"requests started {lag_p50} µs late at p50"
    if lag_p99 and response_p99 and lag_p99 > MOST_LAG_P99_RATIO * response_p99:
        return f"requests started {lag_p99} µs late at p99"
    return None
