"""Places and verdicts as sentences."""

from collections.abc import Sequence

from reports.analysis.findings import Comparison, PairFinding, VerdictKind
from reports.analysis.pairs import TOLD_FACTOR
from reports.analysis.sections import TAILS
from reports.wording import formats
from reports.wording.reasons import QUANTITIES, no_verdict_clause

TOLD_OF_TAILS = ("different", "equal", "faster_within_margin")


def name_of(comparison: Comparison, *, only_shape: bool) -> str:
    """Return the comparison's name; `only_shape` where the operation has no other load shape."""
    return load_name(
        comparison.operation,
        comparison.connections,
        comparison.rate_per_s,
        only_shape=only_shape,
    )


def load_name(
    operation: str, connections: int, rate_per_s: float | None, *, only_shape: bool
) -> str:
    """Return the name of an operation under a load."""
    if rate_per_s is not None:
        return f"{operation} at {rate_per_s:g} requests/s"
    if only_shape:
        return operation
    return f"{operation} over {connections} connection{'' if connections == 1 else 's'}"


def headline(comparison: Comparison, margin_ratio: float) -> str:
    """Return who is first, or why nobody is."""
    return f"{comparison.what}: {lead(comparison, margin_ratio)}"


def lead(comparison: Comparison, margin_ratio: float) -> str:
    """Return the same without the comparison's name."""
    if comparison.deciding.no_verdict is not None:
        return f"no verdict, {no_verdict_clause(comparison.deciding.no_verdict)}"
    margin = formats.percent(margin_ratio)
    first = _may_be_first(comparison)
    if len(first) == 1:
        to_next = {pair.verdict for pair in comparison.leader_pairs}
        by = f", by less than {margin}" if "faster_within_margin" in to_next else ""
        return f"{first[0]} is first{by}"
    between = _between(comparison, first)
    if between == {"equal"}:
        return f"{formats.listed(first)} are equal within {margin}"
    if between == {"not_judged"}:
        if len(first) == len(comparison.judged):
            return "not judged, the load generator was the limit"
        return f"{formats.listed(first)} are not judged"
    everyone = len(first) == len(comparison.judged)
    one_of = "any of them" if everyone else f"{', '.join(first[:-1])} or {first[-1]}"
    return f"not decided who is first, {one_of} may be"


def brief_lead(comparison: Comparison, margin_ratio: float) -> str:
    """Return the same in one line: with one first also how far ahead of the next it is."""
    first = _may_be_first(comparison)
    between = _between(comparison, first)
    unjudged = comparison.deciding.no_verdict
    if unjudged is not None and unjudged.kind == "twins_differ":
        return "no verdict, the twins differ"  # a caution of the whole study says how
    if len(first) == 1:
        pair = comparison.leader_pairs[0]
        return f"{lead(comparison, margin_ratio)}, {_ahead(pair)} {pair.second}"
    everyone = len(first) == len(comparison.judged) > 2
    if between == {"equal"} and everyone:
        return f"all {len(first)} are equal within {formats.percent(margin_ratio)}"
    if unjudged is not None or between in ({"equal"}, {"not_judged"}):
        return lead(comparison, margin_ratio)
    return f"not decided, {f'any of the {len(first)}' if everyone else ' or '.join(first)}"


def _may_be_first(comparison: Comparison) -> list[str]:
    return [standing.label for standing in comparison.standings if standing.place_best == 1]


def _between(comparison: Comparison, first: Sequence[str]) -> set[VerdictKind]:
    """The verdicts on those that may be first."""
    pairs = comparison.deciding.pairs
    return {pair.verdict for pair in pairs if {pair.first, pair.second} <= set(first)}


def _ahead(pair: PairFinding) -> str:
    """Return `12–19 % faster than`, `1.8–2.5 times` or `p50 20–29 % below`."""
    if pair.compared == "requests_per_s":
        return advantage(pair).removesuffix(" as fast as")
    return f"p50 {advantage(pair).replace('lower', 'below')}"


def pair_sentence(what: str, pair: PairFinding, margin_ratio: float, late_after: str) -> str:
    """Return the verdict on a pair; `late_after` is the time after which an answer is late."""
    margin = formats.percent(margin_ratio)
    names = f"{pair.first} and {pair.second}"
    quantity = QUANTITIES[pair.compared].format(late_after)
    of = f" in {quantity}" if quantity else ""
    if pair.verdict == "equal":
        return f"{what}: {names} are equal within {margin}{of}"
    if pair.verdict == "not_judged":
        limited = formats.listed(pair.limited_by_generator)
        return f"{what}: {names} are not judged{of}, the load generator was the limit for {limited}"
    if pair.verdict == "undecided":
        return f"{what}: not decided{of} between {names}, {_what_it_needs(pair)}"
    sentence = _advantage_sentence(what, pair, late_after)
    if pair.lower_bound:
        return f"{sentence} (the load generator was the limit for {pair.first})"
    if pair.verdict == "faster_within_margin":
        return f"{sentence}, which is less than the margin of {margin}"
    return sentence


