"""Places and verdicts as sentences."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reports.analysis.findings import Comparison, PairFinding, Standing
from reports.analysis.speeds import Compared
from reports.study.records import Shape
from reports.wording import formats

TIMES: dict[Compared, str] = {"response_p50_us": "p50", "response_p99_us": "p99"}


@dataclass(frozen=True)
class Subject:
    """What was served and how; `only_shape` is True where the study has no other load shape."""

    operation: str
    shape: Shape
    only_shape: bool

    @property
    def what(self) -> str:
        """Its name among the study's comparisons."""
        if self.shape.rate_per_s is not None:
            return f"{self.operation} at {self.shape.rate_per_s:g} requests/s"
        if self.only_shape:
            return self.operation
        plural = "" if self.shape.connections == 1 else "s"
        return f"{self.operation} over {self.shape.connections} connection{plural}"

    def served_by(self, label: str) -> str:
        """The beginning of a verdict."""
        if self.shape.rate_per_s is None:
            return f"{label} serves {self.what}"
        return f"at {self.shape.rate_per_s:g} requests/s, {label} answers {self.operation}"


def where(comparisons: Iterable[Comparison]) -> str:
    """Several comparisons by name, those of one load shape together."""
    by_shape: dict[str, list[str]] = {}
    for comparison in comparisons:
        shape = comparison.what.removeprefix(comparison.operation)
        listed = by_shape.setdefault(shape, [])
        if comparison.operation not in listed:
            listed.append(comparison.operation)
    return ", and ".join(formats.listed(names) + shape for shape, names in by_shape.items())


def lead(compared: Compared, low: float, high: float) -> str:
    """How far ahead ratios from `low` to `high`, above 1, are: `12–19 % faster than`."""
    if compared == "requests_per_s":
        return formats.faster_than(low, high)
    return f"{formats.sooner(low, high)} ({TIMES[compared]}) than"


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


def pair_sentence(subject: Subject, pair: PairFinding, margin_ratio: float, done: int) -> str:
    """The verdict on a pair; `done` blocks were counted."""
    margin = formats.percent(margin_ratio)
    by = lead(pair.compared, pair.ratio_low, pair.ratio_high)
    served = subject.served_by(pair.first)
    of = f" in response {TIMES[pair.compared]}" if pair.compared in TIMES else ""
    if pair.verdict == "different" and pair.lower_bound:
        return (
            f"{served} {_least_lead(pair)} {pair.second} "
            f"(the load generator was the limit for {pair.first})"
        )
    if pair.verdict == "different":
        return f"{served} {by} {pair.second}"
    if pair.verdict == "different_within_margin":
        return f"{served} {by} {pair.second}, which is less than the margin of {margin}"
    between = f"between {pair.first} and {pair.second}"
    if pair.verdict == "equal":
        return f"{subject.what}: no difference above {margin}{of} {between}"
    return f"{subject.what}: undecided{of} {between}, {_what_it_needs(pair, done)}"


def told(
    subject: Subject, pairs: Sequence[PairFinding], tail: Sequence[PairFinding]
) -> tuple[str, ...]:
    """The verdicts on pairs and on the tails of the same; two of one kind make one sentence."""
    of = {frozenset((pair.first, pair.second)): pair for pair in tail}
    sentences = []
    for pair in pairs:
        other = of.get(frozenset((pair.first, pair.second)))
        alike = other and (other.verdict, other.lower_bound) == (pair.verdict, False)
        if other and alike and pair.verdict == "equal":
            sentences.append(pair.sentence.replace("response p50", "response p50 and p99"))
        elif other and alike and pair.verdict == "different" and other.first == pair.first:
            by = lead(pair.compared, pair.ratio_low, pair.ratio_high).removesuffix(" than")
            by_tail = lead(other.compared, other.ratio_low, other.ratio_high)
            sentences.append(f"{subject.served_by(pair.first)} {by} and {by_tail} {pair.second}")
        else:
            sentences += [pair.sentence, *([other.sentence] if other else [])]
    return tuple(sentences)


def _least_lead(pair: PairFinding) -> str:
    if pair.compared == "requests_per_s":
        return formats.at_least_faster_than(pair.ratio_low)
    return f"{formats.at_least_sooner(pair.ratio_low)} ({TIMES[pair.compared]}) than"


def _what_it_needs(pair: PairFinding, done: int) -> str:
    if pair.limited_by_generator:
        limited = formats.listed(pair.limited_by_generator)
        return f"the load generator was the limit for {limited}"
    if pair.blocks_needed is None:
        return "and no number of blocks that could be run would decide it"
    more = pair.blocks_needed - done
    time = "" if pair.minutes_needed is None else f" ({formats.minutes(pair.minutes_needed)})"
    return f"about {more} block{'s' if more != 1 else ''}{time} more"
