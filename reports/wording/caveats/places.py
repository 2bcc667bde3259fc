"""The comparisons that a caveat is about, by name."""

from collections.abc import Iterable

from reports.analysis.findings import Comparison, Report
from reports.analysis.reasons import Caveat, CaveatDetail
from reports.wording import formats
from reports.wording.verdicts import names_of

MOST_LISTED = 3


def comparisons_of(report: Report, keys: Iterable[str]) -> list[Comparison]:
    """Return the comparisons with these keys, in the report's order."""
    wanted = set(keys)
    return [comparison for comparison in report.comparisons if comparison.key in wanted]


def where(caveat: Caveat, report: Report) -> str:
    """Return the names of the comparisons that the caveat is about."""
    return names_of(comparisons_of(report, caveat.where))


def what(report: Report, key: str) -> str:
    """Return the name of one comparison."""
    return names_of(comparisons_of(report, [key]))


def spread(details: Iterable[CaveatDetail], report: Report) -> str:
    """Return each detail's share with its name; of many the least and the greatest."""
    listed = [(detail.measured or 0.0, what(report, detail.where)) for detail in details]
    if len(listed) <= MOST_LISTED:
        return formats.listed([f"{formats.difference(ratio)} in {name}" for ratio, name in listed])
    least, most = min(listed, key=lambda one: one[0]), max(listed, key=lambda one: one[0])
    return (
        f"{formats.difference(least[0])} ({least[1]}) to {formats.difference(most[0])} in {most[1]}"
    )
