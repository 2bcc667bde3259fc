"""Studies in, the findings on all of them out."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from math import exp
from pathlib import Path

from reports.analysis.metrics import LEVEL
from reports.diff.bridges import named_bridges
from reports.diff.contrasts import half_width
from reports.diff.differences import entrants, stack_differences
from reports.diff.findings import Difference
from reports.diff.measured import (
    MeasuredSection,
    SectionKey,
    at_its_end,
    blocks_that_count,
    measured_sections,
)
from reports.errors import HistogramDamaged, NoHistory, NoSuchBridge, OtavaMissing, StudyFileError
from reports.history.change_points import LEAST_POINTS, find_change_points
from reports.history.findings import (
    HISTORY_VERSION,
    History,
    LeftOut,
    Line,
    Point,
    Searched,
    StudyOfHistory,
)
from reports.study.file import read_study
from reports.study.records import Study

SUFFIX = ".study"


@dataclass(frozen=True, eq=False)
class Kept:
    """A study with what the history needs of it; its slices are gone."""

    file: str
    study: Study
    sections: Mapping[SectionKey, MeasuredSection]
    blocks: int


def history(directory: Path, bridges: Sequence[str] = ()) -> History:
    """Return the findings on the studies in a directory, in the order of their beginnings.

    `bridges` : stacks that are taken as unchanged; none: those that are in all studies and of which
    nothing that was recorded tells a change. Raises NoHistory, NoSuchBridge and OtavaFailed.
    """
    kept, left_out = _read(directory)
    if not kept:
        raise NoHistory(directory, bridgeless=False)
    if bridges:
        labels = _named(bridges, kept)
        left_out += [LeftOut(one.file, "without_bridge") for one in kept if not _has(one, labels)]
        kept = [one for one in kept if _has(one, labels)]
    else:
        labels = tuple(_unchanged([one.study for one in kept]))
    if not labels:
        raise NoHistory(directory, bridgeless=True)
    lines = tuple(_lines(kept, labels))
    least = kept[-1].study.plan.options.margin_ratio
    searched, lines = _with_change_points(lines, least)
    return History(
        history_version=HISTORY_VERSION,
        bridges=labels,
        bridges_named=bool(bridges),
        studies=tuple(
            StudyOfHistory(one.file, one.study.study_id, one.study.created_at, one.blocks)
            for one in kept
        ),
        left_out=tuple(sorted(left_out, key=lambda one: one.file)),
        searched=searched,
        least_change_ratio=least,
        lines=lines,
    )


def _read(directory: Path) -> tuple[list[Kept], list[LeftOut]]:
    kept: dict[str, Kept] = {}
    left_out = []
    for path in sorted(directory.glob(f"*{SUFFIX}")):
        try:
            study = read_study(path)
            if study.finished_at is None:
                left_out.append(LeftOut(path.name, "unfinished"))
                continue
            if study.study_id in kept:
                other = kept[study.study_id].file
                left_out.append(LeftOut(path.name, "repeated", other))
                continue
            sections = measured_sections(at_its_end(study))
        except (StudyFileError, HistogramDamaged, OSError) as exc:
            left_out.append(LeftOut(path.name, "unreadable", str(exc)))
            continue
        closed = {key: one for key, one in sections.items() if key[2] == "requests_per_s"}
        unjudged = next((one.no_verdict for one in closed.values() if one.no_verdict), None)
        if unjudged is not None:
            left_out.append(LeftOut(path.name, "no_verdict", no_verdict=unjudged))
            continue
        light = replace(study, slices=(), rounds=())
        kept[study.study_id] = Kept(path.name, light, closed, blocks_that_count(study))
    return sorted(kept.values(), key=lambda one: one.study.created_at), left_out


def _named(names: Sequence[str], kept: Sequence[Kept]) -> tuple[str, ...]:
    """The labels that the names stand for, by the newest study in which they do."""
    for one in reversed(kept[1:]):
        with suppress(NoSuchBridge):
            return named_bridges(names, [one.study])
    return named_bridges(names, [kept[0].study])


def _has(one: Kept, labels: Sequence[str]) -> bool:
    return all(label in entrants(one.study) for label in labels)


def _unchanged(studies: Sequence[Study]) -> Iterator[str]:
    first = studies[0]
    for label in entrants(first):
        there = all(label in entrants(one) for one in studies)
        if there and all(stack_differences(first, one, label) == () for one in studies):
            yield label


def _lines(kept: Sequence[Kept], bridges: Sequence[str]) -> Iterator[Line]:
    keys = dict.fromkeys(key for one in reversed(kept) for key in one.sections)
    labels = dict.fromkeys(label for one in reversed(kept) for label in entrants(one.study))
    for key in keys:
        for label in labels:
            points = tuple(_points(kept, bridges, key, label)) if label not in bridges else ()
            if points:
                operation, shape, _ = key
                connections = kept[points[-1].study].sections[key].shape.connections
                yield Line(label, operation, shape, connections, points)


def _points(
    kept: Sequence[Kept], bridges: Sequence[str], key: SectionKey, label: str
) -> Iterator[Point]:
    before: Study | None = None
    for number, one in enumerate(kept):
        section = one.sections.get(key)
        wanted = (label, *bridges)
        if section is None or any(
            name not in section.speeds or name in section.limited for name in wanted
        ):
            continue
        weights = {label: 1.0, **{bridge: -1 / len(bridges) for bridge in bridges}}
        value = section.log_speed(weights)
        half = max(half_width([noise], 1 - LEVEL) for noise in section.noises(weights))
        yield Point(
            study=number,
            ratio=exp(value),
            ratio_low=exp(value - half),
            ratio_high=exp(value + half),
            changed=_changed(before, one.study, label),
        )
        before = one.study


def _changed(before: Study | None, study: Study, label: str) -> tuple[Difference, ...] | None:
    return () if before is None else stack_differences(before, study, label)


def _with_change_points(
    lines: tuple[Line, ...], least_change_ratio: float
) -> tuple[Searched, tuple[Line, ...]]:
    if all(len(line.points) < LEAST_POINTS for line in lines):
        return "too_few_studies", lines
    series = [[point.ratio for point in line.points] for line in lines]
    try:
        found = find_change_points(series, least_change_ratio)
    except OtavaMissing:
        return "not_installed", lines
    return "searched", tuple(
        replace(
            line,
            change_points=tuple(replace(one, study=line.points[one.study].study) for one in each),
        )
        for line, each in zip(lines, found, strict=True)
    )
