"""How quiet the machine was, and what a study on it could see."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from statistics import median

from reports.analysis.findings import Comparison
from reports.study.records import Study
from reports.wording import formats
from reports.wording.verdict_sentences import where

BUSY_RATIO = 0.05
LEAST_TOLD_RATIO = 0.001
QUIET_STEAL_RATIO = 0.005
MOST_LISTED = 3


def machine(study: Study) -> Iterator[str]:
    """What else went on, and whether servers and generator had cores of their own."""
    other = _median_of(round_.other_cpu_ratio for round_ in study.rounds)
    steal = _median_of(round_.steal_ratio for round_ in study.rounds)
    if other is not None:
        yield f"The machine was {_activity(other)} of the measured cores' time."
    if steal is not None and steal > QUIET_STEAL_RATIO:
        yield (
            f"In half of the rounds the host took {formats.percent(steal)} or more of the cores' "
            "time for others (steal)."
        )
    if study.environment.machine.get("pinned") is False:
        yield "Servers and load generator were not pinned to cores, which adds noise."
    if study.environment.machine.get("disjoint_cores") is False:
        yield "Servers and load generator shared cores, so each slowed the other."


def _activity(other: float) -> str:
    """How busy the median round was: half of the rounds lie on either side of it."""
    share = formats.percent(other)
    if other > BUSY_RATIO:
        return f"busy: in half of the rounds other processes used {share} or more"
    used = f"{share} or less" if other >= LEAST_TOLD_RATIO else "next to nothing"
    return f"quiet: in half of the rounds other processes used {used}"


def noise(comparisons: Sequence[Comparison]) -> Iterator[str]:
    """What the twins differed by, and what could have been found."""
    seen = {c.what: c.detectable_ratio for c in comparisons if c.detectable_ratio is not None}
    if seen:
        yield (
            f"This study could see differences of {_spread(seen, ' or more')} (found in four of "
            "five such studies)."
        )
    floors = {
        c.what: c.twin.noise_floor_ratio for c in comparisons if c.twin is not None and c.twin.valid
    }
    if floors:
        yield f"Noise floor: the same stack, entered twice, differed by at most {_spread(floors)}."
    missing = [c for c in comparisons if c.twin is None]
    if missing:
        yield f"No stack was entered twice in {where(missing)}: its noise floor is unknown."


def removed_rounds(comparisons: Sequence[Comparison]) -> Iterator[str]:
    """How many rounds do not count, and why."""
    reasons: Counter[str] = Counter()
    for comparison in comparisons:
        reasons.update(comparison.rounds_removed)
    if reasons:
        removed = reasons.total()
        everything = sum(comparison.rounds for comparison in comparisons) + removed
        why = formats.listed([f"{count} × {reason}" for reason, count in sorted(reasons.items())])
        affected = where(c for c in comparisons if c.rounds_removed)
        yield (
            f"{removed} of {everything} rounds were removed for all stacks without looking at "
            f"their outcome ({why}), in {affected}."
        )


def _spread(ratios: dict[str, float], suffix: str = "") -> str:
    """Each value with its name; of many the least and the greatest."""
    words = {what: f"{formats.percent(ratio)}{suffix} in {what}" for what, ratio in ratios.items()}
    if len(words) <= MOST_LISTED:
        return formats.listed([*words.values()])
    least, most = min(ratios, key=lambda w: ratios[w]), max(ratios, key=lambda w: ratios[w])
    return f"{formats.percent(ratios[least])} ({least}) to {words[most]}"


def _median_of(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None
