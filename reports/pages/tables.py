"""The tables of a report as text, once for the terminal, Markdown and HTML."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from reports.analysis.findings import (
    Comparison,
    Overview,
    PairFinding,
    Report,
    Section,
    SettingRow,
    Standing,
    VerdictKind,
)
from reports.analysis.metrics import STACK_METRICS, Estimate, Metric, operation_metrics
from reports.analysis.sections import Compared
from reports.wording import formats
from reports.wording.reasons import QUANTITIES

NOTHING = "–"
VERDICTS: Mapping[VerdictKind, str] = {
    "different": "different",
    "equal": "equal within the margin",
    "faster_within_margin": "faster, by less than the margin",
    "undecided": "not decided",
    "not_judged": "not judged",
}


@dataclass(frozen=True)
class Column:
    """A heading, its meaning, and whether quantities stand below it."""

    title: str
    description: str = ""
    numeric: bool = False


@dataclass(frozen=True)
class Cell:
    """The main text, and a detail such as the interval; `marked` stands out.

    `order` is what rows are sorted by, the first cell's `stacks` are what the row is about, and
    `verdict` is told to those who point at the cell, or at the row that begins with it.
    """

    text: str
    detail: str = ""
    marked: bool = False
    order: float | None = None
    stacks: tuple[str, ...] = ()
    verdict: str = ""


@dataclass(frozen=True)
class Table:
    """A table; the first cell of a row names it, `note` says how it came about."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""


def standings(comparison: Comparison, margin_ratio: float) -> Table:
    """Return places and metrics of all stacks, fastest first.

    A time is marked as an upper bound where late starts leave open more than the margin.
    """
    metrics = [
        replace(metric, title=_title(metric, comparison))
        for metric in operation_metrics(comparison.rate_per_s)
    ]
    speed = "speed" if comparison.rate_per_s is None else "speed (one over response p50)"
    columns = (
        Column("stack"),
        Column("place", "the ranks that the decided pairs leave open", numeric=True),
        Column("of the first", f"{speed} as a share of the first row's", numeric=True),
        *_metric_columns(metrics),
    )
    to_leader = {pair.second: pair for pair in comparison.leader_pairs}
    rows = tuple(
        (
            Cell(standing.label, stacks=(standing.label,)),
            _place(standing),
            _share(to_leader.get(standing.label)),
            *(
                _estimate(
                    metric,
                    standing.metrics.get(metric.name),
                    _bound(metric, standing, margin_ratio),
                )
                for metric in metrics
            ),
        )
        for standing in comparison.standings
    )
    return Table(comparison.what, columns, rows, _how_measured(comparison))


def pairs(comparison: Comparison, section_confidence: float) -> Table:
    """Return every pair of every section with its interval and verdict."""
    everything = [pair for section in comparison.sections for pair in section.pairs]
    alone = any(pair.solo is not None for pair in everything)
    rates = comparison.rate_per_s is None
    columns = (
        Column("pair"),
        Column("ratio of speeds", "with the interval that decides", numeric=True),
        Column("verdict"),
        *([Column("median round", "a robust estimate beside", numeric=True)] if rates else []),
        *(
            [Column("solo", "with each stack alone; the change from interleaved", numeric=True)]
            if alone
            else []
        ),
    )
    rows = tuple(
        (
            Cell(
                f"{pair.first} : {pair.second}",
                _compared(pair, comparison),
                stacks=(pair.first, pair.second),
                verdict=pair.sentence,
            ),
            Cell(
                formats.ratio(pair.ratio),
                _interval(pair.ratio_low, pair.ratio_high),
                order=pair.ratio,
            ),
            Cell(
                VERDICTS[pair.verdict],
                f"after {pair.blocks} blocks" if pair.blocks < len(comparison.blocks) else "",
                marked=pair.verdict in ("undecided", "not_judged"),
            ),
            *([_round_median(pair)] if rates else []),
            *([_alone(pair)] if alone else []),
        )
        for pair in everything
    )
    level = f"{section_confidence * 100:.3g} %"
    note = (
        f"the intervals of one quantity hold together at {level}, so that all of the report do "
        "at 95 %"
    )
    return Table(f"{comparison.what}: all pairs", columns, rows, note)


def stacks(report: Report) -> Table:
    """Return start-up time and memory of all stacks."""
    columns = (Column("stack"), *_metric_columns(STACK_METRICS))
    rows = tuple(
        (
            Cell(finding.label, stacks=(finding.label,)),
            *(_estimate(metric, finding.metrics.get(metric.name)) for metric in STACK_METRICS),
        )
        for finding in report.stacks
    )
    return Table("Start-up and memory", columns, rows)


def settings(report: Report) -> Table:
    """Return every setting of every stack; where they differ, the row stands out."""
    labels = [finding.label for finding in report.stacks]
    columns = (Column("setting"), *(Column(label) for label in labels))
    rows = tuple(
        (
            Cell(row.name, "" if row.equal else "differs", marked=not row.equal),
            *(_setting(row, label) for label in labels),
        )
        for row in report.settings
    )
    return Table("Settings", columns, rows)


def versions(report: Report) -> Table:
    """Return the versions here, then those that each stack's process found in itself."""
    table = facts("Versions", report.versions)
    rows = tuple(
        (
            Cell(f"in {one.label}"),
            Cell(", ".join(f"{name} {v}" for name, v in one.versions.items())),
        )
        for one in report.stacks
        if one.versions
    )
    return replace(table, rows=table.rows + rows)


def facts(title: str, values: Mapping[str, object]) -> Table:
    """Return a table of names and values."""
    rows = tuple(
        (Cell(name), Cell(NOTHING if value is None else str(value)))
        for name, value in values.items()
    )
    return Table(title, (Column("name"), Column("value")), rows)


