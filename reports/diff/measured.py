"""One study as a diff needs it: each section's speeds, and the noise of any contrast of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import exp

import numpy as np

from reports.analysis.analysis import analysed_cells
from reports.analysis.cell import CellAnalysis
from reports.analysis.eligibility import LEAST_BLOCKS, missing_percentile
from reports.analysis.estimates import SpeedBounds
from reports.analysis.intervals import BlockModel, Floats
from reports.analysis.looks import Earlier, at_look, looks_reached
from reports.analysis.reasons import Exclusion, GeneratorLimited, NoVerdict
from reports.analysis.sections import OF_TIMES, QUANTILES, Compared, compared_under
from reports.diff.contrasts import Noise, noise_of
from reports.study.counted_blocks import counted_blocks
from reports.study.records import Plan, Shape, Study

SectionKey = tuple[str, str, Compared]
"""Operation, name of the load shape, and what is compared."""

Weights = Mapping[str, float]
"""How often each label's speed counts in a contrast."""


@dataclass(frozen=True, eq=False)
class MeasuredSection:
    """The speeds of one section, by label, of the stacks that have one.

    `excluded` says why others have none, `limited` for whom the load generator was the limit,
    `no_verdict` why nothing here is judged, if so.
    """

    shape: Shape
    compared: Compared
    speeds: Mapping[str, SpeedBounds]
    excluded: Mapping[str, Exclusion]
    limited: Mapping[str, GeneratorLimited]
    no_verdict: NoVerdict | None
    widening: float

    def value(self, label: str) -> float | None:
        """Return requests a second, or microseconds."""
        if label not in self.speeds:
            return None
        log_speed = self.speeds[label].measured.value
        return exp(log_speed if self.compared == "requests_per_s" else -log_speed)

    def log_speed(self, weights: Weights) -> float:
        """Return the contrast as measured."""
        return sum(weight * self.speeds[label].measured.value for label, weight in weights.items())

    def gaps(self, weights: Weights) -> tuple[float, float]:
        """Return how much lower and higher late starts of the generator leave the contrast open."""
        lower = sum(-w * self.speeds[label].gap for label, w in weights.items() if w < 0)
        higher = sum(w * self.speeds[label].gap for label, w in weights.items() if w > 0)
        return lower, higher

    def noises(self, weights: Weights) -> tuple[Noise, ...]:
        """Return the contrast's noise by each model; of response times there are two."""
        counted = np.array([weights.get(label, 0.0) for label in self.speeds])
        return tuple(noise_of(model, counted) for model in self._models)

    @cached_property
    def _models(self) -> tuple[BlockModel, ...]:
        by_block = self._model([one.measured.by_block for one in self.speeds.values()])
        if self.compared not in OF_TIMES:
            return (by_block,)
        return by_block, self._model([one.measured.of_blocks for one in self.speeds.values()])

    def _model(self, values: Sequence[Floats]) -> BlockModel:
        return BlockModel(np.array(values), self.widening)


def at_its_end(study: Study) -> Study:
    """Return what the findings of a study stand on: of one with several looks, the last reached."""
    if not study.plan.options.looks:
        return study
    reached = looks_reached(study.plan, study.blocks, study.rounds)
    return at_look(study, reached[-1]) if reached else replace(study, finished_at=None)


def blocks_that_count(study: Study) -> int:
    """Return their number, solo blocks left out."""
    solo = {block.number for block in study.blocks if block.solo}
    return len(counted_blocks(study.plan, study.blocks, study.rounds) - solo)


def section_keys(plan: Plan) -> tuple[SectionKey, ...]:
    """Return all sections of a plan but the shares of late answers.

    What counts as late is another time in each study, unless it was stated.
    """
    return tuple(
        (operation, shape.name, compared)
        for operation in plan.operations
        for shape in plan.shapes_of(operation)
        for compared in _compared(shape)
    )


def measured_sections(study: Study) -> dict[SectionKey, MeasuredSection]:
    """Return the sections of a study by their `section_keys`; raises HistogramDamaged."""
    found = analysed_cells(study, 0, Earlier())
    return {
        (one.cell.operation, one.cell.shape.name, compared): _section(
            one, compared, found.widening, found.unjudged
        )
        for one in found.cells
        for compared in _compared(one.cell.shape)
    }


def _compared(shape: Shape) -> tuple[Compared, ...]:
    return tuple(one for one in compared_under(shape) if one != "late_ratio")


def _section(
    found: CellAnalysis, compared: Compared, widening: float, unjudged: NoVerdict | None
) -> MeasuredSection:
    cell = found.cell
    excluded = dict(found.excluded)
    if compared in QUANTILES:
        for label in found.eligible:
            if missing := missing_percentile(cell, label, QUANTILES[compared]):
                excluded[label] = missing
    few = NoVerdict("too_few_blocks") if len(cell.blocks) < LEAST_BLOCKS else None
    return MeasuredSection(
        shape=cell.shape,
        compared=compared,
        speeds={
            label: found.all_blocks[label].bounds(compared)
            for label in found.eligible
            if label not in excluded
        },
        excluded=excluded,
        limited=found.limited,
        no_verdict=unjudged or few,
        widening=widening,
    )
