"""What a reader must know before the numbers."""

from collections.abc import Iterable, Iterator, Sequence
from statistics import median

from reports import formats
from reports.findings import Comparison, PairFinding, SettingRow
from reports.metrics import LEAST_BEYOND, LEAST_BLOCKS, LEAST_SLICES
from reports.records import Study

ROBUST_GAP_RATIO = 0.01
BUSY_RATIO = 0.05
QUIET_STEAL_RATIO = 0.005


def caveats(
    study: Study, comparisons: Sequence[Comparison], settings: Sequence[SettingRow]
) -> tuple[str, ...]:
    """Sentences, the gravest first."""
    return (
        *_without_place(comparisons),
        *_generator(study, comparisons),
        *_machine(study),
        *_noise(comparisons),
        *_completeness(study),
        *_robustness(comparisons),
        *_percentiles(comparisons),
        *_settings(settings),
        *_scope(study),
    )


def _without_place(comparisons: Sequence[Comparison]) -> Iterator[str]:
    reasons: dict[tuple[str, str], list[str]] = {}
    for comparison in comparisons:
        for standing in comparison.standings:
            if standing.why_no_place is not None:
                key = (standing.label, standing.why_no_place)
                reasons.setdefault(key, []).append(comparison.operation)
    for (label, reason), operations in reasons.items():
        where = formats.listed(list(dict.fromkeys(operations)))
        yield f"{label} has no place in {where}: it {reason}."


def _generator(study: Study, comparisons: Sequence[Comparison]) -> Iterator[str]:
    for comparison in comparisons:
        marked = [s for s in comparison.standings if s.generator_limit is not None]
        judged = [s for s in comparison.standings if s.why_no_place is None]
        if not marked:
            continue
        if len(marked) == len(judged):
            yield (
                f"{comparison.what}: the load generator ({study.plan.driver}) was the limit for "
                "every stack, so its rates are lower bounds and tell no stack from another."
            )
            continue
        labels = formats.listed([standing.label for standing in marked])
        yield (
            f"{comparison.what}: the load generator ({study.plan.driver}) was the limit for "
            f"{labels} ({marked[0].generator_limit}), whose rates are lower bounds: such a stack "
            "may win, and never loses or ties."
        )
    if not any(s.generator_limit for c in comparisons for s in c.standings):
        yield f"The load generator ({study.plan.driver}) was not seen to be any stack's limit."
    for what, unknown in (
        ("ceiling", [c.what for c in comparisons if c.ceiling_requests_per_s is None]),
        ("CPU time", [c.what for c in comparisons if not _generator_cpu_known(c)]),
    ):
        if unknown:
            yield (
                f"The generator's own {what} was not measured for {formats.listed(unknown)}, so "
                "it may have been the limit without being seen."
            )


def _generator_cpu_known(comparison: Comparison) -> bool:
    judged = [s for s in comparison.standings if s.why_no_place is None]
    return all(standing.generator_cpu_ratio is not None for standing in judged)


def _machine(study: Study) -> Iterator[str]:
    other = _median_of(round_.other_cpu_ratio for round_ in study.rounds)
    steal = _median_of(round_.steal_ratio for round_ in study.rounds)
    if other is not None:
        busy = "The machine was busy" if other > BUSY_RATIO else "The machine was quiet"
        yield (
            f"{busy}: in half of the rounds other processes used {formats.percent(other)} or more "
            "of the cores that were measured on."
        )
    if steal is not None and steal > QUIET_STEAL_RATIO:
        yield (
            f"In half of the rounds the host took {formats.percent(steal)} or more of the cores' "
            "time for others (steal)."
        )
    if study.environment.machine.get("pinned") is False:
        yield "Servers and load generator were not pinned to cores, which adds noise."
    if study.environment.machine.get("disjoint_cores") is False:
        yield "Servers and load generator shared cores, so each slowed the other."


