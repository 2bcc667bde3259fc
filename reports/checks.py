"""Whether what was recorded of a stack can be true, and whether it may have a place."""

from math import sqrt

from reports import formats
from reports.records import Shape, Study
from reports.trials import Cell, Trial

TOLERANCE_RATIO = 0.03
LEAST_SERVED_RATIO = 0.99
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
    return None if cell.blocks else "was not measured"


def why_invalid(trial: Trial, shape: Shape) -> str | None:
    """Why the trial's numbers cannot be true, as a clause; None if they can."""
    if not trial.answered or trial.duration_s <= 0:
        return "no answer was recorded"
    times = trial.times
    if times.answered != trial.answered:
        return f"{trial.answered} answers were counted and {times.answered} timed"
    if shape.rate_per_s is None:
        return _why_not_little(trial, shape.connections)
    return _why_not_served(trial, shape.rate_per_s)


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


def _why_not_served(trial: Trial, rate_per_s: float) -> str | None:
    due = rate_per_s * trial.duration_s
    # Arrivals are random: three standard deviations of a Poisson count are no shortfall.
    if trial.answered >= LEAST_SERVED_RATIO * due - 3 * sqrt(due):
        return None
    return f"{trial.answered} requests were served of about {due:.0f} that were due"


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
