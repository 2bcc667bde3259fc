"""`report.json` and its schema, both made from the classes in `findings`.

`podium schema report` prints the schema, which is published as `report.schema.json`.
"""

from typing import Any

from reports.analysis.findings import REPORT_VERSION, Report
from reports.pages.json_document import findings_json, schema_of, schema_text_of

TITLE = f"podium report, version {REPORT_VERSION}"


def report_json(report: Report) -> str:
    """Return the report as JSON text, its numbers to six significant digits."""
    return findings_json(Report, report)


def schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of `report.json`."""
    return schema_of(Report, TITLE)


def schema_text() -> str:
    """Return the text of `report.schema.json`."""
    return schema_text_of(Report, TITLE)
