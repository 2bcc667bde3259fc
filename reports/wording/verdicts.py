"""Places and verdicts as sentences."""

from collections.abc import Sequence

from reports.analysis.findings import Comparison, PairFinding
from reports.wording import formats
from reports.wording.reasons import TIMES, no_verdict_clause


def name_of(comparison: Comparison, *, only_shape: bool) -> str:
    """Return the comparison's name; `only_shape` where the operation has no other load shape."""
    if comparison.rate_per_s is not None:
        return f"{comparison.operation} at {comparison.rate_per_s:g} requests/s"
    if only_shape:
        return comparison.operation
    plural = "" if comparison.connections == 1 else "s"
    return f"{comparison.operation} over {comparison.connections} connection{plural}"


def headline(comparison: Comparison) -> str:
    """Return who is first, or why nobody is."""
    what = comparison.what
    if comparison.no_verdict is not None:
        why = no_verdict_clause(comparison.no_verdict, comparison.compared)
        return f"{what}: no verdict, {why}"
    placed = [one for one in comparison.standings if one.place_best is not None]
    first = [standing.label for standing in placed if standing.place_best == 1]
    if len(first) == 1:
        return f"{what}: {first[0]} is first"
    if len(first) == len(placed):
        return f"{what}: nothing separates {formats.listed(first)}"
    return f"{what}: {formats.listed(first)} share the first place"


def pair_sentence(what: str, pair: PairFinding, margin_ratio: float, done: int) -> str:
    """Return the verdict on a pair; `done` blocks were counted."""
    margin = formats.percent(margin_ratio)
    between = f"between {pair.first} and {pair.second}"
    of = f" in response {TIMES[pair.compared]}" if pair.compared in TIMES else ""
    if pair.verdict == "equal":
        return f"{what}: no difference above {margin}{of} {between}"
    if pair.verdict == "undecided":
        return f"{what}: undecided{of} {between}, {_what_it_needs(pair, done)}"
    sentence = _advantage_sentence(what, pair)
    if pair.lower_bound:
        return f"{sentence} (the load generator was the limit for {pair.first})"
    if pair.verdict == "different_within_margin":
        return f"{sentence}, which is less than the margin of {margin}"
    return sentence


def verdict_sentences(comparison: Comparison) -> tuple[str, ...]:
    """Return the verdicts on the fastest against the others, and on the tails of the same.

    Two of one kind on the same pair make one sentence.
    """
    tail = comparison.tail.pairs if comparison.tail else ()
    of = {frozenset((pair.first, pair.second)): pair for pair in tail}
    sentences = []
    for pair in comparison.leader_pairs:
        other = of.get(frozenset((pair.first, pair.second)))
        alike = other and (other.verdict, other.lower_bound) == (pair.verdict, False)
        if other and alike and pair.verdict == "equal":
            sentences.append(pair.sentence.replace("response p50", "response p50 and p99"))
        elif other and alike and pair.verdict == "different" and other.first == pair.first:
            sentences.append(
                f"{comparison.what}: response p50 of {pair.first} is {advantage(pair)} and its p99 "
                f"{advantage(other)} than that of {pair.second}"
            )
        else:
            sentences += [pair.sentence, *([other.sentence] if other else [])]
    return tuple(sentences)


def advantage(pair: PairFinding) -> str:
    """Return how far ahead the first of the pair is: `12–19 % faster than`, `20–29 % lower`."""
    low, high = pair.ratio_low, pair.ratio_high
    if pair.compared in TIMES:
        return formats.at_least_lower(low) if pair.lower_bound else formats.lower_by(low, high)
    return formats.at_least_faster_than(low) if pair.lower_bound else formats.faster_than(low, high)


def names_of(comparisons: Sequence[Comparison]) -> str:
    """Return the names of several comparisons, those of one load shape together."""
    by_shape: dict[str, list[str]] = {}
    for comparison in comparisons:
        shape = comparison.what.removeprefix(comparison.operation)
        listed = by_shape.setdefault(shape, [])
        if comparison.operation not in listed:
            listed.append(comparison.operation)
    return ", and ".join(formats.listed(names) + shape for shape, names in by_shape.items())


def _advantage_sentence(what: str, pair: PairFinding) -> str:
    if pair.compared in TIMES:
        return (
            f"{what}: response {TIMES[pair.compared]} of {pair.first} is {advantage(pair)} than "
            f"that of {pair.second}"
        )
    return f"{pair.first} serves {what} {advantage(pair)} {pair.second}"


def _what_it_needs(pair: PairFinding, done: int) -> str:
    if pair.limited_by_generator:
        limited = formats.listed(pair.limited_by_generator)
        return f"the load generator was the limit for {limited}"
    if pair.blocks_needed is None:
        return "and no number of blocks that could be run would decide it"
    more = pair.blocks_needed - done
    time = "" if pair.minutes_needed is None else f" ({formats.minutes(pair.minutes_needed)})"
    return f"about {more} block{'s' if more != 1 else ''}{time} more"
