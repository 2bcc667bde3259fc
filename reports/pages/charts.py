"""The report's pictures, as Vega-Lite specifications made with Altair.

Each repeats what a table says, with the same numbers, for the eye. Pictures of one kind have equal
axes, so that operations can be compared. Colours are those of Okabe and Ito, which people who see
fewer colours tell apart; the page gives text and lines theirs.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import vl_convert

from reports.analysis.findings import Comparison, CurvePoint, PairFinding, Report
from reports.pages.json_document import rounded
from reports.wording import formats

PALETTE = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#8c8c8c", "#b8a000")
ROW_PX = 34
SHOWN_TIMES = 4.0
PLOT_PX = 210
Spec = dict[str, Any]
Rows = list[dict[str, Any]]
Range = tuple[float, float]


@dataclass(frozen=True)
class Picture:
    """A chart: `description` says in words what it shows."""

    title: str
    description: str
    spec: Spec


def colours_of(labels: Iterable[str]) -> dict[str, str]:
    """Return the colour of each stack."""
    return {label: PALETTE[index % len(PALETTE)] for index, label in enumerate(labels)}


def specifications(pictures: Iterable[Picture]) -> str:
    """Return the pictures as JSON that cannot end the script element it stands in."""
    text = json.dumps(rounded([picture.spec for picture in pictures]), ensure_ascii=False)
    return text.replace("<", "\\u003c")


def drawing_script() -> str:
    """Return the script that draws specifications, so that nothing is fetched for it."""
    # Its type stub knows no default for the snippet.
    return vl_convert.javascript_bundle()  # type: ignore[call-arg]


@dataclass(frozen=True)
class Axes:
    """The ranges that all pictures of one kind share."""

    ratio: Range
    requests_per_s: Range
    response_ms: Range
    one_in: Range
    server_cpu_us: Range


def axes(report: Report) -> Axes:
    """Return what holds everything that the report's pictures show."""
    standings = [standing for one in report.comparisons for standing in one.standings]
    leading = [pair for one in report.comparisons for pair in one.leader_pairs]
    curves = [point for standing in standings for point in standing.latency_curve]
    cpu = [standing.metrics.get("server_cpu_us_per_request") for standing in standings]
    rates = [rate for standing in standings for rate in standing.rates_by_block if rate is not None]
    return Axes(
        ratio=_range([1.0, *(1 / pair.ratio_high for pair in leading), *map(_shown_high, leading)]),
        requests_per_s=_range([0.0, *rates]),
        response_ms=_range(
            time_us / 1000
            for point in curves
            for time_us in (point.response_us, point.service_us)
            if time_us
        ),
        one_in=_range(_one_in(point) for point in curves),
        server_cpu_us=_range([0.0, *(one.value for one in cpu if one is not None)]),
    )


def _range(values: Iterable[float]) -> Range:
    """Where there are none nothing is drawn."""
    known = [*values] or [0.0, 1.0]
    return min(known), max(known)


def _one_in(point: CurvePoint) -> float:
    """One of how many answers takes longer: the percentile, as it is spread over the axis."""
    return 1 / (1 - point.quantile)


def _shown_high(pair: PairFinding) -> float:
    """What reaches further is not worth a chart in which nothing else is seen."""
    return min(1 / pair.ratio_low, SHOWN_TIMES)


def comparison_pictures(
    report: Report, comparison: Comparison, shared: Axes
) -> tuple[Picture, ...]:
    """Return the pictures of one operation and shape, as far as there is something to show."""
    labels = [finding.label for finding in report.stacks]
    made = (
        _ratios(comparison, labels, report.margin_ratio, shared),
        _server_cpu(comparison, labels, shared),
        _rates(comparison, labels, shared) if comparison.rate_per_s is None else None,
        _latency(comparison, labels, shared),
    )
    return tuple(picture for picture in made if picture is not None)


