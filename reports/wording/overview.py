"""The overview's English: what each column is, who leads in it, what to be careful of."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace

from reports.analysis.findings import (
    Comparison,
    Overview,
    OverviewCell,
    OverviewColumn,
    Report,
)
from reports.analysis.reasons import Caveat, CaveatKind, ExclusionKind
from reports.wording import formats
from reports.wording.machine import machine_summary
from reports.wording.reasons import no_verdict_clause
from reports.wording.verdicts import brief_lead

MOST_NAMED = 3
EXCLUDED: Mapping[ExclusionKind, str] = {
    "not_started": "not started",
    "contract_failed": "broke the contract",
    "wrong_answers": "wrong answers",
    "remembers_answers": "remembers answers",
    "block_missing": "a block is missing",
    "not_measured": "not measured",
    "nothing_answered": "nothing answered",
    "untimed_answers": "answers without a time",
    "littles_law": "times and rates disagree",
    "no_steady_state": "not steady",
    "due_unknown": "due requests unknown",
    "saturated": "saturated",
    "too_few_answers": "too few answers",
}


def _out(caveat: Caveat, report: Report) -> str:
    stacks = caveat.stacks[:MOST_NAMED]
    more = len(caveat.stacks) - len(stacks)
    names = formats.listed([*stacks, *([f"{more} more"] if more else [])])
    if len(caveat.stacks) == len(report.overview.rows) > 1:
        names = "all stacks"
    some, every = len(caveat.where), len(report.comparisons)
    where = f" in {some} of {every} columns" if some < every else ""
    why = f" ({EXCLUDED[caveat.exclusion.kind]})" if caveat.exclusion else ""
    return f"{names} out{where}{why}"


def _unfinished(caveat: Caveat, _: Report) -> str:
    return f"not finished, {caveat.measured:.0f} of {caveat.limit:.0f} blocks"


def _broken(caveat: Caveat, _: Report) -> str:
    return f"block {caveat.measured:.0f} broke off"


def _name(text: str) -> Callable[[Caveat, Report], str]:
    return lambda _, __: text


CAUTIONS: Mapping[CaveatKind, Callable[[Caveat, Report], str]] = {
    "interleaving_changes_ratios": _name("interleaving changes ratios"),
    "order_turns_over": _name("the order turns over with the load"),
    "no_place": _out,
    "study_unfinished": _unfinished,
    "block_broken": _broken,
    "contract_unchecked": _name("contract not checked"),
    "generator_limited": _name("the load generator was the limit"),
    "ceiling_unknown": _name("the generator's ceiling is unknown"),
    "generator_cpu_unknown": _name("the generator's CPU time is unknown"),
    "start_lag_unknown": _name("start lag unknown"),
    "requests_unsent": _name("requests unsent"),
    "machine_busy": _name("machine busy"),
    "machine_unsteady": _name("machine not steady"),
    "steal_time": _name("steal time"),
    "not_pinned": _name("processes not pinned"),
    "shared_cores": _name("servers and generator on one core"),
    "noise_understated": _name("noise understated"),
}


def worded_overview(report: Report) -> Overview:
    """Return the overview with its words; the comparisons of `report` have theirs."""
    found = report.overview
    shapes = Counter(comparison.operation for comparison in report.comparisons)
    unjudged = [one.deciding.no_verdict for one in report.comparisons]
    invalid = [no_verdict_clause(one) for one in unjudged if one and one.kind == "twins_differ"]
    named = [CAUTIONS[one.kind](one, report) for one in report.caveats if one.kind in found.unsafe]
    return replace(
        found,
        columns=tuple(
            _column(column, comparison, report.margin_ratio, shapes[column.operation] == 1)
            for column, comparison in zip(found.columns, report.comparisons, strict=True)
        ),
        rows=tuple(
            replace(
                row,
                cells=tuple(
                    replace(cell, sentence=_sentence(row.label, cell, comparison))
                    for cell, comparison in zip(row.cells, report.comparisons, strict=True)
                ),
            )
            for row in found.rows
        ),
        measured=_measured(report),
        cautions=tuple(dict.fromkeys([*invalid, *named])),
    )


def _column(
    column: OverviewColumn, comparison: Comparison, margin_ratio: float, only_shape: bool
) -> OverviewColumn:
    rate, connections = comparison.rate_per_s, comparison.connections
    load = f"{connections} conn." if rate is None else f"{rate:,g}/s"
    name = comparison.operation if only_shape else f"{comparison.operation}, {load}"
    return replace(column, load=load, sentence=f"{name}: {brief_lead(comparison, margin_ratio)}")


def _sentence(label: str, cell: OverviewCell, comparison: Comparison) -> str:
    """Return the verdict on the stack against the first; of the first itself, what it is of."""
    pair = next((one for one in comparison.leader_pairs if one.second == label), None)
    if pair is not None:
        return pair.sentence
    standing = next(one for one in comparison.standings if one.label == label)
    if standing.exclusion is not None:
        return f"{comparison.what}: {label} {standing.exclusion.sentence}"
    first = standing is comparison.standings[0]
    if comparison.deciding.no_verdict is not None and not first:
        return f"{comparison.what}: no verdict, {no_verdict_clause(comparison.deciding.no_verdict)}"
    return f"{comparison.what}: {label} has {_value(cell, comparison)}"


def _value(cell: OverviewCell, comparison: Comparison) -> str:
    """Return what the speed is of, with its unit; a limit of the generator makes it a bound."""
    if cell.value is None:
        return "no figure"
    if comparison.rate_per_s is None:
        bound = "at least " if cell.bound == "at_least" else ""
        return f"{bound}{formats.plain(cell.value)} requests/s"
    bound = "at most " if cell.bound == "at_least" else ""
    return f"a response p50 of {bound}{formats.time_us(cell.value)}"


def _measured(report: Report) -> str:
    blocks = max((len(comparison.blocks) for comparison in report.comparisons), default=0)
    counts = [(len(report.overview.rows), "stack"), (blocks, "block")]
    stacks, run = (f"{count} {thing}{'' if count == 1 else 's'}" for count, thing in counts)
    when = formats.moment(report.created_at)
    return f"{stacks} on {machine_summary(report.machine)}; {run}, {when}"
