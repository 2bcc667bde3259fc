"""A study in, its findings out: a pure function of the file."""

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from reports.analysis.caveats import find_caveats
from reports.analysis.cell import CellAnalysis
from reports.analysis.findings import (
    REPORT_VERSION,
    BlockFinding,
    Report,
    SettingRow,
    StackFinding,
)
from reports.analysis.gate import find_gate
from reports.analysis.looks import Earlier, at_look, looks_reached
from reports.analysis.metrics import STACK_METRICS
from reports.analysis.overview import overview
from reports.analysis.persistence import widening
from reports.analysis.reasons import NoVerdict
from reports.analysis.sections import ALPHA, section_alpha, section_count
from reports.analysis.trials import cells, interleaved, solo
from reports.analysis.twins import TwinCheck, TwinEvidence, twin_check
from reports.study.records import Json, Study

Settings = Mapping[str, Mapping[str, Any]]
"""By label and name."""


def analyse(study: Study) -> Report:
    """Return all findings of a study, finished or not; raises HistogramDamaged.

    Of one with several looks they are those of the last look, and of earlier ones for what was
    decided there. Its English is empty until `reports.wording.report.worded` fills it.
    """
    if study.finished_at is None or not study.plan.options.looks:
        return _findings(study, 0, Earlier())
    earlier = Earlier()
    report = None
    for number, look in enumerate(looks_reached(study.plan, study.blocks, study.rounds)):
        report = _findings(at_look(study, look), number, earlier)
        earlier = earlier.and_of(report)
    return report or _findings(replace(study, finished_at=None), 0, Earlier())


@dataclass(frozen=True, eq=False)
class AnalysedCells:
    """All cells of a study at one look, and what they tell together of its noise.

    `widening` : of intervals, for noise that persists between blocks; `unjudged` : why the study
    has no verdicts at all, if so.
    """

    cells: tuple[CellAnalysis, ...]
    twins: TwinCheck | None
    widening: float
    unjudged: NoVerdict | None


def analysed_cells(study: Study, look: int, earlier: Earlier) -> AnalysedCells:
    """Return the cells of a study as it was at a look of its plan, counted from 0."""
    found = tuple(
        CellAnalysis(study, cell, solo_cell, look, earlier)
        for cell, solo_cell in zip(cells(interleaved(study)), cells(solo(study)), strict=True)
    )
    noise = [(one, model) for one in found if (model := one.noise) is not None]
    twins = twin_check(
        study,
        [TwinEvidence(one.cell, one.eligible, model) for one, model in noise],
        study.plan.options.margin_ratio,
    )
    wider = float(widening([model.log_speeds for _, model in noise]))
    return AnalysedCells(found, twins, wider, _unjudged(study, twins))


def _findings(study: Study, look: int, earlier: Earlier) -> Report:
    found = analysed_cells(study, look, earlier)
    twins = found.twins
    comparisons = tuple(one.comparison(found.widening, found.unjudged) for one in found.cells)
    settings = _settings(study)
    caveats = find_caveats(study, comparisons, twins, settings)
    return Report(
        report_version=REPORT_VERSION,
        study_id=study.study_id,
        created_at=study.created_at,
        finished_at=study.finished_at,
        mode=study.plan.mode,
        seed=study.plan.seed,
        driver=study.plan.driver,
        workers=study.plan.workers,
        command=shlex.join(study.plan.command),
        confidence=1 - ALPHA,
        section_confidence=1 - section_alpha(study.plan),
        sections=section_count(study.plan),
        margin_ratio=study.plan.options.margin_ratio,
        looks=study.plan.looks,
        blocks_planned=study.plan.blocks,
        blocks=tuple(
            BlockFinding(block.number, block.state, block.solo, block.twin_stack, block.why_broken)
            for block in sorted(study.blocks, key=lambda block: block.number)
        ),
        widening=found.widening,
        twins=twins,
        overview=overview(comparisons, caveats, study.plan.command),
        caveats=caveats,
        comparisons=comparisons,
        stacks=_stacks(study),
        settings=settings,
        versions=dict(flattened(study.environment.versions)),
        machine=dict(flattened(study.environment.machine)),
        gate=find_gate(study, comparisons),
    )


def _unjudged(study: Study, twins: TwinCheck | None) -> NoVerdict | None:
    """Return why the study has no verdicts at all; None if it may have some."""
    if study.finished_at is None:
        return NoVerdict("study_unfinished")
    if twins is not None and not twins.valid:
        return NoVerdict("twins_differ", twins.ratio_low, twins.ratio_high)
    return None


def flattened(values: Json, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield nested mappings as one, their names joined by dots."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from flattened(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _stacks(study: Study) -> tuple[StackFinding, ...]:
    footprints = {footprint.label: footprint for footprint in study.footprints}
    return tuple(
        StackFinding(
            entrant.label,
            entrant.stack,
            {
                metric.name: metric.measure(footprint) if footprint else None
                for metric in STACK_METRICS
            },
            footprint.found.get("versions", {}) if footprint else {},
        )
        for entrant in study.plan.entrants
        if entrant.stack is not None
        for footprint in [footprints.get(entrant.label)]
    )


def _settings(study: Study) -> tuple[SettingRow, ...]:
    stacks = [entrant for entrant in study.plan.entrants if entrant.stack is not None]
    asked = {one.label: dict(flattened(one.settings)) for one in stacks}
    read = {
        one.label: {name: value for name, value in one.found.items() if name != "versions"}
        for one in study.footprints
    }
    found = {label: dict(flattened(read.get(label, {}))) for label in asked}
    everything = [*asked.values(), *found.values()]
    names = dict.fromkeys(name for settings in everything for name in settings)
    return tuple(_setting(name, asked, found) for name in names)


def _setting(name: str, asked: Settings, found: Settings) -> SettingRow:
    values, read = (
        {
            label: None if settings.get(name) is None else str(settings[name])
            for label, settings in of.items()
        }
        for of in (asked, found)
    )
    held = {read[label] or values[label] for label in values}
    return SettingRow(name, values, equal=len(held) <= 1, found=read)
