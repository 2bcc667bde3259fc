"""Places and verdicts as sentences."""

from collections.abc import Sequence

from reports import formats
from reports.findings import PairFinding, Standing
from reports.records import Shape


def subject(operation: str, shape: Shape, shapes: Sequence[Shape]) -> str:
    """What was served: the operation, and its shape where there is more than one."""
    if len(shapes) == 1:
        return operation
    if shape.rate_per_s is None:
        return f"{operation} over {shape.connections} connections"
    return f"{operation} at {shape.rate_per_s:g} requests/s"


def headline(what: str, standings: Sequence[Standing], why_no_verdict: str | None) -> str:
    """Who is first, or why nobody is."""
    if why_no_verdict is not None:
        return f"{what}: no verdict, {why_no_verdict}"
    first = [standing.label for standing in standings if standing.place_best == 1]
    placed = [standing for standing in standings if standing.place_best is not None]
    if len(first) == 1:
        return f"{what}: {first[0]} is first"
    if len(first) == len(placed):
        return f"{what}: nothing separates {formats.listed(first)}"
    return f"{what}: {formats.listed(first)} share the first place"


def pair_sentence(what: str, pair: PairFinding, margin_ratio: float, done: int) -> str:
    """The verdict on a pair; `done` blocks were counted."""
    margin = formats.percent(margin_ratio)
    by = formats.faster_than(pair.ratio_low, pair.ratio_high)
    if pair.verdict == "different" and pair.lower_bound:
        least = formats.at_least_faster_than(pair.ratio_low)
        return (
            f"{pair.first} serves {what} {least} {pair.second} "
            f"(the load generator was the limit for {pair.first})"
        )
    if pair.verdict == "different":
        return f"{pair.first} serves {what} {by} {pair.second}"
    if pair.verdict == "different_within_margin":
        return (
            f"{pair.first} serves {what} {by} {pair.second}, "
            f"which is less than the margin of {margin}"
        )
    if pair.verdict == "equal":
        return f"{what}: no difference above {margin} between {pair.first} and {pair.second}"
    needs = _what_it_needs(pair, done)
    return f"{what}: undecided between {pair.first} and {pair.second}, {needs}"


def _what_it_needs(pair: PairFinding, done: int) -> str:
    if pair.limited_by_generator:
        limited = formats.listed(pair.limited_by_generator)
        return f"the load generator was the limit for {limited}"
    if pair.blocks_needed is None:
        return "and no number of blocks that could be run would decide it"
    more = pair.blocks_needed - done
    time = "" if pair.minutes_needed is None else f" ({formats.minutes(pair.minutes_needed)})"
    return f"about {more} block{'s' if more != 1 else ''}{time} more"
