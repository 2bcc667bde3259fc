"""The figures of a load run, for people."""

from reports.analysis.eligibility import LEAST_BEYOND
from reports.load.result import LoadResult


def describe(result: LoadResult) -> str:
    """Return the result as text; whether the generator was the limit comes before the numbers."""
    loop = "a closed loop" if result.rate_per_s is None else f"{result.rate_per_s:g} requests/s due"
    rows = f", rows of a request {result.rows}" if result.operation == "predict" else ""
    lines = [
        *(limit.sentence for limit in result.generator_limits),
        f"{result.target}, {result.operation}, {result.connections} connections, {loop}, "
        f"{result.duration_s:.1f} s{rows}, seed {result.seed}",
        f"  requests/s    {result.requests_per_s:>12,.1f}",
    ]
    if result.answered:
        lines += [
            _time(result, "response p50", result.response_p50_us, 50),
            _time(result, "         p90", result.response_p90_us, 90),
            _time(result, "         p99", result.response_p99_us, 99),
            _time(result, "       p99.9", result.response_p999_us, 99.9),
            _time(result, "         max", result.response_max_us, 0),
        ]
    if result.answered and result.rate_per_s is not None:
        lines += [
            _time(result, "service  p50", result.service_p50_us, 50),
            _time(result, "         p99", result.service_p99_us, 99),
            _time(result, "start lag p50", result.lag_p50_us, 50),
            _time(result, "         p99", result.lag_p99_us, 99),
            _time(result, "         max", result.lag_max_us, 0),
        ]
    if result.rate_per_s is not None:
        lines.append(f"  due           {result.due:>12,}")
    if result.rate_per_s is not None or result.unsent:
        lines.append(f"  unsent        {result.unsent:>12,}")
    lines.append(f"  answered      {result.answered:>12,}")
    for kind, count in result.failures.items():
        lines.append(f"  {kind:<13} {count:>12,}  such as: {result.examples.get(kind, '')}")
    if result.generator_cpu_ratio is not None:
        lines.append(f"  generator     {result.generator_cpu_ratio:>12.0%} of its core")
    return "\n".join(lines)


def _time(result: LoadResult, name: str, time_us: int | None, percent: float) -> str:
    if time_us is not None:
        return f"  {name:<13} {time_us:>12,} µs"
    needed = round(LEAST_BEYOND / (1 - percent / 100))
    own = "hidden by lag" if result.rate_per_s is not None else "hidden by pause"
    why = f"known from {needed:,} answers" if result.answered < needed else own
    return f"  {name:<13} {why:>15}"
