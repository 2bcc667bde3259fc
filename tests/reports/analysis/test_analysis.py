"""From a study to its report: true speeds are known, so its verdicts can be judged."""

from dataclasses import replace

import pytest

from reports.analysis.analysis import analyse
from reports.analysis.metrics import STACK_METRICS, operation_metrics, over_blocks
from reports.analysis.reasons import FailureCount, NoVerdict
from reports.study.records import PlanOptions, Shape
from tests.reports.simulated import OPEN, OPERATIONS, change_slices, encode, simulate

FLASK, FASTAPI = "flask:gunicorn", "fastapi:uvicorn"
TWO = {"fast:server": 2000.0, "slow:server": 1500.0}


def only(report):
    (comparison,) = report.comparisons
    return comparison


def standing(comparison, label):
    return next(found for found in comparison.standings if found.label == label)


def places(comparison):
    return {s.label: (s.place_best, s.place_worst) for s in comparison.standings}


def caveats(report, kind):
    return [caveat for caveat in report.caveats if caveat.kind == kind]


def test_a_clear_winner_is_named_with_its_lead():
    """The true ratio, 1.333, lies in the interval."""
    report = analyse(simulate(TWO))
    comparison = only(report)
    (pair,) = comparison.pairs
    assert places(comparison) == {"fast:server": (1, 1), "slow:server": (2, 2)}
    assert pair.verdict == "different"
    assert pair.ratio_low < 2000 / 1500 < pair.ratio_high


def test_equal_stacks_share_the_places():
    comparison = only(analyse(simulate({"a:s": 2000.0, "b:s": 2000.0}, noise_sd=0.002)))
    assert set(places(comparison).values()) == {(1, 2)}
    assert comparison.pairs[0].verdict == "equal"


def test_a_small_difference_is_told_with_the_margin():
    speeds = {"a:s": 20400.0, "b:s": 20000.0}
    study = simulate(speeds, noise_sd=0.002, round_sd=0.002, ceiling=100_000.0)
    (pair,) = only(analyse(study)).pairs
    assert pair.verdict == "faster_within_margin"


def test_an_undecided_pair_says_how_much_more_it_needs():
    comparison = only(
        analyse(simulate({"a:s": 2000.0, "b:s": 1990.0}, blocks=4, noise_sd=0.05, seed=2))
    )
    (pair,) = comparison.pairs
    assert pair.verdict == "undecided"
    assert 1 <= pair.more.blocks_low < pair.more.blocks_high
    # Each simulated block lasts 40 s.
    assert pair.more.minutes_low == pytest.approx(pair.more.blocks_low * 40 / 60)


def test_a_wider_margin_may_be_fixed_beforehand():
    study = simulate(
        {"a:s": 2000.0, "b:s": 1960.0}, options=PlanOptions(margin_ratio=0.1), noise_sd=0.01
    )
    report = analyse(study)
    assert report.margin_ratio == 0.1
    assert only(report).pairs[0].verdict in ("equal", "faster_within_margin")


def test_the_report_is_the_family():
    """Six sections instead of one share the 5 %, and each has its part over all looks."""
    one = analyse(simulate(TWO, blocks=4))
    six = analyse(
        simulate(
            TWO, blocks=4, operations=("count", "predict"), shapes=(Shape(1), Shape(16), Shape(64))
        )
    )
    looks = analyse(simulate(TWO, blocks=4, options=PlanOptions(looks=(2, 3, 4))))
    assert [report.sections for report in (one, six, looks)] == [1, 6, 1]
    assert [1 - r.section_confidence for r in (one, six, looks)] == pytest.approx(
        [0.05, 0.05 / 6, 0.05]
    )
    assert {report.confidence for report in (one, six, looks)} == {0.95}
    assert looks.comparisons[0].pairs[0].ratio_high > one.comparisons[0].pairs[0].ratio_high


def test_an_open_loop_has_three_sections():
    assert analyse(simulate(TWO, blocks=4, shapes=(Shape(16), OPEN))).sections == 4


