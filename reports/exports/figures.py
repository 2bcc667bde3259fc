"""The figures of a report one by one, as tools that follow them over time want them."""

from collections.abc import Iterator
from dataclasses import dataclass

from reports.analysis.findings import Report
from reports.analysis.metrics import OPERATION_METRICS, STACK_METRICS, Estimate, Metric


@dataclass(frozen=True)
class Figure:
    """One metric of one stack; `subject` names the stack, and what it served where that matters."""

    subject: str
    metric: Metric
    estimate: Estimate


def figures(report: Report) -> Iterator[Figure]:
    """Yield each figure that is known of the stacks with a place, and what each stack costs."""
    for comparison in report.comparisons:
        for standing in comparison.judged:
            for metric in OPERATION_METRICS:
                if estimate := standing.metrics.get(metric.name):
                    yield Figure(f"{standing.label} {comparison.key}", metric, estimate)
    for stack in report.stacks:
        for cost in STACK_METRICS:
            if estimate := stack.metrics.get(cost.name):
                yield Figure(stack.label, cost, estimate)
