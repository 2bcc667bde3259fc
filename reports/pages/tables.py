"""The tables of a report as text, once for the terminal, Markdown and HTML."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reports.analysis.findings import (
    Comparison,
    PairFinding,
    Report,
    SettingRow,
    Standing,
    VerdictKind,
)
from reports.analysis.metrics import STACK_METRICS, Estimate, Metric, operation_metrics
from reports.wording import formats
from reports.wording.reasons import TIMES

NOTHING = "–"
VERDICTS: Mapping[VerdictKind, str] = {
    "different": "different",
    "equal": "equal within the margin",
    "different_within_margin": "different, by less than the margin",
    "undecided": "undecided",
}


@dataclass(frozen=True)
class Column:
    """A heading, its meaning, and whether quantities stand below it."""

    title: str
    description: str = ""
    numeric: bool = False


@dataclass(frozen=True)
class Cell:
    """The main text, and a detail such as the interval; `marked` stands out."""

    text: str
    detail: str = ""
    marked: bool = False


@dataclass(frozen=True)
class Table:
    """A table; the first cell of a row names it, `note` says how it came about."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""


def standings(comparison: Comparison) -> Table:
    """Return places and metrics of all stacks, fastest first."""
    metrics = operation_metrics(comparison.rate_per_s)
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
            Cell(standing.label),
            _place(standing),
            _share(to_leader.get(standing.label)),
            *(
                _estimate(metric, standing.metrics.get(metric.name), _bound(metric, standing))
                for metric in metrics
            ),
        )
        for standing in comparison.standings
    )
    return Table(comparison.what, columns, rows, _how_measured(comparison))


def pairs(comparison: Comparison) -> Table:
    """Return every pair with its interval and verdict, in open loops those of response p99 too."""
    everything = (*comparison.pairs, *(comparison.tail.pairs if comparison.tail else ()))
    alone = any(pair.solo is not None for pair in everything)
    level = formats.percent(comparison.level or 0)
    columns = (
        Column("pair"),
        Column("ratio of speeds", "with the interval that decides", numeric=True),
        Column("verdict"),
        Column("median round", "a robust estimate beside", numeric=True),
        Column("bootstrap", "95 % interval over blocks, a cross-check only", numeric=True),
        *(
            [
                Column(
                    "solo",
                    "with each stack alone on the machine; the change from interleaved",
                    True,
                )
            ]
            if alone
            else []
        ),
    )
    rows = tuple(
        (
            Cell(f"{pair.first} : {pair.second}", _compared(pair)),
            Cell(formats.ratio(pair.ratio), _interval(pair.ratio_low, pair.ratio_high)),
            Cell(VERDICTS[pair.verdict], marked=pair.verdict == "undecided"),
            Cell(
                NOTHING
                if pair.round_median_ratio is None
                else formats.ratio(pair.round_median_ratio)
            ),
            Cell(_interval(pair.bootstrap_low, pair.bootstrap_high)),
            *([_alone(pair)] if alone else []),
        )
        for pair in everything
    )
    return Table(f"{comparison.what}: all pairs, {level} intervals", columns, rows)


def stacks(report: Report) -> Table:
    """Return start-up time and memory of all stacks."""
    columns = (Column("stack"), *_metric_columns(STACK_METRICS))
    rows = tuple(
        (
            Cell(finding.label),
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


def facts(title: str, values: Mapping[str, object]) -> Table:
    """Return a table of names and values."""
    rows = tuple(
        (Cell(name), Cell(NOTHING if value is None else str(value)))
        for name, value in values.items()
    )
    return Table(title, (Column("name"), Column("value")), rows)


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
    if comparison.detectable_ratio is not None:
        detectable = formats.percent(comparison.detectable_ratio)
        parts.append(f"smallest detectable difference {detectable} (power 80 %)")
    if comparison.twin is not None:
        parts.append(f"noise floor {formats.percent(comparison.twin.noise_floor_ratio)}")
    if comparison.ceiling_requests_per_s is not None:
        ceiling = formats.plain(comparison.ceiling_requests_per_s)
        parts.append(f"the generator alone reaches {ceiling} requests/s")
    return "; ".join(parts)


def _metric_columns(metrics: Sequence[Metric]) -> tuple[Column, ...]:
    return tuple(
        Column(metric.title, f"{metric.description}; {metric.better} is better", numeric=True)
        for metric in metrics
    )


def _place(standing: Standing) -> Cell:
    if standing.place_best is None or standing.place_worst is None:
        return Cell(NOTHING, "no place" if standing.exclusion else "", marked=True)
    return Cell(formats.place(standing.place_best, standing.place_worst))


def _share(pair: PairFinding | None) -> Cell:
    if pair is None:
        return Cell(NOTHING)
    return Cell(formats.ratio(1 / pair.ratio), _interval(1 / pair.ratio_high, 1 / pair.ratio_low))


def _bound(metric: Metric, standing: Standing) -> str:
    if standing.generator_limit is None:
        return ""
    if metric.name == "requests_per_s":
        return "≥ "
    open_loop = "lag_p99_us" in standing.metrics
    return "≤ " if open_loop and metric.name.startswith("response_") else ""


def _estimate(metric: Metric, estimate: Estimate | None, bound: str = "") -> Cell:
    if estimate is None:
        return Cell(NOTHING)
    text = bound + formats.quantity(estimate.value, metric.unit)
    if estimate.low is None or estimate.high is None:
        return Cell(text, marked=bool(bound))
    low, high = (formats.quantity(end, metric.unit) for end in (estimate.low, estimate.high))
    return Cell(text, low if low == high else f"{low} to {high}", marked=bool(bound))


def _alone(pair: PairFinding) -> Cell:
    if pair.solo is None:
        return Cell(NOTHING)
    low, high = formats.change(pair.solo.change_low), formats.change(pair.solo.change_high)
    return Cell(formats.ratio(pair.solo.ratio), f"{low} to {high}", marked=pair.solo.differs)


def _compared(pair: PairFinding) -> str:
    return f"response {TIMES[pair.compared]}" if pair.compared in TIMES else ""


def _interval(low: float, high: float) -> str:
    return f"{formats.ratio(low)} to {formats.ratio(high)}"


def _setting(row: SettingRow, label: str) -> Cell:
    """Return what was asked for, and what was found where that is something else."""
    asked, found = row.values.get(label), row.found.get(label)
    if asked is not None and found is not None and asked != found:
        return Cell(f"{asked} asked, {found} found", marked=True)
    return Cell(asked or found or NOTHING, marked=not row.equal)
