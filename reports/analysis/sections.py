"""Sections: what verdicts are given on, each with its share of the report's errors.

A section is one operation under one load shape in one quantity. The report is the family: whatever
its sections are, all their intervals hold together with `1 - ALPHA`, so each section gets an equal
part of `ALPHA` (Bonferroni), and within it Tukey's range holds for all pairs. Sections are counted
from the plan, so what was measured cannot change what is claimed.
"""

from typing import Literal

from reports.study.records import Plan, Shape

ALPHA = 0.05
# Of a section's errors, what intervals at several looks are made for. Noise is skewed (a stack is
# slowed now and then), so that a mean over blocks without such a moment looks surer than it is, the
# more so the smaller the level, and every look is a chance for it. By simulation on recorded rounds
# equal stacks got a false "different" in 10 of 100 reports with the whole, in 5 with this
# (`tests/reports/test_equal_stacks.py`).
SHARE_OF_LOOKS = 0.25

Compared = Literal["requests_per_s", "response_p50_us", "response_p90_us", "late_ratio"]
"""Of what the speeds are: the rate in a closed loop, response times where the rate is given.

`late_ratio` is the share of answers later than a stated time.
"""

QUANTILES: dict[Compared, float] = {"response_p50_us": 0.50, "response_p90_us": 0.90}

TAILS: tuple[Compared, ...] = ("response_p90_us", "late_ratio")
OF_TIMES: tuple[Compared, ...] = ("response_p50_us", *TAILS)


def compared_under(shape: Shape) -> tuple[Compared, ...]:
    """Return what is judged under a shape; the first decides the places."""
    if shape.rate_per_s is None:
        return ("requests_per_s",)
    return OF_TIMES


def section_count(plan: Plan) -> int:
    """Return the number of sections of the plan's report."""
    return sum(
        len(compared_under(shape))
        for operation in plan.operations
        for shape in plan.shapes_of(operation)
    )


def section_alpha(plan: Plan) -> float:
    """Return the probability of any false statement in one section, over all its looks."""
    return ALPHA / max(1, section_count(plan))


def interval_alpha(plan: Plan) -> float:
    """Return the level of a section's intervals, all looks together, for normal noise."""
    return section_alpha(plan) * (SHARE_OF_LOOKS if len(plan.looks) > 1 else 1.0)
