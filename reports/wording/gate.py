"""What a gate says, in English."""

from dataclasses import replace

from reports.analysis.findings import Comparison, GateFinding, GateOutcome, OperationGate, Report
from reports.wording import formats
from reports.wording.reasons import exclusion_clause, no_verdict_clause

OUTCOMES: dict[GateOutcome, str] = {"red": "red", "green": "green", "undecided": "not decided"}


def worded_gate(report: Report) -> GateFinding | None:
    """Return the report's gate with its sentences; the comparisons have their names already."""
    gate = report.gate
    if gate is None:
        return None
    named = {(one.operation, one.shape): one for one in report.comparisons}
    operations = tuple(
        replace(one, sentence=_sentence(gate, one, named[one.operation, one.shape]))
        for one in gate.operations
    )
    return replace(gate, operations=operations, headline=_headline(gate))


def _headline(gate: GateFinding) -> str:
    allowed = formats.percent(gate.gate_ratio)
    start = f"gate of {allowed}: {OUTCOMES[gate.outcome]}"
    if gate.wrong is not None:
        return f"{start}, {gate.head} {exclusion_clause(gate.wrong)}"
    if gate.outcome == "red":
        slow = [one.operation for one in gate.operations if one.outcome == "red"]
        listed = formats.listed(list(dict.fromkeys(slow)))
        return f"{start}, {gate.head} is more than {allowed} slower than {gate.base} in {listed}"
    if gate.outcome == "green":
        return f"{start}, {gate.head} is nowhere {allowed} slower than {gate.base}"
    open_ones = list(dict.fromkeys(o.operation for o in gate.operations if o.outcome != "green"))
    return (
        f"{start} whether {gate.head} is more than {allowed} slower than {gate.base} in "
        f"{formats.listed(open_ones)}"
    )


def _sentence(gate: GateFinding, found: OperationGate, comparison: Comparison) -> str:
    what = f"{comparison.what}: {OUTCOMES[found.outcome]}"
    if found.ratio is None or found.ratio_low is None or found.ratio_high is None:
        return f"{what}, {_why_nothing(found, comparison)}"
    interval = f"{formats.change(found.ratio_low)} to {formats.change(found.ratio_high)}"
    measured = f"the rate changes by {formats.change(found.ratio)} ({interval})"
    if found.outcome != "undecided":
        return f"{what}, {measured}"
    return f"{what}, {measured}; {_what_it_needs(gate, found)}"


def _why_nothing(found: OperationGate, comparison: Comparison) -> str:
    reasons = [(s.label, s.exclusion) for s in comparison.standings if s.exclusion is not None]
    # Where one is out from the start, the other is not measured.
    for label, reason in sorted(reasons, key=lambda found: found[1].kind == "not_measured"):
        return f"{label} {exclusion_clause(reason)}"
    return no_verdict_clause(found.no_verdict) if found.no_verdict else "nothing was measured"


def _what_it_needs(gate: GateFinding, found: OperationGate) -> str:
    if found.limited:
        return f"the load generator was the limit for {formats.listed(found.limited)}"
    if found.detectable_ratio is None:
        return "how small a difference could have been seen is not known"
    seen = f"{formats.difference(found.detectable_ratio)} could have been seen (80 % power)"
    if found.more_minutes is None:
        return f"{seen}, but the difference is too near the gate"
    return (
        f"{seen}, {formats.percent(gate.gate_ratio)} after about "
        f"{formats.minutes(found.more_minutes)} more"
    )