def test_a_machine_twice_as_fast_gives_the_same_ratios():
    slow = only(analyse(simulate({"a:s": 20000.0, "b:s": 15000.0}, ceiling=1e6)))
    fast = only(analyse(simulate({"a:s": 40000.0, "b:s": 30000.0}, ceiling=1e6)))
    assert fast.pairs[0].ratio == pytest.approx(slow.pairs[0].ratio, rel=1e-3)


def test_the_order_of_records_does_not_matter():
    study = simulate(blocks=3, rounds=3)
    shuffled = replace(
        study,
        slices=study.slices[::-1],
        rounds=study.rounds[::-1],
        blocks=study.blocks[::-1],
        server_cpu=study.server_cpu[::-1],
        gates=study.gates[::-1],
    )
    assert analyse(shuffled).comparisons[0].pairs == analyse(study).comparisons[0].pairs


def test_a_stack_with_a_wrong_answer_has_no_place_and_no_number():
    study = simulate(blocks=3, rounds=2)
    chosen = next(s for s in study.slices if s.label == FLASK)
    study = change_slices(study, lambda s: s == chosen, failures={"wrong_content": 1})
    report = analyse(study)
    found = standing(only(report), FLASK)
    assert (found.place_best, found.place_worst) == (None, None)
    assert set(found.metrics.values()) == {None}
    assert found.rates_by_block == ()
    assert not any(FLASK in (pair.first, pair.second) for pair in only(report).pairs)
    (told,) = caveats(report, "no_place")
    assert told.stacks == (FLASK,)
    assert told.exclusion == found.exclusion
    assert found.exclusion.kind == "wrong_answers"
    assert found.exclusion.failures == (FailureCount("count", "wrong_content", 1),)
    assert only(report).standings[-1] == found


def test_zero_samples_are_no_result():
    """A study in which nothing was answered gives no place to anybody."""
    study = change_slices(
        simulate(blocks=2, rounds=2), lambda s: True, answered=0, histogram=encode([])
    )
    report = analyse(study)
    assert only(report).pairs == ()
    assert only(report).deciding.no_verdict.kind == "too_few_stacks"
    assert {s.place_best for s in only(report).standings} == {None}
    (told,) = caveats(report, "no_place")
    assert told.exclusion.kind == "nothing_answered"
    assert set(told.stacks) == {standing.label for standing in only(report).standings}


def test_an_empty_study_has_no_verdict():
    study = replace(simulate(blocks=2, rounds=1), slices=(), rounds=(), blocks=(), server_cpu=())
    report = analyse(study)
    assert only(report).deciding.no_verdict.kind == "too_few_stacks"


def test_an_unfinished_study_has_numbers_and_no_verdict():
    """Looking at every block would make a false verdict of chance in 15 of 100 studies."""
    report = analyse(replace(simulate(TWO), finished_at=None))
    comparison = only(report)
    assert comparison.deciding.no_verdict == NoVerdict("study_unfinished")
    assert comparison.pairs == ()
    assert {s.place_best for s in comparison.standings} == {None}
    assert all(s.metrics["requests_per_s"].value > 0 for s in comparison.standings)
    assert caveats(report, "study_unfinished")


def test_fewer_than_four_blocks_have_no_verdict():
    for blocks in (1, 3):
        comparison = only(analyse(simulate(blocks=blocks)))
        assert comparison.deciding.no_verdict == NoVerdict("too_few_blocks")
        assert comparison.pairs == ()


def test_twins_that_differ_invalidate_the_study():
    report = analyse(simulate(twin_speed=1.2, operations=("count", "predict")))
    assert not report.twins.valid
    for comparison in report.comparisons:
        assert comparison.deciding.no_verdict.kind == "twins_differ"
        assert comparison.deciding.no_verdict.ratio_low == report.twins.ratio_low > 1
        assert comparison.pairs == ()
        assert {s.place_best for s in comparison.standings} == {None}


def test_a_generator_that_was_the_limit_for_all_is_said_plainly():
    """Equal rates at the ceiling are no tie."""
    report = analyse(simulate(generator_cpu_ratio=0.95))
    assert {pair.verdict for pair in only(report).pairs} == {"not_judged"}
    (told,) = caveats(report, "generator_limited")
    assert (told.stacks, told.generator.kind) == ((), "cpu")
    assert told.generator.measured == pytest.approx(0.95)
    assert not caveats(report, "generator_not_limited")


