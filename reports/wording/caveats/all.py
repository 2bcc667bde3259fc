"""What a reader must know before the numbers, the gravest first."""

from collections.abc import Iterator, Sequence
from itertools import combinations

from reports.analysis.findings import Comparison, PairFinding, SettingRow
from reports.analysis.percentiles import LEAST_BEYOND, LEAST_BLOCKS, LEAST_SLICES
from reports.analysis.trials import taking_turns
from reports.study.records import Study
from reports.wording import formats
from reports.wording.caveats.load import generator, not_sent
from reports.wording.caveats.noise import machine, noise, removed_rounds
from reports.wording.caveats.solo import solo, solo_differences
from reports.wording.verdict_sentences import where

ROBUST_GAP_RATIO = 0.01


def caveats(
    study: Study, comparisons: Sequence[Comparison], settings: Sequence[SettingRow]
) -> tuple[str, ...]:
    """Sentences; what holds for several comparisons is said once."""
    turns = taking_turns(study)
    return (
        *solo_differences(comparisons),
        *_turned_over(comparisons),
        *_without_place(comparisons),
        *_completeness(study, turns),
        *generator(study, comparisons),
        *not_sent(comparisons),
        *machine(turns),
        *noise(comparisons),
        *_robustness(comparisons),
        *removed_rounds(comparisons),
        *_percentiles(comparisons),
        *solo(comparisons),
        *_settings(settings),
        *_scope(study),
    )


def _turned_over(comparisons: Sequence[Comparison]) -> Iterator[str]:
    """Pairs of which one wins under one load and the other under another."""
    for first, second in combinations(comparisons, 2):
        if first.operation != second.operation:
            continue
        lost = {(pair.second, pair.first) for pair in _decided(second)}
        turned = [pair for pair in _decided(first) if (pair.first, pair.second) in lost]
        if turned:
            pairs = formats.listed([f"{pair.first} and {pair.second}" for pair in turned])
            yield f"The order turns over between {first.what} and {second.what}: {pairs}."


def _decided(comparison: Comparison) -> list[PairFinding]:
    return [pair for pair in comparison.pairs if pair.verdict == "different"]


def _without_place(comparisons: Sequence[Comparison]) -> Iterator[str]:
    reasons: dict[str, dict[str, list[Comparison]]] = {}
    for comparison in comparisons:
        for standing in comparison.standings:
            if standing.why_no_place is not None:
                of = reasons.setdefault(standing.why_no_place, {})
                of.setdefault(standing.label, []).append(comparison)
    for reason, of in reasons.items():
        alike: dict[str, list[str]] = {}
        for label, excluded in of.items():
            alike.setdefault(where(excluded), []).append(label)
        for place, labels in alike.items():
            verb, each = ("has", "it") if len(labels) == 1 else ("have", "each")
            yield f"{formats.listed(labels)} {verb} no place in {place}: {each} {reason}."


def _completeness(study: Study, turns: Study) -> Iterator[str]:
    whole = sum(block.state == "whole" for block in turns.blocks)
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
    weighed, widest = [], []
    for comparison in comparisons:
        gaps = [(_robust_gap_ratio(pair), pair) for pair in comparison.pairs]
        wide = [(gap, pair, comparison) for gap, pair in gaps if gap > ROBUST_GAP_RATIO]
        if wide:
            weighed.append(f"{len(wide)} of {len(gaps)} pairs in {comparison.what}")
            widest.append(max(wide, key=lambda found: found[0]))
    if widest:
        gap, pair, comparison = max(widest, key=lambda found: found[0])
        yield (
            f"Stalls weigh in {formats.listed(weighed)}: there the median round's ratio is more "
            f"than 1 % from that of all time together (most, by {formats.percent(gap)}, for "
            f"{pair.first} to {pair.second} in {comparison.what})."
        )


def _robust_gap_ratio(pair: PairFinding) -> float:
    robust = pair.round_median_ratio
    return 0.0 if robust is None else max(robust / pair.ratio, pair.ratio / robust) - 1


def _percentiles(comparisons: Sequence[Comparison]) -> Iterator[str]:
    missing = [
        comparison
        for comparison in comparisons
        if any(
            standing.why_no_place is None and standing.metrics.get("response_p99_us") is None
            for standing in comparison.standings
        )
    ]
    if missing:
        late = any(comparison.rate_per_s is not None for comparison in missing)
        in_time = ", and requests that started on time" if late else ""
        yield (
            f"Response p99 is not shown for every stack in {where(missing)}: it needs "
            f"{LEAST_BEYOND} answers beyond it, from {LEAST_SLICES} slices in {LEAST_BLOCKS} "
            f"blocks{in_time}."
        )


def _settings(settings: Sequence[SettingRow]) -> Iterator[str]:
    unequal = [row.name for row in settings if not row.equal]
    if unequal:
        yield f"Settings that differ between the stacks: {formats.listed(unequal)}."


def _scope(study: Study) -> Iterator[str]:
    if not any(block.solo for block in study.blocks):
        yield (
            "Stacks took turns; a stack alone on the machine was not measured, so what taking "
            "turns itself does to a ratio (up to some per cent) is not seen."
        )
    workers = study.plan.workers
    processes = "one worker process" if workers == 1 else f"{workers} worker processes"
    yield (
        f"All this holds for {processes} a stack on one server core and requests over loopback on "
        "this machine; rates elsewhere differ, ratios less so."
    )
