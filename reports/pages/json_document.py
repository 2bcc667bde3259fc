"""JSON documents made from classes of findings, and the schemas of these."""

import json
from typing import Any

from pydantic import TypeAdapter

SIGNIFICANT_DIGITS = 6


def findings_json(kind: type[Any], found: Any) -> str:
    """Return findings of that class as JSON text, their numbers to six significant digits."""
    document = rounded(TypeAdapter(kind).dump_python(found, mode="json"))
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def schema_of(kind: type[Any], title: str) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the class's documents."""
    described = TypeAdapter(kind).json_schema(mode="serialization")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        **{name: part for name, part in described.items() if name != "title"},
    }


def schema_text_of(kind: type[Any], title: str) -> str:
    """Return the text of that schema."""
    return json.dumps(schema_of(kind, title), indent=2, ensure_ascii=False) + "\n"


def rounded(value: Any) -> Any:
    """Return a JSON document with fewer digits than differ between two processors' ways to add."""
    if isinstance(value, float):
        return float(f"{value:.{SIGNIFICANT_DIGITS}g}")
    if isinstance(value, dict):
        return {name: rounded(part) for name, part in value.items()}
    if isinstance(value, list):
        return [rounded(part) for part in value]
    return value
