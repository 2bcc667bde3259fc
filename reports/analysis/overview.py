"""All stacks under all operations and loads in one table: places, and speeds beside the first's."""

from collections.abc import Sequence

from reports.analysis.findings import (
    BoundKind,
    Comparison,
    Overview,
    OverviewCell,
    OverviewColumn,
    OverviewRow,
    Standing,
)
from reports.analysis.reasons import Caveat, CaveatKind
from reports.analysis.repeating import command_for

# With one of these, a verdict is not to be quoted before the caveat is read.
UNSAFE: frozenset[CaveatKind] = frozenset(
    {
        "interleaving_changes_ratios",
        "order_turns_over",
        "no_place",
        "study_unfinished",
        "block_broken",
        "contract_unchecked",
        "generator_limited",
        "ceiling_unknown",
        "generator_cpu_unknown",
        "start_lag_unknown",
        "requests_unsent",
        "machine_busy",
        "machine_unsteady",
        "steal_time",
        "not_pinned",
        "shared_cores",
        "noise_understated",
    }
)


def overview(
    comparisons: Sequence[Comparison], caveats: Sequence[Caveat], command: Sequence[str]
) -> Overview:
    """Return the table of a study; `command` is the one that made it.

    Rows stand in the order of the first column, then of the next ones.
    """
    labels = list(
        dict.fromkeys(
            standing.label
            for judged in (True, False)
            for comparison in comparisons
            for standing in comparison.standings
            if (standing.exclusion is None) == judged
        )
    )
    return Overview(
        columns=tuple(map(_column, comparisons)),
        rows=tuple(
            OverviewRow(
                label,
                tuple(_cell(comparison, label) for comparison in comparisons),
                command_for(command, _with_the_first(label, labels)),
            )
            for label in labels
        ),
        unsafe=tuple(dict.fromkeys(one.kind for one in caveats if one.kind in UNSAFE)),
    )


def _with_the_first(label: str, labels: Sequence[str]) -> list[str]:
    """Return the stack and the first row's, or of that the next one's."""
    others = [other for other in labels if other != label]
    return [label, *others[:1]]


def _column(comparison: Comparison) -> OverviewColumn:
    to_next = next(iter(comparison.leader_pairs), None)
    return OverviewColumn(
        operation=comparison.operation,
        shape=comparison.shape,
        compared=comparison.deciding.compared,
        first=tuple(one.label for one in comparison.standings if one.place_best == 1),
        next=to_next.second if to_next else None,
        ahead_low=to_next.ratio_low if to_next else None,
        ahead_high=to_next.ratio_high if to_next else None,
        verdict=to_next.verdict if to_next else None,
    )


def _cell(comparison: Comparison, label: str) -> OverviewCell:
    standing = next(one for one in comparison.standings if one.label == label)
    if standing.exclusion is not None:
        return OverviewCell(exclusion=standing.exclusion.kind)
    first = comparison.standings[0]
    pair = next((one for one in comparison.leader_pairs if one.second == label), None)
    value = _value(comparison, standing)
    return OverviewCell(
        place_best=standing.place_best,
        place_worst=standing.place_worst,
        value=value,
        of_first=1 / pair.ratio if pair else _as_measured(comparison, value),
        of_first_low=1 / pair.ratio_high if pair else None,
        of_first_high=1 / pair.ratio_low if pair else None,
        bound=_bound(standing, first),
    )


def _value(comparison: Comparison, standing: Standing) -> float | None:
    estimate = standing.metrics.get(comparison.deciding.compared)
    return None if estimate is None else estimate.value


def _as_measured(comparison: Comparison, value: float | None) -> float | None:
    """A share without an interval, where no pair is judged."""
    of_first = _value(comparison, comparison.standings[0])
    if value is None or of_first is None:
        return None
    return value / of_first if comparison.rate_per_s is None else of_first / value


def _bound(standing: Standing, first: Standing) -> BoundKind | None:
    """Return what the share is where the generator was the limit for one of both."""
    own, its = standing.generator_limit is not None, first.generator_limit is not None
    if standing is first:
        return "at_least" if own else None
    if own and its:
        return "unknown"
    return "at_least" if own else "at_most" if its else None
