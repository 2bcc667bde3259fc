"""The English of a report: each verdict, reason and caveat as people read it."""

from dataclasses import replace
from typing import get_args

import pytest

from reports.analysis.analysis import analyse
from reports.analysis.reasons import (
    CaveatKind,
    Exclusion,
    ExclusionKind,
    FailureCount,
    GeneratorLimited,
    LimitKind,
    NoVerdict,
    NoVerdictKind,
    RemovalKind,
)
from reports.study.records import Shape
from reports.wording.caveats.words import SENTENCES
from reports.wording.reasons import (
    EXCLUSIONS,
    REMOVALS,
    exclusion_clause,
    limit_sentence,
    no_verdict_clause,
)
from reports.wording.report import worded
from tests.reports.simulated import CLOSED, OPEN, OPERATIONS, change_slices, simulate, with_solo

TWO = {"fast:server": 2000.0, "slow:server": 1500.0}


@pytest.mark.parametrize(
    ("reason", "clause"),
    [
        (
            Exclusion("contract_failed", faults=("405 has no Allow", "x")),
            "failed the contract before the load: 405 has no Allow",
        ),
        (
            Exclusion(
                "wrong_answers",
                failures=(FailureCount("count", "reset", 2), FailureCount("predict", "short", 1)),
            ),
            "gave wrong answers or none under load (2 × reset in count and 1 × short in predict)",
        ),
        (Exclusion("block_missing", 2), "was not measured in block 2"),
        (
            Exclusion("untimed_answers", 3, 999, 1000),
            "has an invalid trial in block 3: 1000 answers were counted and 999 timed",
        ),
        (
            Exclusion("littles_law", 1, 17.04, 16),
            "has an invalid trial in block 1: rate × time gives 17.0 connections where 16 were "
            "open (Little's law)",
        ),
        (
            Exclusion("saturated", measured=0.72, limit=0.99),
            "was saturated: it served 72 % of what was due in time",
        ),
    ],
)
def test_a_stack_without_a_place_has_its_reason(reason, clause):
    assert exclusion_clause(reason) == clause


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        (
            GeneratorLimited("shared_core", 2, 1),
            "The load generator was the limit: server and generator shared one core. Give the "
            "machine a second core.",
        ),
        (
            GeneratorLimited("core_taken", 0.3, 0.1),
            "The load generator was the limit: another process had the generator's core for 30 % "
            "of the time, above 10 %. End other programs, or measure on an idle machine.",
        ),
        (
            GeneratorLimited("quota", 0.48, 0.01, 0.5),
            "The load generator was the limit: a CPU quota of 0.500 cores stopped the generator "
            "for 48 % of the time. Lift the quota of its control group (cpu.max), or measure "
            "outside the container.",
        ),
        (
            GeneratorLimited("no_port", 570, 0),
            "The load generator was the limit: the generator lacked local ports for 570 "
            "connections. Use fewer connections, or widen net.ipv4.ip_local_port_range.",
        ),
        (
            GeneratorLimited("cpu", 0.91, 0.85),
            "The load generator was the limit: the generator used 91 % of its core.",
        ),
        (
            GeneratorLimited("ceiling", 41_000, 40_000, 50_000),
            "The load generator was the limit: 41,000 requests/s are above 80 % of the generator's "
            "own ceiling, 50,000 requests/s.",
        ),
        (
            GeneratorLimited("start_lag_p50", 12, 10, 200),
            "The load generator was the limit: start lag p50 was 12.0 µs, above 5 % of the service "
            "time's p50, 200 µs.",
        ),
        (
            GeneratorLimited("start_lag_p99", 150, 100, 1000),
            "The load generator was the limit: start lag p99 was 150 µs, above 10 % of response "
            "p99, 1.00 ms.",
        ),
    ],
)
def test_a_limit_of_the_generator_is_a_sentence(reason, sentence):
    assert limit_sentence(reason) == sentence


def test_every_kind_has_words():
    assert set(SENTENCES) == set(get_args(CaveatKind))
    assert set(EXCLUSIONS) == set(get_args(ExclusionKind))
    assert set(REMOVALS) == set(get_args(RemovalKind))
    for kind in get_args(LimitKind):
        assert limit_sentence(GeneratorLimited(kind, 1, 1, 1))
    for kind in get_args(NoVerdictKind):
        assert no_verdict_clause(NoVerdict(kind, 1.1, 1.2))


