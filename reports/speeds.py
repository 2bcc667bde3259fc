"""What is compared: the rate in a closed loop, the response time where the rate is given."""

from reports.records import Shape
from reports.trials import Trial


def speed(trial: Trial, shape: Shape) -> float | None:
    """Answers a second, or in the open loop one over the median response time in seconds.

    Larger is faster; None where nothing was measured.
    """
    if not trial.answered:
        return None
    if shape.rate_per_s is None:
        return trial.requests_per_s
    median_us = trial.times.percentile_us(0.5)
    return 1e6 / median_us if median_us else None