def _median_of(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _noise(comparisons: Sequence[Comparison]) -> Iterator[str]:
    floors = [
        f"{formats.percent(c.twin.noise_floor_ratio)} in {c.what}"
        for c in comparisons
        if c.twin is not None and c.twin.valid
    ]
    if floors:
        yield (
            "Noise floor: the same stack, entered twice, differed by at most "
            f"{formats.listed(floors)}."
        )
    missing = [c.what for c in comparisons if c.twin is None]
    if missing:
        where = formats.listed(missing)
        yield f"No stack was entered twice in {where}: its noise floor is unknown."
    for comparison in comparisons:
        removed = sum(comparison.rounds_removed.values())
        if removed:
            why = formats.listed(
                [f"{count} × {reason}" for reason, count in comparison.rounds_removed.items()]
            )
            yield (
                f"{comparison.what}: {removed} of {comparison.rounds + removed} rounds were "
                f"removed for all stacks without looking at their outcome ({why})."
            )
    seen = [
        f"{formats.percent(c.detectable_ratio)} or more in {c.what}"
        for c in comparisons
        if c.detectable_ratio is not None
    ]
    if seen:
        yield (
            f"This study could see differences of {formats.listed(seen)} (found in four of five "
            "such studies)."
        )


def _completeness(study: Study) -> Iterator[str]:
    whole = sum(block.state == "whole" for block in study.blocks)
    if study.finished_at is None:
        yield (
            f"The study is not finished: {whole} of {study.plan.blocks} blocks are whole; "
            "`podium resume` goes on with it."
        )
    for block in study.blocks:
        if block.state == "broken":
            yield f"Block {block.number} broke off: {block.why_broken or 'it was interrupted'}."
    if not study.gates:
        yield "The contract was not checked before the load."


def _robustness(comparisons: Sequence[Comparison]) -> Iterator[str]:
    for comparison in comparisons:
        gaps = [(_robust_gap_ratio(pair), pair) for pair in comparison.pairs]
        wide = [(gap, pair) for gap, pair in gaps if gap > ROBUST_GAP_RATIO]
        if wide:
            gap, pair = max(wide, key=lambda found: found[0])
            yield (
                f"{comparison.what}: stalls weigh in {len(wide)} of {len(gaps)} pairs, where the "
                "median round's ratio is more than 1 % from that of all time together (most, by "
                f"{formats.percent(gap)}, for {pair.first} to {pair.second})."
            )


def _robust_gap_ratio(pair: PairFinding) -> float:
    robust = pair.round_median_ratio
    return 0.0 if robust is None else max(robust / pair.ratio, pair.ratio / robust) - 1


def _percentiles(comparisons: Sequence[Comparison]) -> Iterator[str]:
    missing = [
        comparison.what
        for comparison in comparisons
        if any(
            standing.why_no_place is None and standing.metrics.get("response_p99_us") is None
            for standing in comparison.standings
        )
    ]
    if missing:
        yield (
            f"Response p99 is not shown for every stack in {formats.listed(missing)}: it needs "
            f"{LEAST_BEYOND} answers beyond it, from {LEAST_SLICES} slices in {LEAST_BLOCKS} "
            "blocks."
        )


def _settings(settings: Sequence[SettingRow]) -> Iterator[str]:
    unequal = [row.name for row in settings if not row.equal]
    if unequal:
        yield f"Settings that differ between the stacks: {formats.listed(unequal)}."


def _scope(study: Study) -> Iterator[str]:
    yield (
        "Stacks took turns; a stack alone on the machine was not measured, so what taking turns "
        "itself does to a ratio (up to some per cent) is not seen."
    )
    workers = study.plan.workers
    processes = "one worker process" if workers == 1 else f"{workers} worker processes"
    yield (
        f"All this holds for {processes} a stack on one server core and requests over loopback on "
        "this machine; rates elsewhere differ, ratios less so."
    )
