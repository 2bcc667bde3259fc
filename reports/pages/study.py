"""The report as Markdown and as one HTML page that needs nothing from outside."""

import json

import vl_convert
from jinja2 import Environment

from reports.analysis.findings import Report
from reports.pages import tables
from reports.pages.charts import PALETTE, Picture, comparison_pictures, memory_picture
from reports.pages.environment import page_environment
from reports.pages.report_json import rounded
from reports.wording import formats


def markdown(report: Report) -> str:
    """Return the text of `report.md`."""
    template = _environment(escaping=False).get_template("report.md.j2")
    return template.render(report=report, tables=tables)


def html(report: Report) -> str:
    """Return `report.html`: text, tables and charts, with the script that draws them inside."""
    pictures = [comparison_pictures(report, comparison) for comparison in report.comparisons]
    memory = memory_picture(report)
    everything = [picture for group in pictures for picture in group]
    labels = [finding.label for finding in report.stacks]
    template = _environment(escaping=True).get_template("report.html.j2")
    return template.render(
        report=report,
        tables=tables,
        pictures=pictures,
        memory=memory,
        colours={label: PALETTE[i % len(PALETTE)] for i, label in enumerate(labels)},
        specs=_specs([*everything, *([memory] if memory else [])]),
        # Its type stub knows no default for the snippet.
        vega=vl_convert.javascript_bundle(),  # type: ignore[call-arg]
    )


def _specs(pictures: list[Picture]) -> str:
    """The charts as JSON that cannot end the script element it stands in."""
    text = json.dumps(rounded([picture.spec for picture in pictures]), ensure_ascii=False)
    return text.replace("<", "\\u003c")


def _environment(*, escaping: bool) -> Environment:
    environment = page_environment("reports.pages", escaping=escaping)
    environment.filters["moment"] = formats.moment
    environment.filters["unbroken"] = lambda text: text.replace(" %", "\N{NO-BREAK SPACE}%")
    return environment