def test_twins_that_differ_are_told():
    differ = no_verdict_clause(NoVerdict("twins_differ", 1.18, 1.22))
    assert "seemed 18–22 % faster than itself over all operations" in differ


def test_headline_and_verdicts_of_a_clear_winner():
    report = worded(analyse(simulate(TWO)))
    (comparison,) = report.comparisons
    (pair,) = comparison.pairs
    assert comparison.headline == "count: fast:server is first"
    assert report.verdicts == (f"{comparison.headline}.", f"{pair.sentence}.")


def headline_of(study):
    (comparison,) = worded(analyse(study)).comparisons
    return comparison.headline


def test_a_tie_a_lead_within_the_margin_and_an_open_end_have_words_of_their_own():
    equal = {"a:s": 2000.0, "b:s": 2000.0}
    near = {"a:s": 20400.0, "b:s": 20000.0}
    assert headline_of(simulate(equal, noise_sd=0.002, round_sd=0.002)) == (
        "count: a:s and b:s are equal within 3 %"
    )
    assert headline_of(simulate(near, noise_sd=0.002, round_sd=0.002, ceiling=1e6)) == (
        "count: a:s is first, by less than 3 %"
    )
    assert headline_of(simulate(equal, noise_sd=0.1)) == (
        "count: not decided who is first, any of them may be"
    )
    three = {"a:s": 2000.0, "b:s": 2000.0, "c:s": 1000.0}
    assert headline_of(simulate(three, noise_sd=0.05)) == (
        "count: not decided who is first, a:s or b:s may be"
    )


def test_stacks_that_were_not_judged_do_not_share_a_place():
    """Rates of 6,500 and 58,100 requests/s, both at the generator's limit, are no tie."""
    far = {"a:s": 6500.0, "b:s": 58100.0}
    study = simulate(far, generator_cpu_ratio=0.95, ceiling=1e6)
    (comparison,) = worded(analyse(study)).comparisons
    assert comparison.headline == "count: not judged, the load generator was the limit"
    assert comparison.sentences == ()


def test_an_unfinished_study_has_no_verdict_in_words():
    assert headline_of(replace(simulate(TWO), finished_at=None)) == (
        "count: no verdict, the study is not finished"
    )


def test_median_and_tail_of_one_kind_are_one_sentence():
    report = worded(analyse(simulate(TWO, shapes=(OPEN,), blocks=6, slice_s=0.5)))
    first, both = report.verdicts
    assert first == "count at 1000 requests/s: fast:server is first."
    assert both.startswith("count at 1000 requests/s: response p50 of fast:server is ")
    assert " % lower and its p90 " in both
    assert both.endswith(" % lower than that of slow:server.")


def test_median_and_tail_that_are_equal_are_one_sentence():
    equal = {"a:s": 2000.0, "b:s": 2000.0}
    study = simulate(equal, shapes=(OPEN,), noise_sd=0.001, round_sd=0.001)
    (comparison,) = worded(analyse(study)).comparisons
    (sentence,) = comparison.sentences
    assert "are equal within 3 % in response p50 and p90" in sentence


def sentences(study):
    return {caveat.kind: caveat.sentence for caveat in worded(analyse(study)).caveats}


def test_caveats_of_a_plain_study():
    study = simulate(operations=OPERATIONS, blocks=3, rounds=4, generator_cpu_ratio=0.95)
    told = sentences(study)
    everywhere = "count, letter_count and predict"
    assert told["generator_limited"] == (
        f"The load generator (simulated) was the limit for every stack in {everywhere} (the "
        "generator used 95 % of its core), so its rates are lower bounds and tell no stack from "
        "another."
    )
    assert told["percentile_withheld"].startswith(
        f"Response p99 is not shown for every stack in {everywhere}: it needs 50 answers beyond it"
    )
    assert told["scope"].startswith("All this holds for one worker process a stack")


