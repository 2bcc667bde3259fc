"""The report on a terminal: verdicts, caveats, then the numbers."""

from textwrap import wrap

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from reports.analysis.findings import Comparison, Report
from reports.console import Console, Figures
from reports.pages import tables

NARROW = 10  # Headings are broken to this width, so that all columns fit into 80.


def print_report(report: Report) -> None:
    """Print the report to standard output."""
    # Cropping would cut the command to copy, which is one line on any terminal.
    Console().print(render(report), crop=False)


def render(report: Report) -> RenderableType:
    """Return what `rich` prints; every number of it is also in `report.json`."""
    parts: list[RenderableType] = []
    for comparison in report.comparisons:
        parts.extend(_verdict(comparison))
    parts.append(Text("Caveats", style="bold"))
    parts.extend(_bullet(f"{caveat.sentence} {caveat.remedy}".strip()) for caveat in report.caveats)
    parts.append(Text())
    parts.extend(
        _table(tables.standings(comparison, report.margin_ratio))
        for comparison in report.comparisons
    )
    if report.stacks:
        parts.append(_table(tables.stacks(report)))
    parts.append(Text(f"To repeat it: {report.command}", no_wrap=True, overflow="ignore"))
    return Group(*parts)


def _verdict(comparison: Comparison) -> list[RenderableType]:
    headline = Text(f"{comparison.headline}.", style="bold")
    return [headline, *(_bullet(f"{sentence}.") for sentence in comparison.sentences), Text()]


def _bullet(sentence: str) -> RenderableType:
    return Padding(Text(f"• {sentence}"), (0, 0, 0, 2), expand=False)


def _table(table: tables.Table) -> RenderableType:
    drawn = RichTable(box=None, pad_edge=False)
    for column in table.columns:
        drawn.add_column(
            "\n".join(wrap(column.title, NARROW, break_long_words=False)),
            justify="right" if column.numeric else "left",
            no_wrap=True,
            header_style="dim",
        )
    for row in table.rows:
        drawn.add_row(*(Text(cell.text, style="yellow" if cell.marked else "") for cell in row))
    note = [Text(table.note, style="dim italic")] if table.note else []
    return Group(Text(table.title, style="bold"), Figures(drawn), *note, Text())
