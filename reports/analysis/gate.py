"""A gate: whether a head serves slower than its base by more than is allowed.

It judges the intervals of the pair that the report prints, so a gate is red for certain or not at
all: noise and a limited load generator widen or withhold an interval, and leave it undecided.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from math import ceil, log, log1p
from typing import Literal

from reports.analysis.findings import Comparison, GateFinding, GateOutcome, OperationGate
from reports.analysis.reasons import Exclusion, ExclusionKind
from reports.analysis.time_taken import minutes_a_block
from reports.study.records import Study

Side = Literal["base", "head"]
WRONG: tuple[ExclusionKind, ...] = ("contract_failed", "wrong_answers")
"""Why a stack has no place that is its own fault, whatever its speed."""


def decide(
    low: float, high: float, gate_ratio: float, limited: Collection[Side] = ()
) -> GateOutcome:
    """Return what the interval of the head's rate over the base's says.

    The rate of a side for which the load generator was the limit is at least what was measured: so
    limited, a head is never too slow, and a base never slow enough.
    """
    least = 1 - gate_ratio
    if high < least and "head" not in limited:
        return "red"
    if low > least and "base" not in limited:
        return "green"
    return "undecided"


def overall(outcomes: Collection[GateOutcome]) -> GateOutcome:
    """Return red where one is, green where all are, else undecided."""
    if "red" in outcomes:
        return "red"
    return "green" if set(outcomes) == {"green"} else "undecided"


def answered_wrongly(
    comparisons: Iterable[Comparison], label: str | None = None
) -> Exclusion | None:
    """Return a stack's wrong answers, at the contract gate or under load; any stack's for None."""
    return next(
        (
            standing.exclusion
            for comparison in comparisons
            for standing in comparison.standings
            if standing.exclusion is not None
            and standing.exclusion.kind in WRONG
            and label in (None, standing.label)
        ),
        None,
    )


def find_gate(study: Study, comparisons: Collection[Comparison]) -> GateFinding | None:
    """Return what the study says as a gate; None where it is none."""
    gate_ratio, base = study.plan.options.gate_ratio, study.plan.options.gate_base
    if gate_ratio is None or base is None:
        return None
    (head,) = (label for label in study.plan.labels if label != base)
    gate = _Gate(base, head, gate_ratio, minutes_a_block(study.blocks))
    found = tuple(gate.judge(one) for one in comparisons if one.rate_per_s is None)
    wrong = answered_wrongly(comparisons, head)
    outcome = "red" if wrong else overall([one.outcome for one in found])
    return GateFinding(base, head, gate_ratio, outcome, found, wrong)


@dataclass(frozen=True)
class _Gate:
    base: str
    head: str
    gate_ratio: float
    minutes_a_block: float | None

    def judge(self, comparison: Comparison) -> OperationGate:
        """Return what one closed loop says."""
        operation, shape, section = comparison.operation, comparison.shape, comparison.deciding
        if not section.pairs:
            excluded = tuple(s.label for s in comparison.standings if s.exclusion is not None)
            return OperationGate(
                operation, shape, "undecided", excluded=excluded, no_verdict=section.no_verdict
            )
        (pair,) = section.pairs
        ratio, low, high = pair.ratio, pair.ratio_low, pair.ratio_high
        if pair.first == self.base:
            ratio, low, high = 1 / ratio, 1 / high, 1 / low
        limited = [s.label for s in comparison.standings if s.generator_limit is not None]
        sides: dict[str, Side] = {self.base: "base", self.head: "head"}
        outcome = decide(low, high, self.gate_ratio, [sides[label] for label in limited])
        return OperationGate(
            operation,
            shape,
            outcome,
            ratio,
            low,
            high,
            limited=tuple(limited),
            detectable_ratio=section.detectable_ratio,
            more_minutes=self._more_minutes(pair.blocks, section.detectable_ratio)
            if outcome == "undecided"
            else None,
        )

    def _more_minutes(self, blocks: int, detectable_ratio: float | None) -> float | None:
        """Return how long it takes until the gate's own difference would be seen as often.

        An interval shrinks with the root of the number of blocks, or a little faster.
        """
        if detectable_ratio is None or self.minutes_a_block is None:
            return None
        times = log1p(detectable_ratio) / -log(1 - self.gate_ratio)
        more = ceil(blocks * (times**2 - 1))
        return more * self.minutes_a_block if more > 0 else None