def test_caveats_of_a_study_with_solo_slices():
    study = simulate(TWO, shapes=(CLOSED, OPEN), noise_sd=0.002, round_sd=0.005, slice_s=0.5)
    agreeing, differing = (
        sentences(with_solo(study)),
        sentences(with_solo(study, {"slow:server": 1.06})),
    )
    assert "Solo ratios differed from interleaved ones by less than 2 %" in agreeing["solo_agrees"]
    assert differing["interleaving_changes_ratios"].startswith(
        "Interleaving changes ratios by more than 2 % for 2 of 2 pairs, in count over 16 "
        "connections, and count at 1000 requests/s; most where, alone, fast:server to slow:server"
    )


def test_caveats_of_a_study_in_trouble():
    study = simulate(TWO, blocks=4)
    limited = change_slices(study, lambda s: s.label == "fast:server", generator_cpu_s=0.95)
    told = sentences(limited)["generator_limited"]
    assert "was the limit for fast:server in count" in told
    assert told.endswith(
        "whose rates are lower bounds: such a stack may win, and is otherwise not judged."
    )
    rounds = tuple(
        replace(r, steal_ratio=0.5 if r.number == 1 and r.block == 1 else 0.0) for r in study.rounds
    )
    assert sentences(replace(study, rounds=rounds))["rounds_removed"] == (
        f"1 of {len(rounds)} rounds were removed for all stacks without looking at their outcome "
        "(1 × steal time), in count."
    )
    unfinished = replace(
        study,
        blocks=(*study.blocks[:3], replace(study.blocks[3], state="broken")),
        finished_at=None,
    )
    told = sentences(unfinished)
    assert told["study_unfinished"].startswith("The study is not finished: 3 of 4 blocks are whole")
    assert told["block_broken"] == "Block 4 broke off: it was interrupted."


def test_an_order_that_turns_over_names_both_loads():
    few, many = Shape(1), Shape(64)
    study = simulate(TWO, shapes=(few, many), blocks=4, rounds=3)
    swap = dict(zip(TWO, reversed(TWO), strict=True))
    study = replace(
        study,
        plan=replace(study.plan, entrants=study.plan.entrants[:-1]),
        rounds=tuple(
            replace(r, order=tuple(x for x in r.order if x != "twin")) for r in study.rounds
        ),
        slices=tuple(
            replace(s, label=swap[s.label]) if s.shape == many.name else s
            for s in study.slices
            if s.label != "twin"
        ),
    )
    assert sentences(study)["order_turns_over"] == (
        "The order turns over between count over 1 connection and count over 64 connections: "
        "fast:server and slow:server."
    )


@pytest.mark.parametrize(
    ("used", "words"),
    [
        (0.3, "busy: in half of the rounds other processes used 30 % or more"),
        (0.01, "quiet: in half of the rounds other processes used 1 % or less"),
        (0.0, "quiet: in half of the rounds other processes used next to nothing"),
    ],
)
def test_how_noisy_the_machine_was_is_told_in_words(used, words):
    study = simulate(blocks=4, rounds=2)
    rounds = tuple(replace(round_, other_cpu_ratio=used) for round_ in study.rounds)
    kind = "machine_busy" if used > 0.05 else "machine_quiet"
    assert f"The machine was {words}" in sentences(replace(study, rounds=rounds))[kind]


def unworded(overview):
    return replace(
        overview,
        measured="",
        cautions=(),
        columns=tuple(replace(one, load="", sentence="") for one in overview.columns),
        rows=tuple(
            replace(row, cells=tuple(replace(cell, sentence="") for cell in row.cells))
            for row in overview.rows
        ),
    )


def test_words_change_no_fact():
    """Emptied of its English, a worded report is the one that was analysed."""
    report = analyse(simulate(operations=OPERATIONS, blocks=4, rounds=5))
    shown = worded(report)
    assert shown.verdicts
    assert all(caveat.sentence for caveat in shown.caveats)
    plain = replace(
        shown,
        verdicts=(),
        overview=unworded(shown.overview),
        caveats=report.caveats,
        comparisons=tuple(
            replace(
                one,
                what="",
                headline="",
                sentences=(),
                sections=tuple(
                    replace(
                        section,
                        pairs=tuple(replace(pair, sentence="") for pair in section.pairs),
                    )
                    for section in one.sections
                ),
            )
            for one in shown.comparisons
        ),
    )
    assert plain == report