def memory_picture(report: Report) -> Picture | None:
    """Return the picture of memory after load."""
    rows: Rows = [
        {"stack": finding.label, "mib": estimate.value / 2**20}
        for finding in report.stacks
        if (estimate := finding.metrics.get("uss_loaded_bytes")) is not None
    ]
    if not rows:
        return None
    labels = [finding.label for finding in report.stacks]
    chart = _base(rows, labels).mark_bar(height=12, cornerRadiusEnd=2)
    chart = chart.encode(
        x=_amount_axis(
            "mib:Q", "MiB (USS), less is better", _range([0.0, *(row["mib"] for row in rows)])
        ),
        y=_stack_axis(labels),
    )
    return _picture(
        "Memory after load", "Memory of each stack after load, in MiB.", chart, len(rows) * ROW_PX
    )


def _ratios(
    comparison: Comparison, labels: Sequence[str], margin_ratio: float, shared: Axes
) -> Picture | None:
    if not comparison.pairs:
        return None
    leader = comparison.standings[0].label
    rows: Rows = [{"stack": leader, "ratio": 1.0, "low": 1.0, "high": 1.0, "verdict": "the first"}]
    rows += [
        {
            "stack": pair.second,
            "ratio": 1 / pair.ratio,
            "low": 1 / pair.ratio_high,
            "high": _shown_high(pair),
            "verdict": pair.verdict.replace("_", " "),
        }
        for pair in comparison.leader_pairs
    ]
    order = [standing.label for standing in comparison.standings]
    base = _base(rows, labels)
    speed = "speed" if comparison.rate_per_s is None else "1 / response p50"
    scale = alt.Scale(domain=shared.ratio, zero=False, nice=True, padding=12)
    x = alt.X(
        "ratio:Q",
        title=f"{speed}, share of the first",
        scale=scale,
        axis=alt.Axis(tickCount=6, labelOverlap=True),
    )
    margin = (
        alt.Chart(_data([{"from": 1 / (1 + margin_ratio), "to": 1 + margin_ratio}]))
        .mark_rect(opacity=0.15, color="#8c8c8c")
        .encode(x=alt.X("from:Q", scale=scale), x2="to:Q")
    )
    interval = base.mark_rule(strokeWidth=3).encode(
        x=alt.X("low:Q", scale=scale), x2="high:Q", y=_stack_axis(order)
    )
    point = base.mark_point(filled=True, size=90, opacity=1).encode(
        x=x,
        y=_stack_axis(order),
        tooltip=["stack:N", *_numbers("ratio", "low", "high"), "verdict:N"],
    )
    words = "; ".join(
        f"{pair.second} {formats.ratio(1 / pair.ratio_high)} to {formats.ratio(1 / pair.ratio_low)}"
        for pair in comparison.leader_pairs
    )
    return _picture(
        "Ratio to the first",
        f"Speed as a share of {leader} with intervals; the band is the margin. {words}.",
        alt.layer(margin, interval, point),
        len(order) * ROW_PX,
    )


def _rates(comparison: Comparison, labels: Sequence[str], shared: Axes) -> Picture | None:
    rows: Rows = [
        {"stack": standing.label, "block": block, "rate": rate}
        for standing in comparison.standings
        for block, rate in zip(comparison.blocks, standing.rates_by_block, strict=False)
        if rate is not None
    ]
    if not rows:
        return None
    base = _base(rows, labels).encode(
        x=alt.X("block:O", title="block", axis=alt.Axis(labelAngle=0)),
        y=alt.Y(
            "rate:Q", title="requests/s", scale=alt.Scale(domain=shared.requests_per_s, nice=True)
        ),
        tooltip=["stack:N", "block:O", *_numbers("rate")],
    )
    chart = alt.layer(base.mark_line(opacity=0.35), base.mark_point(filled=True, size=45))
    return _picture("Rates by block", "Requests a second of each stack in each block.", chart)


