"""The report as Markdown and as one HTML page that needs nothing from outside."""

from importlib.resources import files
from itertools import groupby

from jinja2 import Environment

from reports.analysis.findings import Overview, Report
from reports.pages import overview, tables
from reports.pages.charts import (
    axes,
    colours_of,
    comparison_pictures,
    drawing_script,
    memory_picture,
    specifications,
)
from reports.pages.environment import page_environment
from reports.wording import formats
from reports.wording.machine import machine_facts


def markdown(report: Report) -> str:
    """Return the text of `report.md`."""
    template = _environment(escaping=False).get_template("report.md.j2")
    return template.render(
        report=report,
        tables=tables,
        overview=overview.table(report.overview),
        machine=machine_facts(report.machine),
    )


def html(report: Report) -> str:
    """Return `report.html`: text, tables and charts, with the script that draws them inside."""
    shared = axes(report)
    pictures = [comparison_pictures(report, one, shared) for one in report.comparisons]
    memory = memory_picture(report)
    everything = [picture for group in pictures for picture in group]
    template = _environment(escaping=True).get_template("report.html.j2")
    return template.render(
        report=report,
        tables=tables,
        overview=overview.table(report.overview),
        groups=_groups(report.overview),
        machine=machine_facts(report.machine),
        pictures=pictures,
        memory=memory,
        colours=colours_of(finding.label for finding in report.stacks),
        specs=specifications([*everything, *([memory] if memory else [])]),
        vega=drawing_script(),
        script=(files("reports.pages") / "templates" / "report.js").read_text(encoding="utf-8"),
    )


def _groups(found: Overview) -> list[tuple[str, int]]:
    """The operations, each with the number of its columns."""
    operations = groupby(column.operation for column in found.columns)
    return [(operation, len(list(columns))) for operation, columns in operations]


def _environment(*, escaping: bool) -> Environment:
    environment = page_environment("reports.pages", escaping=escaping)
    environment.filters["moment"] = formats.moment
    environment.filters["unbroken"] = lambda text: text.replace(" %", "\N{NO-BREAK SPACE}%")
    return environment