def test_a_limited_winner_has_a_lower_bound():
    study = change_slices(simulate(TWO), lambda s: s.label == "fast:server", generator_cpu_s=0.95)
    report = analyse(study)
    (pair,) = only(report).pairs
    assert (pair.verdict, pair.lower_bound) == ("different", True)
    (told,) = caveats(report, "generator_limited")
    assert told.stacks == ("fast:server",)


def test_a_limited_loser_is_not_judged():
    study = change_slices(simulate(TWO), lambda s: s.label == "slow:server", generator_cpu_s=0.95)
    (pair,) = only(analyse(study)).pairs
    assert (pair.verdict, pair.limited_by_generator) == ("not_judged", ("slow:server",))
    assert pair.more is None


def test_a_closed_loop_is_judged_over_all_blocks_together():
    """One block in which the generator was busy does not limit a stack; all of them do."""
    study = simulate(TWO)
    once = change_slices(
        study, lambda s: (s.label, s.block) == ("slow:server", 2), generator_cpu_s=0.99
    )
    assert only(analyse(once)).pairs[0].verdict == "different"
    assert not caveats(analyse(once), "generator_limited")


def test_an_unknown_ceiling_is_told():
    report = analyse(replace(simulate(blocks=2, rounds=1), ceilings=()))
    assert caveats(report, "ceiling_unknown")


def test_percentiles_need_enough_behind_them():
    """4 blocks of 5 slices and 50 answers beyond are enough; 3 blocks are not."""
    enough = standing(only(analyse(simulate(blocks=4, rounds=5))), FLASK)
    assert enough.metrics["response_p99_us"] is not None
    few = analyse(simulate(blocks=3, rounds=20))
    assert standing(only(few), FLASK).metrics["response_p99_us"] is None
    assert standing(only(few), FLASK).latency_curve == ()
    assert caveats(few, "percentile_withheld")


def test_percentiles_rise_with_their_share():
    for found in only(analyse(simulate())).standings:
        times = [point.response_us for point in found.latency_curve]
        assert times == sorted(times)
        assert found.metrics["response_p50_us"].value <= found.metrics["response_p99_us"].value


def test_an_estimates_interval_is_around_it():
    for comparison in analyse(simulate(operations=OPERATIONS)).comparisons:
        for found in comparison.standings:
            for metric in operation_metrics(comparison.rate_per_s):
                estimate = found.metrics[metric.name]
                if metric.name != "response_p99_us":
                    assert estimate.low <= estimate.value <= estimate.high


def test_an_estimate_of_one_block_has_no_interval():
    estimate = over_blocks(3.0, [3.0])
    assert (estimate.value, estimate.low, estimate.high) == (3.0, None, None)


def test_costs_that_were_not_measured_are_absent():
    report = analyse(simulate(blocks=3, rounds=1))
    metrics = report.stacks[0].metrics
    assert metrics["pss_loaded_bytes"] is None
    assert metrics["uss_loaded_bytes"].value == 75 << 20
    assert set(metrics) == {metric.name for metric in STACK_METRICS}


def test_stalls_that_weigh_are_told():
    """One round in five takes three times as long for one stack only."""
    study = simulate(TWO, blocks=4)
    stalled = change_slices(
        study,
        lambda s: (s.label, s.round) == ("slow:server", 3),
        duration_s=3.0,
    )
    stalled = replace(
        stalled,
        slices=tuple(
            replace(s, sum_us=s.sum_us * 3) if s.duration_s == 3.0 else s for s in stalled.slices
        ),
    )
    report = analyse(stalled)
    (told,) = caveats(report, "stalls_weigh")
    assert {detail.stacks for detail in told.details} == {("fast:server", "slow:server")}
    assert not caveats(analyse(study), "stalls_weigh")


