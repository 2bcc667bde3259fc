"""Caveats on interleaving, as far as solo slices show its effect."""

from collections.abc import Sequence

from reports.analysis.findings import Report
from reports.analysis.reasons import Caveat, CaveatDetail
from reports.wording import formats
from reports.wording.caveats.places import comparisons_of, what, where


def interleaving_changes_ratios(caveat: Caveat, report: Report) -> str:
    """Say where solo and interleaved ratios differ beyond chance."""
    return (
        f"Interleaving changes ratios by more than {formats.percent(caveat.limit or 0)} for "
        f"{len(caveat.details)} of {caveat.measured:.0f} pairs, in {where(caveat, report)}; most "
        f"where, {_both_ratios(_widest(caveat.details), report)}."
    )


def solo_agrees(caveat: Caveat, report: Report) -> str:
    """Say that solo and interleaved ratios do not differ beyond chance."""
    widest, tolerated = _widest(caveat.details), caveat.limit or 0
    beyond = (
        f"more than {formats.percent(tolerated)}, which noise alone may do"
        if _gap(widest) > tolerated
        else f"less than {formats.percent(tolerated)}"
    )
    return (
        f"Solo ratios differed from interleaved ones by {beyond}; the largest difference: "
        f"{_both_ratios(widest, report)}."
    )


def solo_unknown(caveat: Caveat, report: Report) -> str:
    """Count the pairs that have no solo ratio."""
    missing = [
        f"{detail.measured:.0f} of {detail.limit:.0f} pairs in {what(report, detail.where)}"
        for detail in caveat.details
    ]
    return (
        f"The effect of interleaving is not known for {formats.listed(missing)}: alone on the "
        "machine, a stack was not measured validly or the load generator was the limit."
    )


def solo_unmeasured(caveat: Caveat, _: Report) -> str:
    """Say that the study has no solo passes, or too few to tell something from noise."""
    return (
        f"Slices were interleaved, and no stack was measured alone on the machine "
        f"{caveat.limit:.0f} times or more, so the effect of interleaving on a ratio (up to some "
        "per cent) is not seen."
    )


def _widest(details: Sequence[CaveatDetail]) -> CaveatDetail:
    return max(details, key=_gap)


def _gap(detail: CaveatDetail) -> float:
    change = detail.measured or 1.0
    return max(change, 1 / change) - 1


def _both_ratios(detail: CaveatDetail, report: Report) -> str:
    (comparison,) = comparisons_of(report, [detail.where])
    pair = next(one for one in comparison.pairs if (one.first, one.second) == detail.stacks)
    if pair.solo is None:
        return f"for {pair.first} to {pair.second} in {comparison.what}"
    low, high = (formats.change(value) for value in (pair.solo.change_low, pair.solo.change_high))
    return (
        f"alone, {pair.first} to {pair.second} in {comparison.what} is "
        f"{formats.ratio(pair.solo.ratio)}, interleaved {formats.ratio(pair.ratio)} "
        f"({formats.change(pair.solo.change)}, interval {low} to {high})"
    )
