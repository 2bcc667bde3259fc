"""The caveats of a study, the gravest first: typed, without English."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from statistics import median
from typing import get_args

from reports.analysis.findings import Comparison, PairFinding, SettingRow
from reports.analysis.reasons import Caveat, CaveatDetail, CaveatKind, Exclusion, TroubleKind
from reports.analysis.solo import LEAST_PASSES, TOLERATED_RATIO, SoloCheck
from reports.analysis.trials import interleaved
from reports.analysis.twins import TwinCheck
from reports.study.records import Study

ROBUST_GAP_RATIO = 0.01
BUSY_RATIO = 0.05
QUIET_STEAL_RATIO = 0.005
# A machine whose closed loops need a larger difference than this to tell two stacks is not quiet.
UNSTEADY_RATIO = 0.10


def find_caveats(
    study: Study,
    comparisons: Sequence[Comparison],
    twins: TwinCheck | None,
    settings: Sequence[SettingRow],
) -> tuple[Caveat, ...]:
    """Return all caveats; what holds for several comparisons is one."""
    shared = study.environment.machine.get("disjoint_cores") is False
    limited = list(_limited(comparisons))
    troubled = [caveat for caveat in limited if _in_trouble(caveat)]
    return (
        *([Caveat("shared_cores")] if shared else []),
        *troubled,
        *_interleaving(comparisons),
        *_turned_over(comparisons),
        *_without_place(comparisons),
        *_completeness(study),
        *(caveat for caveat in limited if caveat not in troubled),
        *([] if limited or shared else [Caveat("generator_not_limited")]),
        *_generator_unknown(comparisons),
        *_unsent(comparisons),
        *_machine(interleaved(study), comparisons),
        *_noise(comparisons),
        *_twins(study, twins),
        *_stalls(comparisons),
        *_removed_rounds(comparisons),
        *_percentiles(comparisons),
        *_solo(comparisons),
        *_settings(settings),
        *_scope(study, comparisons),
    )


def _interleaving(comparisons: Sequence[Comparison]) -> Iterator[Caveat]:
    checked = list(_checked(comparisons))
    differing = [detail for check, detail in checked if check.differs]
    if differing:
        yield Caveat(
            "interleaving_changes_ratios",
            where=_unique(detail.where for detail in differing),
            measured=len(checked),
            limit=TOLERATED_RATIO,
            details=tuple(differing),
        )


def _turned_over(comparisons: Sequence[Comparison]) -> Iterator[Caveat]:
    """Pairs of which one wins under one load and the other under another."""
    for first, second in combinations(comparisons, 2):
        if first.operation != second.operation:
            continue
        lost = {(pair.second, pair.first) for pair in _decided(second)}
        turned = [(pair.first, pair.second) for pair in _decided(first)]
        details = tuple(CaveatDetail(stacks=pair) for pair in turned if pair in lost)
        if details:
            yield Caveat("order_turns_over", (first.key, second.key), details=details)


def _without_place(comparisons: Sequence[Comparison]) -> Iterator[Caveat]:
    reasons: dict[Exclusion, dict[str, list[str]]] = {}
    for comparison in comparisons:
        for standing in comparison.standings:
            if standing.exclusion is not None:
                of = reasons.setdefault(standing.exclusion, {})
                of.setdefault(standing.label, []).append(comparison.key)
    for exclusion, of in reasons.items():
        alike: dict[tuple[str, ...], list[str]] = {}
        for label, keys in of.items():
            alike.setdefault(tuple(keys), []).append(label)
        for where, labels in alike.items():
            yield Caveat("no_place", where, tuple(labels), exclusion=exclusion)


def _completeness(study: Study) -> Iterator[Caveat]:
    blocks = [block for block in study.blocks if not block.solo]
    whole = sum(block.state == "whole" for block in blocks)
    if study.finished_at is None:
        yield Caveat("study_unfinished", measured=whole, limit=study.plan.blocks)
    for block in study.blocks:
        if block.state == "broken":
            yield Caveat("block_broken", measured=block.number)
    if not study.gates:
        yield Caveat("contract_unchecked")


def _limited(comparisons: Sequence[Comparison]) -> Iterator[Caveat]:
    limited: dict[tuple[tuple[str, ...], bool], list[Comparison]] = {}
    for comparison in comparisons:
        marked = [s.label for s in comparison.standings if s.generator_limit is not None]
        if marked:
            everyone = len(marked) == len(comparison.judged)
            key = (() if everyone else tuple(marked), comparison.rate_per_s is not None)
            limited.setdefault(key, []).append(comparison)
    for (labels, _), found in limited.items():
        reason = next(s.generator_limit for s in found[0].standings if s.generator_limit)
        yield Caveat("generator_limited", _keys(found), labels, generator=reason)


def _in_trouble(caveat: Caveat) -> bool:
    return caveat.generator is not None and caveat.generator.kind in get_args(TroubleKind)


def _generator_unknown(comparisons: Sequence[Comparison]) -> Iterator[Caveat]:
    closed = [c for c in comparisons if c.rate_per_s is None]
    opened = [c for c in comparisons if c.rate_per_s is not None]
    unknown: tuple[tuple[CaveatKind, list[Comparison]], ...] = (
        ("ceiling_unknown", [c for c in closed if c.ceiling_requests_per_s is None]),
        ("generator_cpu_unknown", [c for c in comparisons if not _cpu_known(c)]),
        ("start_lag_unknown", [c for c in opened if not _lag_known(c)]),
    )
    yield from (Caveat(kind, _keys(found)) for kind, found in unknown if found)


def _unsent(comparisons: Sequence[Comparison]) -> Iterator[Caveat]:
    details = tuple(
        CaveatDetail(comparison.key, (standing.label,), standing.unsent, standing.due)
        for comparison in comparisons
        for standing in comparison.standings
        if standing.unsent
    )
    if details:
        where = _unique(detail.where for detail in details)
        yield Caveat("requests_unsent", where, details=details)


def _machine(study: Study, comparisons: Sequence[Comparison]) -> Iterator[Caveat]:
    """The machine's other work, and whether processes were pinned."""
    other = _median_of(round_.other_cpu_ratio for round_ in study.rounds)
    steal = _median_of(round_.steal_ratio for round_ in study.rounds)
    noise = _median_of(
        comparison.deciding.detectable_ratio
        for comparison in comparisons
        if comparison.rate_per_s is None
    )
    if other is not None and other > BUSY_RATIO:
        yield Caveat("machine_busy", measured=other, limit=BUSY_RATIO)
    elif other is not None and noise is not None:
        kind: CaveatKind = "machine_unsteady" if noise > UNSTEADY_RATIO else "machine_quiet"
        details = (CaveatDetail(measured=noise, limit=UNSTEADY_RATIO),)
        yield Caveat(kind, measured=other, limit=BUSY_RATIO, details=details)
    if steal is not None and steal > QUIET_STEAL_RATIO:
        yield Caveat("steal_time", measured=steal, limit=QUIET_STEAL_RATIO)
    if study.environment.machine.get("pinned") is False:
        yield Caveat("not_pinned")