def test_unequal_settings_are_told():
    study = simulate(blocks=2, rounds=1)
    report = analyse(study)
    rows = {row.name: row for row in report.settings}
    assert not rows["server"].equal
    assert rows["threads"].equal
    assert rows["threads"].values[FLASK] == "4"
    (told,) = caveats(report, "settings_differ")
    assert "server" in {detail.subject for detail in told.details}


def test_removed_rounds_are_counted():
    study = simulate(blocks=3, rounds=4)
    quiet = tuple(replace(round_, steal_ratio=0.0) for round_ in study.rounds)
    noisy = replace(quiet[0], steal_ratio=0.5)
    report = analyse(replace(study, rounds=(noisy, *quiet[1:])))
    assert only(report).rounds == 11
    assert only(report).rounds_removed == {"steal_time": 1}
    (told,) = caveats(report, "rounds_removed")
    assert (told.measured, told.limit) == (1, 12)


def test_what_holds_for_several_operations_is_said_once():
    study = simulate(operations=OPERATIONS, blocks=3, rounds=4, generator_cpu_ratio=0.95)
    rounds = tuple(
        replace(round_, steal_ratio=0.5 if (round_.block, round_.number) == (1, 1) else 0.0)
        for round_ in study.rounds
    )
    report = analyse(replace(study, rounds=rounds))
    everywhere = tuple(comparison.key for comparison in report.comparisons)
    for kind in ("generator_limited", "percentile_withheld", "rounds_removed"):
        (told,) = caveats(report, kind)
        assert told.where == everywhere
    assert (told.measured, told.limit) == (3, 36)


def test_an_order_that_turns_over_with_connections_is_told():
    few, many = Shape(1), Shape(64)
    study = simulate(TWO, shapes=(few, many), blocks=4, rounds=3)
    fast, slow = TWO
    swapped = tuple(
        replace(s, label={fast: slow, slow: fast}.get(s.label, s.label))
        if s.shape == many.name
        else s
        for s in study.slices
        if s.label != "twin"
    )
    entrants, rounds = study.plan.entrants[:-1], study.rounds
    study = replace(
        study,
        plan=replace(study.plan, entrants=entrants),
        rounds=tuple(replace(r, order=tuple(x for x in r.order if x != "twin")) for r in rounds),
        slices=swapped,
    )
    first = analyse(study).caveats[0]
    assert (first.kind, first.where) == ("order_turns_over", ("count closed-1", "count closed-64"))


def test_the_same_study_gives_the_same_report():
    study = simulate(operations=OPERATIONS, blocks=3, rounds=2)
    assert analyse(study) == analyse(study)


@pytest.mark.parametrize(
    ("used", "kind"), [(0.3, "machine_busy"), (0.01, "machine_quiet"), (0.0, "machine_quiet")]
)
def test_how_noisy_the_machine_was_is_told(used, kind):
    study = simulate(blocks=4, rounds=2)
    rounds = tuple(replace(round_, other_cpu_ratio=used) for round_ in study.rounds)
    (told,) = caveats(analyse(replace(study, rounds=rounds)), kind)
    assert told.measured == used


def test_quiet_is_a_machine_only_if_its_noise_is_small():
    study = simulate(blocks=4, rounds=2, noise_sd=0.15)
    rounds = tuple(replace(round_, other_cpu_ratio=0.0) for round_ in study.rounds)
    report = analyse(replace(study, rounds=rounds))
    assert caveats(report, "machine_unsteady")
    assert not caveats(report, "machine_quiet")


def test_shared_cores_are_told_first():
    study = simulate(blocks=2, rounds=1)
    machine = {"pinned": False, "disjoint_cores": False}
    report = analyse(replace(study, environment=replace(study.environment, machine=machine)))
    assert caveats(report, "not_pinned")
    assert report.caveats[0].kind == "shared_cores"
    assert not caveats(report, "generator_not_limited")


@pytest.mark.parametrize(
    "table", ["blocks", "rounds", "slices", "footprints", "server_cpu", "gates", "ceilings"]
)
def test_a_study_that_was_cut_off_anywhere_has_a_report(table):
    study = simulate(blocks=2, rounds=1)
    report = analyse(replace(study, finished_at=None, **{table: ()}))
    assert caveats(report, "study_unfinished")