def verdict_sentences(comparison: Comparison) -> tuple[str, ...]:
    """Return the verdicts on the fastest against the others, and of tails what is decided.

    Two of one kind on the same pair make one sentence.
    """
    tails = [
        {frozenset((pair.first, pair.second)): pair for pair in section.pairs}
        for section in comparison.sections[1:]
    ]
    sentences: list[str] = []
    if {pair.verdict for pair in comparison.pairs} == {"not_judged"}:
        return ()  # the headline says it of all
    for pair in comparison.leader_pairs:
        key = frozenset((pair.first, pair.second))
        told = [of[key] for of in tails if key in of and of[key].verdict in TOLD_OF_TAILS]
        also = next((tail for tail in told if _one_sentence(pair, tail)), None)
        sentences.append(_both(comparison.what, pair, also) if also else pair.sentence)
        sentences += [tail.sentence for tail in told if tail is not also]
    return tuple(sentences)


def _one_sentence(pair: PairFinding, tail: PairFinding) -> bool:
    if "late_ratio" in (pair.compared, tail.compared) or pair.verdict != tail.verdict:
        return False
    return pair.verdict == "equal" or (pair.verdict == "different" and pair.first == tail.first)


def _both(what: str, pair: PairFinding, tail: PairFinding) -> str:
    percentile = QUANTITIES[tail.compared].removeprefix("response ")
    if pair.verdict == "equal":
        quantity = QUANTITIES[pair.compared]
        return pair.sentence.replace(quantity, f"{quantity} and {percentile}")
    return (
        f"{what}: {QUANTITIES[pair.compared]} of {pair.first} is {advantage(pair)} and its "
        f"{percentile} {advantage(tail)} than that of {pair.second}"
    )


def advantage(pair: PairFinding) -> str:
    """Return how far ahead the first of the pair is: `12–19 % faster than`, `20–29 % lower`.

    Of an interval that spans more than a factor of two only the lower end is told.
    """
    low, high = pair.ratio_low, pair.ratio_high
    open_ended = pair.lower_bound or high / low > TOLD_FACTOR
    if pair.compared == "late_ratio":
        return formats.at_least_as_many(low) if open_ended else formats.as_many(low, high)
    if pair.compared == "requests_per_s":
        return formats.at_least_faster_than(low) if open_ended else formats.faster_than(low, high)
    return formats.at_least_lower(low) if open_ended else formats.lower_by(low, high)


def names_of(comparisons: Sequence[Comparison]) -> str:
    """Return the names of several comparisons, those of one load shape together."""
    by_shape: dict[str, list[str]] = {}
    for comparison in comparisons:
        shape = comparison.what.removeprefix(comparison.operation)
        listed = by_shape.setdefault(shape, [])
        if comparison.operation not in listed:
            listed.append(comparison.operation)
    return ", and ".join(formats.listed(names) + shape for shape, names in by_shape.items())


def _advantage_sentence(what: str, pair: PairFinding, late_after: str) -> str:
    if pair.compared == "requests_per_s":
        return f"{pair.first} serves {what} {advantage(pair)} {pair.second}"
    if pair.compared == "late_ratio":
        return (
            f"{what}: {pair.second} gives {advantage(pair)} answers later than {late_after} as "
            f"{pair.first}"
        )
    return (
        f"{what}: {QUANTITIES[pair.compared]} of {pair.first} is {advantage(pair)} than that of "
        f"{pair.second}"
    )


def _what_it_needs(pair: PairFinding) -> str:
    if pair.limited_by_generator:
        return f"requests to {formats.listed(pair.limited_by_generator)} started too late for it"
    if pair.more is None or pair.more.blocks_low is None:
        return "and no number of blocks that could be run would decide it"
    low, high = pair.more.blocks_low, pair.more.blocks_high
    if high is None or pair.compared in TAILS:
        time = pair.more.minutes_low
        shown = "" if time is None else f" ({formats.minutes(time)})"
        return f"at least {low} more block{'s' if low != 1 else ''}{shown}"
    least, most = pair.more.minutes_low, pair.more.minutes_high
    shown = "" if least is None or most is None else f" ({formats.minutes_range(least, most)})"
    return (
        f"{low}–{high} more blocks{shown}"
        if low < high
        else f"about {low} more block{'s' if low != 1 else ''}{shown}"
    )
