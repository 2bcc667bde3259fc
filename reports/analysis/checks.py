"""Whether what was recorded of a stack can be true, and whether it may have a place."""

from reports.analysis.percentiles import why_not_shown
from reports.analysis.saturation import why_saturated
from reports.analysis.trials import Cell, Trial
from reports.study.records import Shape, Study
from reports.wording import formats

TOLERANCE_RATIO = 0.03
# What a server that is stopped or killed in a broken block does to a connection is no wrong answer.
BROKEN_CONNECTION = frozenset({"refused", "reset", "timeout"})


def why_no_place(study: Study, cell: Cell, label: str) -> str | None:
    """Why the label has no place in the cell, as a clause; None if it may have one.

    A failed contract or a wrong answer, wherever it was given, costs the place everywhere.
    """
    for gate in study.gates:
        if gate.label == label and not gate.passed:
            first = f": {gate.failures[0]}" if gate.failures else ""
            return f"failed the contract before the load{first}"
    wrong = _failures(study, label)
    if wrong:
        counted = formats.listed(
            [f"{count} × {kind} in {operation}" for (operation, kind), count in wrong.items()]
        )
        return f"gave wrong answers or none under load ({counted})"
    for block in cell.blocks:
        trial = cell.trials.get((label, block))
        if trial is None:
            return f"was not measured in block {block}"
        reason = why_invalid(trial, cell.shape)
        if reason is not None:
            return f"has an invalid trial in block {block}: {reason}"
    if not cell.blocks:
        return "was not measured"
    return None if cell.shape.rate_per_s is None else _why_no_latency(cell, label)


def _why_no_latency(cell: Cell, label: str) -> str | None:
    """In an open loop the response time is what is compared."""
    saturated = why_saturated(cell.of(label))
    if saturated is not None:
        return saturated
    reason = why_not_shown(cell, label, 0.5)
    return None if reason is None else f"has no response p50 ({reason})"


def why_invalid(trial: Trial, shape: Shape) -> str | None:
    """Why the trial's numbers cannot be true, as a clause; None if they can."""
    if not trial.answered or trial.duration_s <= 0:
        return "no answer was recorded"
    times = trial.times
    if times.total != trial.answered:
        return f"{trial.answered} answers were counted and {times.total} timed"
    if shape.rate_per_s is None:
        return _why_not_little(trial, shape.connections)
    return None


def _why_not_little(trial: Trial, connections: int) -> str | None:
    """Little's law for a closed loop: connections = rate × (response time + time between).

    The time between an answer and the next request is not recorded; it is at most the generator's
    CPU time a request. While a slice drains, fewer and fewer connections are in use.
    """
    if trial.mean_us is None:
        return None
    between_s = (trial.generator_cpu_ratio or 0.0) * trial.duration_s
    in_answers_s = trial.mean_us / 1e6 * trial.answered
    least = in_answers_s / trial.duration_s
    most = (in_answers_s + between_s) / max(trial.duration_s - trial.drain_s, 1e-9)
    if least <= connections * (1 + TOLERANCE_RATIO) and most >= connections * (1 - TOLERANCE_RATIO):
        return None
    return (
        f"rate × time gives {least:.1f} to {most:.1f} connections where {connections} were open "
        "(Little's law)"
    )


def _failures(study: Study, label: str) -> dict[tuple[str, str], int]:
    """Failures by operation and kind, those of the stack's twins included."""
    whole = {block.number for block in study.blocks if block.state == "whole"}
    twin_stacks = {block.number: block.twin_stack for block in study.blocks}
    stack = next(entrant.stack for entrant in study.plan.entrants if entrant.label == label)
    twins = {entrant.label for entrant in study.plan.entrants if entrant.stack is None}
    found: dict[tuple[str, str], int] = {}
    for slice_ in study.slices:
        as_twin = slice_.label in twins and twin_stacks.get(slice_.block) == stack
        if slice_.label != label and not as_twin:
            continue
        for kind, count in slice_.failures.items():
            if count and (slice_.block in whole or kind not in BROKEN_CONNECTION):
                key = (slice_.operation, kind)
                found[key] = found.get(key, 0) + count
    return found
