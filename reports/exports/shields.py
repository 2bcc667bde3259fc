"""A stack's place as a badge of Shields: https://shields.io/badges/endpoint-badge."""

import json

from reports.analysis.findings import Report
from reports.errors import NoSuchPlace
from reports.wording import formats


def shields_json(report: Report, label: str, operation: str) -> str:
    """Return what a Shields endpoint answers for a stack's place in the operation's first section.

    The place is an interval where the decided pairs leave several open. Raises NoSuchPlace.
    """
    found = {
        (standing.label, comparison.operation): (comparison, standing)
        for comparison in reversed(report.comparisons)
        for standing in comparison.standings
    }
    if (label, operation) not in found:
        raise NoSuchPlace(label, operation, tuple(reversed(found)))
    comparison, standing = found[label, operation]
    best, worst = standing.place_best, standing.place_worst
    if best is None or worst is None:
        message, color = "no place", "lightgrey"
    else:
        message = f"{formats.place(best, worst)} of {len(comparison.judged)}"
        color = "brightgreen" if worst == 1 else "blue"
    document = {
        "schemaVersion": 1,
        "label": f"{label} {comparison.key}",
        "message": message,
        "color": color,
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
