"""What taking turns itself does to the ratios, as far as solo blocks tell."""

from collections.abc import Iterator, Sequence

from reports.analysis.findings import Comparison, PairFinding
from reports.analysis.solo import TOLERATED_RATIO, SoloCheck
from reports.wording import formats
from reports.wording.verdict_sentences import where

Checked = tuple[SoloCheck, PairFinding, Comparison]


def solo_differences(comparisons: Sequence[Comparison]) -> Iterator[str]:
    """Where taking turns changes ratios: what the report says first."""
    checked = _checked(comparisons)
    differing = [found for found in checked if found[0].differs]
    if not differing:
        return
    yield (
        f"Taking turns changes ratios by more than {formats.percent(TOLERATED_RATIO)} for "
        f"{len(differing)} of {len(checked)} pairs, in "
        f"{where(comparison for _, _, comparison in differing)}; most where, "
        f"{_told(_widest(differing))}."
    )


def solo(comparisons: Sequence[Comparison]) -> Iterator[str]:
    """How near both ways of measuring came, and for which pairs that is not known."""
    checked = _checked(comparisons)
    if checked and not any(check.differs for check, _, _ in checked):
        widest = _widest(checked)
        noisy = _gap(widest) > TOLERATED_RATIO
        beyond = (
            f"more than {formats.percent(TOLERATED_RATIO)}, which noise alone may do"
            if noisy
            else f"less than {formats.percent(TOLERATED_RATIO)}"
        )
        yield (
            f"Alone on the machine, ratios differed from those of taking turns by {beyond}; the "
            f"largest difference: {_told(widest)}."
        )
    tried = [comparison for comparison in comparisons if comparison.solo_passes]
    unknown = [
        (comparison, sum(pair.solo is None for pair in comparison.pairs)) for comparison in tried
    ]
    missing = [f"{count} of {len(c.pairs)} pairs in {c.what}" for c, count in unknown if count]
    if missing:
        yield (
            f"What taking turns does is not known for {formats.listed(missing)}: alone on the "
            "machine, a stack was not measured validly or the load generator was the limit."
        )


def _checked(comparisons: Sequence[Comparison]) -> list[Checked]:
    return [
        (pair.solo, pair, comparison)
        for comparison in comparisons
        for pair in comparison.pairs
        if pair.solo is not None
    ]


def _widest(checked: Sequence[Checked]) -> Checked:
    return max(checked, key=_gap)


def _gap(found: Checked) -> float:
    change = found[0].change
    return max(change, 1 / change) - 1


def _told(found: Checked) -> str:
    check, pair, comparison = found
    low, high = (formats.change(value) for value in (check.change_low, check.change_high))
    return (
        f"alone, {pair.first} to {pair.second} in {comparison.what} is "
        f"{formats.ratio(check.ratio)}, taking turns {formats.ratio(pair.ratio)} "
        f"({formats.change(check.change)}, interval {low} to {high})"
    )
