"""Caveats on the evidence: missing places, missing blocks, scope."""

from collections import Counter

from reports.analysis.findings import Report
from reports.analysis.reasons import Caveat
from reports.wording import formats
from reports.wording.caveats.places import what, where
from reports.wording.reasons import PERCENTILE_NEEDS, exclusion_clause


def order_turns_over(caveat: Caveat, report: Report) -> str:
    """Name pairs of which one wins under one load and the other under another."""
    first, second = (what(report, key) for key in caveat.where)
    pairs = formats.listed([f"{' and '.join(detail.stacks)}" for detail in caveat.details])
    return f"The order turns over between {first} and {second}: {pairs}."


def no_place(caveat: Caveat, report: Report) -> str:
    """Say which stacks are not judged where, and why."""
    verb, each = ("has", "it") if len(caveat.stacks) == 1 else ("have", "each")
    reason = exclusion_clause(caveat.exclusion) if caveat.exclusion else "was not judged"
    stacks = formats.listed(caveat.stacks)
    return f"{stacks} {verb} no place in {where(caveat, report)}: {each} {reason}."


def study_unfinished(caveat: Caveat, _: Report) -> str:
    """Say that blocks are still to be run."""
    return (
        f"The study is not finished: {caveat.measured:.0f} of {caveat.limit:.0f} blocks are whole; "
        "`podium resume` goes on with it."
    )


def block_broken(caveat: Caveat, report: Report) -> str:
    """Say which block did not come to its end, and why."""
    block = next(one for one in report.blocks if one.number == caveat.measured)
    return f"Block {block.number} broke off: {block.why_broken or 'it was interrupted'}."


def contract_unchecked(_: Caveat, __: Report) -> str:
    """Say that no gate is recorded."""
    return "The contract was not checked before the load."


def stalls_weigh(caveat: Caveat, report: Report) -> str:
    """Say where the robust estimate is far from the mean."""
    counts = Counter(detail.where for detail in caveat.details)
    pairs = {detail.where: int(detail.limit or 0) for detail in caveat.details}
    weighed = [
        f"{count} of {pairs[key]} pairs in {what(report, key)}" for key, count in counts.items()
    ]
    widest = max(caveat.details, key=lambda detail: detail.measured or 0)
    return (
        f"Stalls weigh in {formats.listed(weighed)}: there the median round's ratio is more than "
        f"1 % from that of all time together (most, by {formats.percent(widest.measured or 0)}, "
        f"for {widest.stacks[0]} to {widest.stacks[1]} in {what(report, widest.where)})."
    )


def percentile_withheld(caveat: Caveat, report: Report) -> str:
    """Say where too little is behind a percentile."""
    return (
        f"Response p99 is not shown for every stack in {where(caveat, report)}: {PERCENTILE_NEEDS}."
    )


def settings_differ(caveat: Caveat, _: Report) -> str:
    """Name the settings that differ between stacks."""
    names = formats.listed([detail.subject for detail in caveat.details])
    return f"Settings that differ between the stacks: {names}."


def scope(caveat: Caveat, _: Report) -> str:
    """Say for which set-up the numbers hold."""
    workers = int(caveat.measured or 1)
    processes = "one worker process" if workers == 1 else f"{workers} worker processes"
    return (
        f"All this holds for {processes} a stack on one server core and requests over loopback on "
        "this machine; rates elsewhere differ, ratios less so."
    )
