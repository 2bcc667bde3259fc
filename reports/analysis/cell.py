"""One operation under one shape: from its trials to places and verdicts."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from reports.analysis.eligibility import (
    LEAST_BLOCKS,
    exclusion,
    missing_late_ratio,
    missing_percentile,
)
from reports.analysis.estimates import AllBlocks, SpeedBounds
from reports.analysis.findings import Comparison, PairFinding, Section
from reports.analysis.generator_limit import limited_labels
from reports.analysis.intervals import BlockModel
from reports.analysis.looks import Earlier
from reports.analysis.metrics import Evidence
from reports.analysis.pairs import DECIDED, PairwiseComparison, places
from reports.analysis.reasons import Exclusion, GeneratorLimited, NoVerdict
from reports.analysis.sections import QUANTILES, Compared, compared_under, interval_alpha
from reports.analysis.solo import solo_runs
from reports.analysis.spending import look_alphas
from reports.analysis.standings import standing, without_place
from reports.analysis.time_taken import minutes_a_block
from reports.analysis.trials import Cell
from reports.study.records import Ceiling, Study

# An answer is late after so many times the best stack's median, unless a time is stated.
LATE_AFTER_MEDIANS = 10


@dataclass(frozen=True, eq=False)
class CellAnalysis:
    """The analysis of one cell; `eligible` begins with the fastest.

    `solo_cell` is the same of the solo blocks. `look` is the number of the look among the plan's,
    from 0; `earlier` is what those before it have fixed.
    """

    study: Study
    cell: Cell
    solo_cell: Cell
    look: int
    earlier: Earlier

    def comparison(self, widening: float, unjudged: NoVerdict | None) -> Comparison:
        """Return all findings.

        `widening` is that of intervals by noise that persists between blocks; `unjudged` says why
        the whole study has no verdicts, if so.
        """
        cell = self.cell
        sections = tuple(self._section(compared, widening, unjudged) for compared in self._compared)
        judged = sections[0].no_verdict is None
        ranks = places(self.eligible, _decided(sections[0].pairs)) if judged else {}
        return Comparison(
            operation=cell.operation,
            shape=cell.shape.name,
            connections=cell.shape.connections,
            rate_per_s=cell.shape.rate_per_s,
            blocks=cell.blocks,
            rounds=len(cell.rounds),
            rounds_removed=cell.removed,
            ceiling_requests_per_s=self.ceiling.requests_per_s if self.ceiling else None,
            solo_passes=len(self.solo_cell.rounds),
            sections=sections,
            standings=(
                *(
                    standing(
                        self.study,
                        Evidence(cell, label, self.all_blocks[label], self.late_after_us),
                        ranks.get(label),
                        self.limited.get(label),
                    )
                    for label in self.eligible
                ),
                *(without_place(cell, label, reason) for label, reason in self.excluded.items()),
            ),
        )

    @property
    def noise(self) -> BlockModel | None:
        """The model of the noise in what decides the places; None where it is not known."""
        if len(self.eligible) < 2 or len(self.cell.blocks) < 2:
            return None
        return self._pairwise(self._compared[0], self.eligible, 1.0).model

    @cached_property
    def excluded(self) -> dict[str, Exclusion]:
        reasons = {
            label: exclusion(self.study, self.cell, label) for label in self.study.plan.labels
        }
        return {label: reason for label, reason in reasons.items() if reason is not None}

    @cached_property
    def eligible(self) -> list[str]:
        return self._fastest_first(list(self.all_blocks), self._compared[0])

    @cached_property
    def all_blocks(self) -> dict[str, AllBlocks]:
        """The records of each label that may have a place."""
        included = [label for label in self.study.plan.labels if label not in self.excluded]
        return {label: AllBlocks.of(self.cell.of(label)) for label in included}

    @cached_property
    def ceiling(self) -> Ceiling | None:
        """In an open loop the rate is given, so there is no ceiling to come near to."""
        if self.cell.shape.rate_per_s is not None:
            return None
        key = (self.cell.operation, self.cell.shape.name)
        return next((c for c in self.study.ceilings if (c.operation, c.shape) == key), None)

    @cached_property
    def limited(self) -> dict[str, GeneratorLimited]:
        return limited_labels(self.cell, self.ceiling)

    @cached_property
    def late_after_us(self) -> float | None:
        """The time after which an answer is late; None in a closed loop."""
        if self.cell.shape.rate_per_s is None:
            return None
        stated_s = self.study.plan.options.late_after_s
        if stated_s is not None:
            return stated_s * 1e6
        fixed_us = self.earlier.late_after_us.get((self.cell.operation, self.cell.shape.name))
        if fixed_us is not None:
            return fixed_us
        if not self.eligible:
            return None
        best = self.all_blocks[self.eligible[0]].whole.quantile_us(0.5)
        return float(f"{LATE_AFTER_MEDIANS * best:.2g}")

    @property
    def _compared(self) -> tuple[Compared, ...]:
        return compared_under(self.cell.shape)

    def _section(self, compared: Compared, widening: float, unjudged: NoVerdict | None) -> Section:
        labels = self._labels_in(compared)
        no_verdict = unjudged or self._no_verdict(compared, labels)
        found = self._pairwise(compared, labels, widening) if no_verdict is None else None
        return Section(
            compared=compared,
            late_after_us=self.late_after_us if compared == "late_ratio" else None,
            no_verdict=no_verdict,
            variances_pooled=found.model.pooled if found else None,
            variances_agree_p=found.model.agreement_p if found else None,
            detectable_ratio=found.detectable_ratio() if found else None,
            equality_detectable=found.equality_detectable() if found else None,
            pairs=tuple(self.earlier.kept(self.cell.operation, self.cell.shape.name, found.pairs()))
            if found
            else (),
        )

    def _labels_in(self, compared: Compared) -> list[str]:
        """The eligible labels with enough behind what is compared, the fastest in it first."""
        if compared == self._compared[0]:
            return self.eligible
        enough = [label for label in self.eligible if self._missing(label, compared) is None]
        return self._fastest_first(enough, compared)

    def _missing(self, label: str, compared: Compared) -> Exclusion | None:
        if compared == "late_ratio":
            return missing_late_ratio(self.cell, label, self.late_after_us or 0.0)
        return missing_percentile(self.cell, label, QUANTILES[compared])

    def _no_verdict(self, compared: Compared, labels: Sequence[str]) -> NoVerdict | None:
        if len(labels) < 2:
            few_late = compared == "late_ratio" and len(self.eligible) > 1
            return NoVerdict("too_few_late" if few_late else "too_few_stacks")
        return NoVerdict("too_few_blocks") if len(self.cell.blocks) < LEAST_BLOCKS else None

    def _pairwise(
        self, compared: Compared, labels: Sequence[str], widening: float
    ) -> PairwiseComparison:
        plan = self.study.plan
        return PairwiseComparison(
            cell=self.cell,
            compared=compared,
            labels=tuple(labels),
            speeds=tuple(self._speed(label, compared) for label in labels),
            widening=widening,
            alpha=look_alphas(interval_alpha(plan), len(labels), plan.looks)[self.look],
            margin_ratio=plan.options.margin_ratio,
            limited=self.limited,
            # A long slice holds too few answers for a tail.
            solo=solo_runs(self.solo_cell, labels, self.ceiling)
            if compared == self._compared[0]
            else None,
            seed=plan.seed,
            minutes_a_block=minutes_a_block(self.study.blocks),
        )

    def _speed(self, label: str, compared: Compared) -> SpeedBounds:
        after_us = self.late_after_us if compared == "late_ratio" else None
        return self.all_blocks[label].bounds(compared, after_us)

    def _fastest_first(self, labels: Sequence[str], compared: Compared) -> list[str]:
        speeds = {label: self._speed(label, compared).measured.value for label in labels}
        return sorted(labels, key=lambda label: (-speeds[label], label))


def _decided(found: Sequence[PairFinding]) -> list[tuple[str, str]]:
    return [(pair.first, pair.second) for pair in found if pair.verdict in DECIDED]
