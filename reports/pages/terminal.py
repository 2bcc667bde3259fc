"""The report on a terminal: the overview on one screen; the rest where details are asked for."""

from collections.abc import Iterator
from textwrap import wrap

from rich.console import Group, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from reports.analysis.findings import Comparison, Report
from reports.console import Console, Figures, bullet
from reports.pages import overview, tables

NARROW = 10  # Headings are broken to this width, so that all columns fit into 80.


def print_report(report: Report, *, details: bool = False) -> None:
    """Print the overview to standard output; with `details` verdicts, caveats and all numbers."""
    console = Console()
    for line in overview_lines(report, console.table_width):
        console.print(line, soft_wrap=True)
    if details:
        console.print(render(report))
    # The command is to be copied, so it is one line on any terminal.
    console.print(Text(f"To repeat it: {report.command}"), soft_wrap=True)


def overview_lines(report: Report, width: int) -> Iterator[Text]:
    """Yield where it was measured, what to be careful of, the table, and who leads in what."""
    found = report.overview
    for line in overview.wrapped(found.measured, width):
        yield Text(line, style="bold")
    cautions = "caveats, numbers and pairs: --details"
    if found.cautions:
        cautions = f"Caution: {'; '.join(found.cautions)} (more: --details)"
    for line in overview.wrapped(cautions, width):
        yield Text(line, style="yellow" if found.cautions else "")
    for line in overview.lines(found, width):
        yield Text(line)
    yield Text()
    for column in found.columns:
        yield from map(Text, overview.wrapped(f"{column.sentence}.", width))
    for line in overview.wrapped(f"({overview.note(found)})", width):
        yield Text(line, style="dim")


def render(report: Report) -> RenderableType:
    """Return the details; every number of them is also in `report.json`."""
    parts: list[RenderableType] = [Text()]
    for comparison in report.comparisons:
        parts.extend(_verdict(comparison))
    parts.append(Text("Caveats", style="bold"))
    parts.extend(bullet(f"{caveat.sentence} {caveat.remedy}".strip()) for caveat in report.caveats)
    parts.append(Text())
    parts.extend(
        _table(tables.standings(comparison, report.margin_ratio))
        for comparison in report.comparisons
    )
    if report.stacks:
        parts.append(_table(tables.stacks(report)))
    return Group(*parts)


def _verdict(comparison: Comparison) -> list[RenderableType]:
    headline = Text(f"{comparison.headline}.", style="bold")
    return [headline, *(bullet(f"{sentence}.") for sentence in comparison.sentences), Text()]


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
