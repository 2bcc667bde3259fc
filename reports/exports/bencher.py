"""A report in Bencher Metric Format: https://bencher.dev/docs/reference/bencher-metric-format."""

import json

from reports.analysis.findings import Report
from reports.exports.figures import Figure, figures
from reports.pages.json_document import rounded

BUILT_IN = {"requests_per_s": ("throughput", 1.0), "response_p50_us": ("latency", 1e3)}
"""The measures that every project of Bencher has, operations a second and nanoseconds; with the
factor that makes the metric one."""


def bencher_json(report: Report) -> str:
    """Return the figures by benchmark (a stack, and what it served) and measure.

    Measures that Bencher does not know have the metric's name, which ends in its unit.
    """
    benchmarks: dict[str, dict[str, dict[str, float]]] = {}
    for figure in figures(report):
        measure, factor = BUILT_IN.get(
            figure.metric.name, (figure.metric.name.replace("_", "-"), 1.0)
        )
        benchmarks.setdefault(figure.subject, {})[measure] = _metric(figure, factor)
    return json.dumps(rounded(benchmarks), indent=2, ensure_ascii=False) + "\n"


def _metric(figure: Figure, factor: float) -> dict[str, float]:
    estimate = figure.estimate
    values = {
        "value": estimate.value,
        "lower_value": estimate.low,
        "upper_value": estimate.high,
    }
    return {name: value * factor for name, value in values.items() if value is not None}
