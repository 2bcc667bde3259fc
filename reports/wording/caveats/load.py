"""What the load generator could and could not do."""

from collections.abc import Iterator, Sequence

from reports.analysis.findings import Comparison
from reports.study.records import Study
from reports.wording import formats
from reports.wording.verdict_sentences import where

DRIVERS = {"locust": "stock Locust", "engine": "podium's engine in Locust"}


def generator(study: Study, comparisons: Sequence[Comparison]) -> Iterator[str]:
    """Whose rates or times it decided, and where that could not be seen."""
    name = f"the load generator ({DRIVERS.get(study.plan.driver, study.plan.driver)})"
    limited: dict[tuple[str, bool], list[Comparison]] = {}
    for comparison in comparisons:
        marked = [s.label for s in comparison.standings if s.generator_limit is not None]
        if marked:
            judged = [s for s in comparison.standings if s.why_no_place is None]
            labels = "every stack" if len(marked) == len(judged) else formats.listed(marked)
            key = (labels, comparison.rate_per_s is not None)
            limited.setdefault(key, []).append(comparison)
    for (labels, open_loop), found in limited.items():
        bounds = "response times are upper bounds" if open_loop else "rates are lower bounds"
        effect = (
            f"so its {bounds} and tell no stack from another"
            if labels == "every stack"
            else f"whose {bounds}: such a stack may win, and never loses or ties"
        )
        reason = next(s.generator_limit for s in found[0].standings if s.generator_limit)
        yield (
            f"{name[0].upper()}{name[1:]} was the limit for {labels} in {where(found)} "
            f"({reason}), {effect}."
        )
    if not limited:
        yield f"{name[0].upper()}{name[1:]} was not seen to be any stack's limit."
    yield from _unknown(comparisons)


def not_sent(comparisons: Sequence[Comparison]) -> Iterator[str]:
    """What was due in an open loop and never sent."""
    found = [
        f"{standing.unsent} of {standing.due} to {standing.label} in {comparison.what}"
        for comparison in comparisons
        for standing in comparison.standings
        if standing.unsent
    ]
    if found:
        yield (
            f"Requests that were due and could not be sent: {formats.listed(found)}; response "
            "times do not hold what these would have waited."
        )


def _unknown(comparisons: Sequence[Comparison]) -> Iterator[str]:
    closed = [c for c in comparisons if c.rate_per_s is None]
    opened = [c for c in comparisons if c.rate_per_s is not None]
    for what, unknown in (
        ("ceiling", [c for c in closed if c.ceiling_requests_per_s is None]),
        ("CPU time", [c for c in comparisons if not _cpu_known(c)]),
        ("lateness", [c for c in opened if not _lag_known(c)]),
    ):
        if unknown:
            yield (
                f"The generator's own {what} was not measured for {where(unknown)}, so it may "
                "have been the limit without being seen."
            )


def _cpu_known(comparison: Comparison) -> bool:
    judged = [s for s in comparison.standings if s.why_no_place is None]
    return all(standing.generator_cpu_ratio is not None for standing in judged)


def _lag_known(comparison: Comparison) -> bool:
    judged = [s for s in comparison.standings if s.why_no_place is None]
    return all(standing.metrics.get("lag_p99_us") is not None for standing in judged)
