"""Eligibility for a place: the records of a stack must be possible, right and enough.

An open loop's rate that a stack did not keep up with has no latency. Saturated is less than 99 %
served, or a backlog that grows. A backlog shows in the drain: it lasts longer than one answer takes
from when it was sent. The median over the slices is judged, so that a stall now and then, which
response times tell of, is no saturation.
"""

from collections.abc import Sequence
from statistics import median

import numpy as np

from reports.analysis.reasons import Exclusion, ExclusionKind, FailureCount
from reports.analysis.recall import remembered_ratio
from reports.analysis.steady_state import unsteady
from reports.analysis.trials import Cell, Trial
from reports.study.records import GENERATOR_FAILURES, Shape, Slice, Study

LITTLES_LAW_TOLERANCE_RATIO = 0.03
LEAST_SERVED_RATIO = 0.99
# A percentile needs as many answers beyond it, from as many slices and blocks, to mean anything.
LEAST_BEYOND = 50
LEAST_SLICES = 20
LEAST_BLOCKS = 4
# What a server that is stopped or killed in a broken block does to a connection is no wrong answer.
BROKEN_CONNECTION = frozenset({"refused", "reset", "timeout"})


def exclusion(study: Study, cell: Cell, label: str) -> Exclusion | None:
    """Return why the label has no place in the cell; None if it may have one.

    A failed contract or a wrong answer, wherever it was given, costs the place everywhere.
    """
    if (found := _unacceptable(study, cell.operation, label)) is not None:
        return found
    for block in cell.blocks:
        trial = cell.trials.get((label, block))
        if trial is None:
            return Exclusion("block_missing", block)
        found = invalid_trial(trial, cell.shape)
        if found is not None:
            return found
    if not cell.blocks:
        return Exclusion("not_measured")
    closed = cell.shape.rate_per_s is None
    return _without_speed(study, cell, label) if closed else _without_latency(cell, label)


def _unacceptable(study: Study, operation: str, label: str) -> Exclusion | None:
    """Return what is wrong with its answers, before or under load."""
    for gate in study.gates:
        if gate.label == label and not gate.passed:
            kind: ExclusionKind = "contract_failed" if gate.checks else "not_started"
            return Exclusion(kind, faults=gate.failures)
    failures = _failures(study, label)
    if failures:
        return Exclusion("wrong_answers", failures=failures)
    remembered = remembered_ratio(study, label, operation)
    return None if remembered is None else Exclusion("remembers_answers", measured=remembered)


def invalid_trial(trial: Trial, shape: Shape) -> Exclusion | None:
    """Return why the trial's numbers cannot be true; None if they can."""
    if not trial.answered or trial.duration_s <= 0 or any(map(_empty, trial.slices)):
        return Exclusion("nothing_answered", trial.block)
    timed = trial.times.total
    if timed != trial.answered:
        return Exclusion("untimed_answers", trial.block, timed, trial.answered)
    if shape.rate_per_s is None:
        return _breaks_littles_law(trial, shape.connections)
    return None


def missing_percentile(cell: Cell, label: str, quantile: float) -> Exclusion | None:
    """Return why a response time percentile is not shown; None if enough is behind it."""
    return _too_few(cell, label, cell.times(label).beyond(quantile))


def missing_late_ratio(cell: Cell, label: str, after_us: float) -> Exclusion | None:
    """Return why the share of answers later than a time is not compared; None if it may be."""
    times = cell.times(label)
    share = float(times.share_above(np.array([after_us]))[0]) if times.total else 0.0
    return _too_few(cell, label, share * times.total)


def _too_few(cell: Cell, label: str, beyond: float) -> Exclusion | None:
    enough = (
        beyond >= LEAST_BEYOND
        and cell.slices(label) >= LEAST_SLICES
        and len(cell.of(label)) >= LEAST_BLOCKS
    )
    return None if enough else Exclusion("too_few_answers")


def served_ratio(trials: Sequence[Trial]) -> float | None:
    """Return the answers' share of what was due, over all; None where that was not recorded."""
    due = [trial.due for trial in trials]
    known = [count for count in due if count]
    if not known or len(known) != len(due):
        return None
    return sum(trial.answered for trial in trials) / sum(known)


def saturation(trials: Sequence[Trial]) -> Exclusion | None:
    """Return why there is no response time at this rate; None if there is one."""
    served = served_ratio(trials)
    if served is None:
        return Exclusion("due_unknown")
    in_time = min(served, 1 / (1 + _backlog_ratio(trials)))
    if in_time < LEAST_SERVED_RATIO:
        return Exclusion("saturated", measured=in_time, limit=LEAST_SERVED_RATIO)
    return None


def _without_latency(cell: Cell, label: str) -> Exclusion | None:
    """In an open loop the response time is what is compared."""
    return saturation(cell.of(label)) or missing_percentile(cell, label, 0.5)


def _without_speed(study: Study, cell: Cell, label: str) -> Exclusion | None:
    change = unsteady(cell, study.plan.labels).get(label)
    return None if change is None else Exclusion("no_steady_state", measured=change)


def _empty(slice_: Slice) -> bool:
    """Whether nothing at all came of a slice that had to have something: a defect of ours.

    However long a server stalls, what was in flight is waited for.
    """
    ended = slice_.answered + sum(slice_.failures.values()) + slice_.unsent
    return not ended and slice_.due != 0


def _breaks_littles_law(trial: Trial, connections: int) -> Exclusion | None:
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
    if least > connections * (1 + LITTLES_LAW_TOLERANCE_RATIO):
        return Exclusion("littles_law", trial.block, least, connections)
    if most < connections * (1 - LITTLES_LAW_TOLERANCE_RATIO):
        return Exclusion("littles_law", trial.block, most, connections)
    return None


def _failures(study: Study, label: str) -> tuple[FailureCount, ...]:
    """Count failures by operation and kind, its twins' included, the generator's own left out."""
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
            if kind in GENERATOR_FAILURES or not count:
                continue
            if slice_.block in whole or kind not in BROKEN_CONNECTION:
                key = (slice_.operation, kind)
                found[key] = found.get(key, 0) + count
    return tuple(FailureCount(*key, count) for key, count in found.items())


def _backlog_ratio(trials: Sequence[Trial]) -> float:
    """Return how long a slice's backlog took to serve, as a share of the slice's own time."""
    found = []
    for trial in trials:
        in_flight_s = (trial.service_times.percentile_us(0.99) or 0) / 1e6
        for slice_ in trial.slices:
            drain_s = slice_.drain_s or 0.0
            own_s = max(slice_.duration_s - drain_s, 1e-9)
            found.append(max(0.0, drain_s - in_flight_s) / own_s)
    return median(found) if found else 0.0