def _noise(comparisons: Sequence[Comparison]) -> Iterator[Caveat]:
    """The differences that could have been found."""
    seen = tuple(
        CaveatDetail(c.key, measured=c.deciding.detectable_ratio)
        for c in comparisons
        if c.deciding.detectable_ratio is not None
    )
    if seen:
        yield Caveat("detectable_difference", tuple(d.where for d in seen), details=seen)


def _twins(study: Study, twins: TwinCheck | None) -> Iterator[Caveat]:
    """Whether the noise is what the model says, and which bias the twins do not exclude.

    The noise of a single stack has no model, so its twin says nothing.
    """
    if twins is None:
        if all(block.twin_stack is None for block in study.blocks):
            yield Caveat("no_twin")
    elif not twins.noise_as_modelled:
        yield Caveat("noise_understated", measured=twins.noise_ratio, limit=1.0)
    elif twins.valid:
        yield Caveat("twins_agree", measured=twins.largest_bias_ratio)


def _stalls(comparisons: Sequence[Comparison]) -> Iterator[Caveat]:
    """Pairs whose median round is far from the ratio of all time together."""
    details = tuple(
        CaveatDetail(comparison.key, (pair.first, pair.second), gap, len(comparison.pairs))
        for comparison in comparisons
        for pair in comparison.pairs
        if (gap := _robust_gap_ratio(pair)) > ROBUST_GAP_RATIO
    )
    if details:
        where = _unique(detail.where for detail in details)
        yield Caveat("stalls_weigh", where, limit=ROBUST_GAP_RATIO, details=details)


