"""`report.json` and its schema, both made from the classes in `findings`.

`podium schema report` prints the schema, which is published as `report.schema.json`.
"""

import json
from typing import Any

from pydantic import TypeAdapter

from reports.analysis.findings import REPORT_VERSION, Report

SIGNIFICANT_DIGITS = 6


def report_json(report: Report) -> str:
    """Return the report as JSON text, its numbers to six significant digits."""
    document = rounded(TypeAdapter(Report).dump_python(report, mode="json"))
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of `report.json`."""
    described = TypeAdapter(Report).json_schema(mode="serialization")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"podium report, version {REPORT_VERSION}",
        **{name: part for name, part in described.items() if name != "title"},
    }


def schema_text() -> str:
    """Return the text of `report.schema.json`."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def rounded(value: Any) -> Any:
    """Return a JSON document with fewer digits than differ between two processors' ways to add."""
    if isinstance(value, float):
        return float(f"{value:.{SIGNIFICANT_DIGITS}g}")
    if isinstance(value, dict):
        return {name: rounded(part) for name, part in value.items()}
    if isinstance(value, list):
        return [rounded(part) for part in value]
    return value