def _latency(comparison: Comparison, labels: Sequence[str], shared: Axes) -> Picture | None:
    """In the open loop, what is above a stack's dashed line is waiting before it was sent."""
    rows: Rows = [
        {
            "stack": standing.label,
            "counted": counted,
            "one_in": _one_in(point),
            "percentile": point.quantile * 100,
            "ms": time_us / 1000,
        }
        for standing in comparison.standings
        for point in standing.latency_curve
        for counted, time_us in (("from due", point.response_us), ("from sent", point.service_us))
        if time_us  # none at all has no place on a logarithmic axis
    ]
    if not rows:
        return None
    open_loop = comparison.rate_per_s is not None
    base = _base(rows, labels).encode(
        x=alt.X(
            "one_in:Q",
            title="share of answers within this time",
            scale=alt.Scale(type="log", domain=shared.one_in, nice=False),
            axis=alt.Axis(
                values=[2, 10, 100, 1000, 10000],
                labelExpr="format(100 - 100 / datum.value, '~g') + ' %'",
            ),
        ),
        y=alt.Y(
            "ms:Q",
            title="response time, ms",
            scale=alt.Scale(type="log", domain=shared.response_ms, nice=False),
            axis=alt.Axis(tickCount=5, format="~g"),
        ),
        detail="counted:N",
        tooltip=["stack:N", "counted:N", *_numbers("percentile", "ms")],
    )
    dash = alt.StrokeDash(
        "counted:N",
        title=None,
        scale=alt.Scale(domain=["from due", "from sent"], range=[[1, 0], [4, 4]]),
        legend=alt.Legend(orient="top-left", symbolType="stroke", symbolSize=300)
        if open_loop
        else None,
    )
    lines = base.mark_line().encode(strokeDash=dash)
    chart = alt.layer(lines, base.mark_point(filled=True, size=25))
    words = "Response time percentiles of each stack, in ms."
    if open_loop:
        words += " Solid: from when a request was due; dashed: from when it was sent."
    return _picture("Response times", words, chart)


def _server_cpu(comparison: Comparison, labels: Sequence[str], shared: Axes) -> Picture | None:
    rows: Rows = [
        {"stack": standing.label, "us": estimate.value}
        for standing in comparison.standings
        if (estimate := standing.metrics.get("server_cpu_us_per_request")) is not None
    ]
    if not rows:
        return None
    order = [standing.label for standing in comparison.standings]
    chart = _base(rows, labels).mark_bar(height=12, cornerRadiusEnd=2)
    chart = chart.encode(
        x=_amount_axis("us:Q", "µs of CPU an answer, less is better", shared.server_cpu_us),
        y=_stack_axis(order),
        tooltip=["stack:N", *_numbers("us")],
    )
    return _picture(
        "Server CPU a request",
        "CPU time of each stack for one answer, in µs.",
        chart,
        len(rows) * ROW_PX,
    )


def _base(rows: Rows, labels: Sequence[str]) -> alt.Chart:
    scale = alt.Scale(domain=list(labels), range=list(colours_of(labels).values()))
    return alt.Chart(_data(rows)).encode(color=alt.Color("stack:N", scale=scale, legend=None))


def _data(rows: Rows) -> alt.InlineData:
    return alt.InlineData(values=rows)


def _stack_axis(order: Sequence[str]) -> alt.Y:
    """Names in two lines, so that a narrow page has room for what stands beside them."""
    names = alt.Axis(labelExpr="split(replace(datum.label, ':', ':\\n'), '\\n')")
    return alt.Y("stack:N", title=None, sort=list(order), axis=names)


def _amount_axis(field: str, title: str, domain: Range) -> alt.X:
    scale = alt.Scale(domain=domain, nice=True)
    return alt.X(field, title=title, scale=scale, axis=alt.Axis(tickCount=6, labelOverlap=True))


def _numbers(*names: str) -> list[alt.Tooltip]:
    return [alt.Tooltip(f"{name}:Q", format=".4~g") for name in names]


def _picture(
    title: str, description: str, chart: alt.TopLevelMixin, height_px: int = PLOT_PX
) -> Picture:
    spec: Spec = chart.to_dict()
    # The schema's address and Altair's own theme have no use in the page.
    spec = {name: part for name, part in spec.items() if name not in ("$schema", "config")}
    spec |= {
        "width": "container",
        "height": height_px,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "description": description,
    }
    return Picture(title, description, spec)
