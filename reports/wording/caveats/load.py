"""Caveats on the load generator."""

from collections.abc import Callable

from reports.analysis.findings import Report
from reports.analysis.reasons import Caveat
from reports.wording import formats
from reports.wording.caveats.places import comparisons_of, what, where
from reports.wording.reasons import limit_clause

DRIVERS = {"engine": "podium's engine in Locust"}


def generator_limited(caveat: Caveat, report: Report) -> str:
    """Say for which stacks the generator was the limit; without labels, for all."""
    opened = any(one.rate_per_s is not None for one in comparisons_of(report, caveat.where))
    bounds = "response times are upper bounds" if opened else "rates are lower bounds"
    effect = (
        f"whose {bounds}: such a stack may win, and is otherwise not judged"
        if caveat.stacks
        else f"so its {bounds} and tell no stack from another"
    )
    labels = formats.listed(caveat.stacks) if caveat.stacks else "every stack"
    reason = f" ({limit_clause(caveat.generator)})" if caveat.generator else ""
    return (
        f"{_generator(report)} was the limit for {labels} in {where(caveat, report)}{reason}, "
        f"{effect}."
    )


def generator_not_limited(_: Caveat, report: Report) -> str:
    """Say that no trial showed the generator at its limit."""
    return f"{_generator(report)} was not seen to be any stack's limit."


def unknown(measurement: str) -> Callable[[Caveat, Report], str]:
    """Return the sentence for something of the generator that was not measured."""

    def sentence(caveat: Caveat, report: Report) -> str:
        return (
            f"The generator's own {measurement} was not measured for {where(caveat, report)}, so "
            "it may have been the limit without being seen."
        )

    return sentence


def requests_unsent(caveat: Caveat, report: Report) -> str:
    """Name the stacks to which requests were due and never sent."""
    found = [
        f"{detail.measured:.0f} of {_due(detail.limit)} to {detail.stacks[0]} in "
        f"{what(report, detail.where)}"
        for detail in caveat.details
    ]
    return (
        f"Requests that were due and could not be sent: {formats.listed(found)}; response times do "
        "not hold what these would have waited."
    )


def _due(count: float | None) -> str:
    return "an unknown number" if count is None else f"{count:.0f}"


def _generator(report: Report) -> str:
    return f"The load generator ({DRIVERS.get(report.driver, report.driver)})"
