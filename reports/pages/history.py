"""The history of many studies: one page that needs nothing from outside, a text, and JSON."""

from collections.abc import Sequence
from typing import Any

import altair as alt
from rich.console import Group, RenderableType
from rich.text import Text

from reports.console import Console, bullet
from reports.history.findings import HISTORY_VERSION, History, Line
from reports.pages.charts import Picture, colours_of, drawing_script, specifications
from reports.pages.environment import page_environment
from reports.pages.json_document import findings_json, schema_text_of
from reports.wording import formats
from reports.wording.history import change_texts, what_changed

HEIGHT_PX = 260
Rows = list[dict[str, Any]]


def html(found: History) -> str:
    """Return the page: what is told, a chart and a table an operation, the studies."""
    groups = _groups(found)
    pictures = [_picture(found, lines) for lines in groups]
    environment = page_environment("reports.pages", escaping=True)
    environment.filters["moment"] = formats.moment
    return environment.get_template("history.html.j2").render(
        history=found,
        groups=list(zip(groups, pictures, strict=True)),
        cells=[_cells(found, lines) for lines in groups],
        changed=[list(what_changed(found, number)) for number in range(len(found.studies))],
        colours=colours_of(_labels(found)),
        specs=specifications(pictures),
        vega=drawing_script(),
    )


def print_history(found: History) -> None:
    """Print what is told to standard output."""
    parts: list[RenderableType] = [
        Text(f"{len(found.studies)} studies", style="bold"),
        *(bullet(sentence) for sentence in found.sentences),
    ]
    if found.left_out:
        parts.append(Text("Left out", style="bold"))
        parts += [bullet(f"{one.file}: {one.reason}") for one in found.left_out]
    Console().print(Group(*parts))


def history_json(found: History) -> str:
    """Return the findings as JSON text, their numbers to six significant digits."""
    return findings_json(History, found)


def schema_text() -> str:
    """Return the JSON Schema (2020-12) of `podium history --json`."""
    return schema_text_of(History, f"podium history, version {HISTORY_VERSION}")


def _groups(found: History) -> list[list[Line]]:
    """The lines of each operation and load, in their order."""
    groups: dict[str, list[Line]] = {}
    for line in found.lines:
        groups.setdefault(line.what, []).append(line)
    return list(groups.values())


def _labels(found: History) -> Sequence[str]:
    return list(dict.fromkeys(line.label for line in found.lines))


def _cells(found: History, lines: Sequence[Line]) -> list[list[str]]:
    """The text of each stack's point in each study; empty where it has none."""
    by_study = [{point.study: point for point in line.points} for line in lines]
    return [
        [
            f"{formats.ratio(point.ratio)} ({formats.ratio(point.ratio_low)}–"
            f"{formats.ratio(point.ratio_high)})"
            if (point := points.get(number))
            else ""
            for points in by_study
        ]
        for number in range(len(found.studies))
    ]


def _picture(found: History, lines: Sequence[Line]) -> Picture:
    rows: Rows = [
        {
            "stack": line.label,
            "study": point.study + 1,
            "begun": formats.moment(found.studies[point.study].created_at),
            "ratio": point.ratio,
            "low": point.ratio_low,
            "high": point.ratio_high,
            "changed": "; ".join(change_texts(point)) or "nothing",
            "versions": "changed" if point.changed else "as before",
        }
        for line in lines
        for point in line.points
    ]
    steps: Rows = [
        {"stack": line.label, "study": one.study + 0.5, "change": formats.change(one.ratio)}
        for line in lines
        for one in line.change_points or ()
    ]
    colours = colours_of(_labels(found))
    colour = alt.Color(
        "stack:N",
        scale=alt.Scale(domain=list(colours), range=list(colours.values())),
        legend=None,
    )
    scale = alt.Scale(zero=False, nice=True)
    x = alt.X(
        "study:Q",
        title="study, as numbered below",
        scale=alt.Scale(domain=[0.5, len(found.studies) + 0.5], nice=False),
        axis=alt.Axis(tickMinStep=1, format="d", grid=False),
    )
    base = alt.Chart(alt.InlineData(values=rows)).encode(x=x, color=colour)
    line = base.mark_line(opacity=0.5).encode(y=alt.Y("ratio:Q", scale=scale))
    interval = base.mark_rule(opacity=0.6).encode(
        y=alt.Y("low:Q", title="speed, of the bridges'", scale=scale), y2="high:Q"
    )
    point = base.mark_point(filled=True, size=60, opacity=1).encode(
        y=alt.Y("ratio:Q", scale=scale),
        shape=alt.Shape(
            "versions:N",
            title=None,
            scale=alt.Scale(domain=["as before", "changed"], range=["circle", "diamond"]),
            legend=None,
        ),
        size=alt.Size(
            "versions:O",
            scale=alt.Scale(domain=["as before", "changed"], range=[40, 150]),
            legend=None,
        ),
        tooltip=[
            *("stack:N", "study:Q", "begun:N", "changed:N"),
            *(alt.Tooltip(f"{name}:Q", format=".4~g") for name in ("ratio", "low", "high")),
        ],
    )
    step = (
        alt.Chart(alt.InlineData(values=steps))
        .mark_rule(strokeDash=[4, 4], strokeWidth=2)
        .encode(x=x, color=colour, tooltip=["stack:N", "change:N"])
    )
    description = (
        f"Speed of each stack in {lines[0].what} as a share of the bridges', with the 95 % "
        "interval of each point; diamonds: its versions, settings or sources changed; dashed: a "
        "lasting change."
    )
    spec = alt.layer(step, line, interval, point).to_dict()
    spec = {name: part for name, part in spec.items() if name not in ("$schema", "config")}
    spec |= {
        "width": "container",
        "height": HEIGHT_PX,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "description": description,
    }
    return Picture(lines[0].what, description, spec)
