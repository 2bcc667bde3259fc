"""A report for github-action-benchmark: https://github.com/benchmark-action/github-action-benchmark.

The action takes a file of figures of which more is better (`customBiggerIsBetter`) and one of those
of which less is (`customSmallerIsBetter`).
"""

import json
from typing import Literal

from reports.analysis.findings import Report
from reports.analysis.metrics import Estimate
from reports.exports.figures import figures
from reports.pages.json_document import rounded


def github_benchmark_json(report: Report, better: Literal["higher", "lower"]) -> str:
    """Return the figures of which more, or less, is better."""
    entries = [
        {
            "name": f"{figure.subject} {figure.metric.title}",
            "unit": figure.metric.unit,
            "value": figure.estimate.value,
            **_range(figure.estimate),
        }
        for figure in figures(report)
        if figure.metric.better == better
    ]
    return json.dumps(rounded(entries), indent=2, ensure_ascii=False) + "\n"


def _range(estimate: Estimate) -> dict[str, str]:
    """Return the 95 % interval: the action reads one number, so the longer side of it."""
    if estimate.low is None or estimate.high is None:
        return {}
    longer = max(estimate.value - estimate.low, estimate.high - estimate.value)
    low, high = rounded([estimate.low, estimate.high])
    return {
        "range": f"± {rounded(longer)}",
        "extra": f"95 % interval: {low:g} to {high:g}",
    }