def repeats(overview: Overview) -> Table:
    """Return the command for each stack that measures it again beside the first, or the next."""
    rows = tuple((Cell(row.label, stacks=(row.label,)), Cell(row.command)) for row in overview.rows)
    note = (
        "each measures one stack beside the first (that beside the next), one of them twice in "
        "every second block"
    )
    return Table("One stack again", (Column("stack"), Column("command")), rows, note)


def _how_measured(comparison: Comparison) -> str:
    removed = sum(comparison.rounds_removed.values())
    rounds = f"{comparison.rounds} rounds" + (f" and {removed} removed" if removed else "")
    loop = (
        "closed loop"
        if comparison.rate_per_s is None
        else f"open loop, {comparison.rate_per_s:g} requests/s due"
    )
    parts = [
        f"{loop}, {comparison.connections} connections",
        f"{len(comparison.blocks)} blocks, {rounds}",
    ]
    parts += _what_was_seen(comparison)
    if comparison.ceiling_requests_per_s is not None:
        ceiling = formats.plain(comparison.ceiling_requests_per_s)
        parts.append(f"the generator alone reaches {ceiling} requests/s")
    return "; ".join(parts)


def _what_was_seen(comparison: Comparison) -> list[str]:
    """What each section could have found."""
    seen = [
        f"{formats.difference(section.detectable_ratio)}{_in(section)}"
        for section in comparison.sections
        if section.detectable_ratio is not None
    ]
    found = [f"differences seen with 80 % power: {formats.listed(seen)}"] if seen else []
    noisy = [s for s in comparison.sections if s.equality_detectable is False]
    if noisy and len(noisy) == len(seen):
        return [*found, "too noisy to find stacks equal"]
    names = [_in(section).removeprefix(" in ") for section in noisy]
    return [
        *found,
        *([f"too noisy to find stacks equal in {formats.listed(names)}"] if names else []),
    ]


def _in(section: Section) -> str:
    return f" in {name}" if (name := _quantity(section.compared, section.late_after_us)) else ""


def _quantity(compared: Compared, late_after_us: float | None) -> str:
    after = "" if late_after_us is None else formats.time_us(late_after_us)
    return QUANTITIES[compared].format(after)


def _title(metric: Metric, comparison: Comparison) -> str:
    after_us = next((s.late_after_us for s in comparison.sections if s.late_after_us), None)
    if metric.name != "late_ratio" or after_us is None:
        return metric.title
    return f"later than {formats.time_us(after_us)}"


def _metric_columns(metrics: Sequence[Metric]) -> tuple[Column, ...]:
    return tuple(
        Column(metric.title, f"{metric.description}; {metric.better} is better", numeric=True)
        for metric in metrics
    )


def _place(standing: Standing) -> Cell:
    if standing.place_best is None or standing.place_worst is None:
        return Cell(NOTHING, "no place" if standing.exclusion else "", marked=True)
    place = formats.place(standing.place_best, standing.place_worst)
    return Cell(place, order=standing.place_best + standing.place_worst)


def _share(pair: PairFinding | None) -> Cell:
    if pair is None:
        return Cell(NOTHING)
    share = 1 / pair.ratio
    interval = _interval(1 / pair.ratio_high, 1 / pair.ratio_low)
    return Cell(formats.ratio(share), interval, order=share)


def _bound(metric: Metric, standing: Standing, margin_ratio: float) -> str:
    limited = standing.generator_limit is not None
    if metric.name == "requests_per_s":
        return "≥ " if limited else ""
    estimate = standing.metrics.get(metric.name)
    if estimate is None or not metric.name.startswith(("response_", "late_")):
        return ""
    open_loop = "lag_p99_us" in standing.metrics
    late = estimate.least is not None and estimate.value > (1 + margin_ratio) * estimate.least
    return "≤ " if late or (open_loop and limited) else ""


def _estimate(metric: Metric, estimate: Estimate | None, bound: str = "") -> Cell:
    if estimate is None:
        return Cell(NOTHING)
    text = bound + formats.quantity(estimate.value, metric.unit)
    if estimate.low is None or estimate.high is None:
        least = bound and estimate.least is not None
        detail = f"≥ {formats.quantity(estimate.least or 0, metric.unit)}" if least else ""
        return Cell(text, detail, marked=bool(bound), order=estimate.value)
    low, high = (formats.quantity(end, metric.unit) for end in (estimate.low, estimate.high))
    detail = low if low == high else f"{low} to {high}"
    return Cell(text, detail, marked=bool(bound), order=estimate.value)


def _round_median(pair: PairFinding) -> Cell:
    found = pair.round_median_ratio
    return Cell(NOTHING if found is None else formats.ratio(found), order=found)


def _alone(pair: PairFinding) -> Cell:
    if pair.solo is None:
        return Cell(NOTHING)
    low, high = formats.change(pair.solo.change_low), formats.change(pair.solo.change_high)
    shown = formats.ratio(pair.solo.ratio)
    return Cell(shown, f"{low} to {high}", pair.solo.differs, pair.solo.ratio)


def _compared(pair: PairFinding, comparison: Comparison) -> str:
    after_us = next((s.late_after_us for s in comparison.sections if s.late_after_us), None)
    return _quantity(pair.compared, after_us)


def _interval(low: float, high: float) -> str:
    return f"{formats.ratio(low)} to {formats.ratio(high)}"


def _setting(row: SettingRow, label: str) -> Cell:
    """Return what was asked for, and what was found where that is something else."""
    asked, found = row.values.get(label), row.found.get(label)
    if asked is not None and found is not None and asked != found:
        return Cell(f"{asked} asked, {found} found", marked=True)
    return Cell(asked or found or NOTHING, marked=not row.equal)
