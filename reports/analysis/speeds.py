"""What is compared: the rate in a closed loop, response times where the rate is given."""

from typing import Literal

from reports.analysis.trials import Trial
from reports.study.records import Shape

Compared = Literal["requests_per_s", "response_p50_us", "response_p99_us"]
QUANTILES: dict[Compared, float] = {"response_p50_us": 0.50, "response_p99_us": 0.99}


def first_compared(shape: Shape) -> Compared:
    """What decides the places: the rate, or in the open loop the median response time."""
    return "requests_per_s" if shape.rate_per_s is None else "response_p50_us"


def speed(trial: Trial, compared: Compared) -> float | None:
    """Answers a second, or one over the response time in seconds that is compared.

    Larger is faster; None where nothing was measured.
    """
    if not trial.answered:
        return None
    if compared == "requests_per_s":
        return trial.requests_per_s
    time_us = trial.times.percentile_us(QUANTILES[compared])
    return 1e6 / time_us if time_us else None
