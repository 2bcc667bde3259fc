"""Caveats on the machine: its noise, and the differences a study on it can find."""

from collections import Counter
from typing import cast

from reports.analysis.findings import Report
from reports.analysis.reasons import Caveat, RemovalKind
from reports.wording import formats
from reports.wording.caveats.places import spread, where
from reports.wording.reasons import REMOVALS

LEAST_SHOWN_RATIO = 0.001


def busy(caveat: Caveat, _: Report) -> str:
    """Say how busy the median round was: half of the rounds lie on either side of it."""
    share = formats.percent(caveat.measured or 0)
    return (
        f"The machine was busy: in half of the rounds other processes used {share} or more of the "
        "measured cores' time."
    )


def quiet(caveat: Caveat, _: Report) -> str:
    """Say the same of a machine with little other work and little noise."""
    return f"The machine was quiet: {_others_used(caveat)}, and closed loops varied little."


def unsteady(caveat: Caveat, _: Report) -> str:
    """Say that the figures vary although other processes did little."""
    (noise,) = caveat.details
    return (
        f"The machine was not steady: {_others_used(caveat)}, and yet the figures vary so much "
        f"that half of the closed loops show no difference below "
        f"{formats.difference(noise.measured or 0)} (power 80 %), as where a host shares its cores "
        "or their clock changes."
    )


def _others_used(caveat: Caveat) -> str:
    share = caveat.measured or 0
    used = f"{formats.percent(share)} or less" if share >= LEAST_SHOWN_RATIO else "next to nothing"
    return f"in half of the rounds other processes used {used} of the measured cores' time"


def steal_time(caveat: Caveat, _: Report) -> str:
    """Say that the host ran others on these cores."""
    return (
        f"In half of the rounds the host took {formats.percent(caveat.measured or 0)} or more of "
        "the cores' time for others (steal)."
    )


def not_pinned(_: Caveat, __: Report) -> str:
    """Say that processes moved between cores."""
    return "Servers and load generator were not pinned to cores, which adds noise."


def shared_cores(_: Caveat, __: Report) -> str:
    """Say that there was one core for both."""
    return "Servers and load generator shared cores, so each slowed the other."


def detectable_difference(caveat: Caveat, report: Report) -> str:
    """Give the smallest difference that a study like this one finds in four of five cases."""
    return f"Smallest detectable difference (power 80 %): {spread(caveat.details, report)}."


def twins_agree(caveat: Caveat, report: Report) -> str:
    """Give the twins' ratio, and the bias that it does not exclude."""
    return (
        f"{_twins(report)}: the noise is as stated, and a bias of up to "
        f"{formats.percent(caveat.measured or 0)} is not excluded."
    )


def noise_understated(caveat: Caveat, report: Report) -> str:
    """Say that the twins vary more than the model of the noise allows."""
    return (
        f"{_twins(report)}, but varied {caveat.measured:.1f} times as much as the noise that is "
        "stated (in variance), which chance does in fewer than one study of a hundred: the "
        "intervals may be too narrow."
    )


def no_twin(_: Caveat, __: Report) -> str:
    """Say that no stack was entered twice."""
    return "No stack was entered twice, so this study does not check the noise that it states."


def _twins(report: Report) -> str:
    found = report.twins
    if found is None:
        return "The same stack, entered twice, was not compared"
    low, high = formats.ratio(found.pooled_low), formats.ratio(found.pooled_high)
    earlier = found.studies - 1
    studies = f", in this study and {earlier} before it" if earlier else ""
    return (
        f"The same stack, entered twice, was {formats.ratio(found.pooled_ratio)} times as fast "
        f"over all operations ({low} to {high}{studies})"
    )


def rounds_removed(caveat: Caveat, report: Report) -> str:
    """Count the rounds that were removed, by their reasons."""
    reasons: Counter[str] = Counter()
    for detail in caveat.details:
        reasons[REMOVALS[cast("RemovalKind", detail.subject)]] += int(detail.measured or 0)
    why = formats.listed([f"{count} × {reason}" for reason, count in sorted(reasons.items())])
    return (
        f"{caveat.measured:.0f} of {caveat.limit:.0f} rounds were removed for all stacks without "
        f"looking at their outcome ({why}), in {where(caveat, report)}."
    )
