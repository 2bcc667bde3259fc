"""A study in, its findings out: a pure function of the file."""

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from reports.analysis.cell import ALPHA, Rules, compare
from reports.analysis.findings import (
    REPORT_VERSION,
    BlockFinding,
    Comparison,
    Report,
    SettingRow,
    StackFinding,
)
from reports.analysis.metrics import STACK_METRICS
from reports.analysis.trials import alone, cells, taking_turns
from reports.study.records import Json, Plan, Study
from reports.wording.caveats.all import caveats

DEFAULT_MARGIN_RATIO = 0.03


def analyse(study: Study) -> Report:
    """All findings of a study, finished or not; raises HistogramDamaged."""
    rules = _rules(study.plan)
    comparisons = tuple(
        compare(study, cell, solo, rules)
        for cell, solo in zip(cells(taking_turns(study)), cells(alone(study)), strict=True)
    )
    settings = _settings(study.plan)
    return Report(
        report_version=REPORT_VERSION,
        study_id=study.study_id,
        created_at=study.created_at,
        finished_at=study.finished_at,
        mode=study.plan.mode,
        seed=study.plan.seed,
        driver=study.plan.driver,
        command=shlex.join(study.plan.command),
        confidence=1 - ALPHA,
        margin_ratio=rules.margin_ratio,
        looks=rules.looks,
        blocks_planned=study.plan.blocks,
        blocks=tuple(
            BlockFinding(block.number, block.state, block.solo, block.twin_stack, block.why_broken)
            for block in sorted(study.blocks, key=lambda block: block.number)
        ),
        verdicts=tuple(_verdicts(comparisons)),
        caveats=caveats(study, comparisons, settings),
        comparisons=comparisons,
        stacks=_stacks(study),
        settings=settings,
        versions=dict(flattened(study.environment.versions)),
        machine=dict(flattened(study.environment.machine)),
    )


def flattened(values: Json, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Nested mappings as one, their names joined by dots."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from flattened(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _rules(plan: Plan) -> Rules:
    return Rules(
        margin_ratio=float(plan.options.get("margin_ratio") or DEFAULT_MARGIN_RATIO),
        looks=tuple(plan.options.get("looks") or (plan.blocks,)),
    )


def _verdicts(comparisons: tuple[Comparison, ...]) -> Iterator[str]:
    for comparison in comparisons:
        yield f"{comparison.headline}."
        yield from (f"{sentence}." for sentence in comparison.sentences)


def _stacks(study: Study) -> tuple[StackFinding, ...]:
    return tuple(
        StackFinding(
            entrant.label,
            entrant.stack,
            {
                metric.name: metric.measure([c for c in study.costs if c.label == entrant.label])
                for metric in STACK_METRICS
            },
        )
        for entrant in study.plan.entrants
        if entrant.stack is not None
    )


def _settings(plan: Plan) -> tuple[SettingRow, ...]:
    of = {e.label: dict(flattened(e.settings)) for e in plan.entrants if e.stack is not None}
    names = dict.fromkeys(name for settings in of.values() for name in settings)
    return tuple(_setting(name, of) for name in names)


def _setting(name: str, of: Mapping[str, Mapping[str, Any]]) -> SettingRow:
    values = {
        label: None if settings.get(name) is None else str(settings[name])
        for label, settings in of.items()
    }
    return SettingRow(name, values, equal=len(set(values.values())) <= 1)