def _removed_rounds(comparisons: Sequence[Comparison]) -> Iterator[Caveat]:
    details = tuple(
        CaveatDetail(comparison.key, measured=count, subject=kind)
        for comparison in comparisons
        for kind, count in comparison.rounds_removed.items()
    )
    if details:
        removed = sum(sum(comparison.rounds_removed.values()) for comparison in comparisons)
        everything = sum(comparison.rounds for comparison in comparisons) + removed
        where = _unique(detail.where for detail in details)
        yield Caveat("rounds_removed", where, (), removed, everything, details)


def _percentiles(comparisons: Sequence[Comparison]) -> Iterator[Caveat]:
    missing = [
        comparison
        for comparison in comparisons
        if any(one.metrics.get("response_p99_us") is None for one in comparison.judged)
    ]
    if missing:
        yield Caveat("percentile_withheld", _keys(missing), measured=0.99)


def _solo(comparisons: Sequence[Comparison]) -> Iterator[Caveat]:
    """The agreement of solo and interleaved slices, and the pairs for which it is not known."""
    checked = list(_checked(comparisons))
    if checked and not any(check.differs for check, _ in checked):
        details = tuple(detail for _, detail in checked)
        where = _unique(detail.where for detail in details)
        yield Caveat("solo_agrees", where, limit=TOLERATED_RATIO, details=details)
    unknown = tuple(
        CaveatDetail(comparison.key, measured=count, limit=len(comparison.pairs))
        for comparison in comparisons
        if comparison.solo_passes >= LEAST_PASSES
        and (count := sum(p.solo is None for p in comparison.pairs))
    )
    if unknown:
        yield Caveat("solo_unknown", tuple(d.where for d in unknown), details=unknown)


def _settings(settings: Sequence[SettingRow]) -> Iterator[Caveat]:
    unequal = tuple(CaveatDetail(subject=row.name) for row in settings if not row.equal)
    if unequal:
        yield Caveat("settings_differ", details=unequal)


def _scope(study: Study, comparisons: Sequence[Comparison]) -> Iterator[Caveat]:
    if not any(comparison.solo_passes >= LEAST_PASSES for comparison in comparisons):
        yield Caveat("solo_unmeasured", limit=LEAST_PASSES)
    yield Caveat("scope", measured=study.plan.workers)


def _checked(comparisons: Sequence[Comparison]) -> Iterator[tuple[SoloCheck, CaveatDetail]]:
    for comparison in comparisons:
        for pair in comparison.pairs:
            if pair.solo is not None:
                stacks = (pair.first, pair.second)
                yield pair.solo, CaveatDetail(comparison.key, stacks, pair.solo.change)


def _decided(comparison: Comparison) -> list[PairFinding]:
    return [pair for pair in comparison.pairs if pair.verdict == "different"]


def _robust_gap_ratio(pair: PairFinding) -> float:
    robust = pair.round_median_ratio
    return 0.0 if robust is None else max(robust / pair.ratio, pair.ratio / robust) - 1


def _cpu_known(comparison: Comparison) -> bool:
    return all(standing.generator_cpu_ratio is not None for standing in comparison.judged)


def _lag_known(comparison: Comparison) -> bool:
    return all(standing.metrics.get("lag_p99_us") is not None for standing in comparison.judged)


def _keys(comparisons: Iterable[Comparison]) -> tuple[str, ...]:
    return tuple(comparison.key for comparison in comparisons)


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def _median_of(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None
