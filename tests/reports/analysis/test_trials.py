"""From records to trials: which rounds count, which stacks may have a place, who was limited."""

from dataclasses import replace

import pytest

from reports.analysis.analysis import analyse
from reports.analysis.eligibility import exclusion, invalid_trial
from reports.analysis.generator_limit import (
    generator_limits,
    limited_labels,
    limited_together,
)
from reports.analysis.outside_noise import removals
from reports.analysis.reasons import FailureCount, GeneratorLimited
from reports.analysis.trials import Trial, cells
from reports.study.histogram import Histogram
from reports.study.records import Ceiling, Gate, Round, Shape, Slice
from tests.reports.simulated import STACKS, change_slices, encode, simulate

FLASK = "flask:gunicorn"


def slice_of(**changes):
    one = Slice(
        block=1,
        round=1,
        position=0,
        label="a",
        operation="count",
        shape="closed-16",
        started_at_ns=0,
        duration_s=1.0,
        answered=1000,
        histogram=encode([16_000], [1000]),
    )
    return replace(one, **changes)


def trial_of(**changes):
    return Trial("a", 1, (slice_of(**changes),))


def only_cell(study):
    (cell,) = cells(study)
    return cell


def test_a_rate_is_answers_over_summed_time():
    """Two slices of 1 s and 3 s with 100 and 500 answers: 150/s, not the mean of two rates."""
    slices = (slice_of(answered=100), slice_of(answered=500, duration_s=3.0))
    assert Trial("a", 1, slices).requests_per_s == 150


def test_times_add_up_to_the_same_on_every_python():
    """From 3.12 on the builtin `sum` rounds otherwise, and so would the last digit of a figure."""
    trial = Trial("a", 1, (slice_of(duration_s=0.1, drain_s=0.1, server_cpu_s=0.1),) * 10)
    assert (trial.duration_s, trial.drain_s) == (1.0, 1.0)
    assert trial.server_cpu_us_per_request == 1e6 / trial.answered


def test_what_was_not_measured_is_none():
    trial = Trial("a", 1, (slice_of(generator_cpu_s=0.5), slice_of()))
    assert trial.generator_cpu_ratio is None
    assert Trial("a", 1, ()).requests_per_s is None
    assert Trial("a", 1, ()).mean_us is None
    assert trial_of(answered=0, server_cpu_s=0.1).server_cpu_us_per_request is None


def test_every_block_and_round_of_a_whole_study_counts():
    study = simulate(blocks=3, rounds=4)
    cell = only_cell(study)
    assert (cell.blocks, len(cell.rounds), cell.removed) == ((1, 2, 3), 12, {})
    assert [trial.block for trial in cell.of(FLASK)] == [1, 2, 3]
    assert sum(trial.answered for trial in cell.of(FLASK)) == sum(
        slice_.answered for slice_ in study.slices if slice_.label == FLASK
    )


@pytest.mark.parametrize("state", ["broken", "running"])
@pytest.mark.parametrize(("kept", "counts"), [(2, True), (1, False)])
def test_a_block_that_broke_off_counts_from_half_of_its_rounds(state, kept, counts):
    study = simulate(blocks=3, rounds=4)
    study = replace(
        study,
        blocks=(*study.blocks[:2], replace(study.blocks[2], state=state)),
        rounds=tuple(r for r in study.rounds if r.block < 3 or r.number <= kept),
    )
    assert (3 in only_cell(study).blocks) == counts


def test_a_slice_without_its_round_does_not_count():
    """The round was cut: not all stacks had their turn."""
    study = simulate(blocks=2, rounds=2)
    study = replace(study, rounds=study.rounds[:-1])
    assert {(s.block, s.round) for t in only_cell(study).of(FLASK) for s in t.slices} == {
        (1, 1),
        (1, 2),
        (2, 1),
    }


def test_a_round_with_a_missing_slice_is_removed_for_all():
    study = simulate(blocks=2, rounds=3)
    study = replace(study, slices=study.slices[1:])
    cell = only_cell(study)
    assert cell.removed == {"slice_missing": 1}
    assert {len(cell.of(label)[0].slices) for label in (FLASK, "twin")} == {2}


def rounds_with(**values):
    """Twenty quiet rounds, the third of which has the values."""
    quiet = Round(
        block=1,
        number=0,
        operation="count",
        shape="closed-16",
        order=("a",),
        canary_ns=1_000_000,
        steal_ratio=0.0,
        other_cpu_ratio=0.01,
        run_queue_delay_ratio=0.01,
    )
    rounds = [replace(quiet, number=number) for number in range(20)]
    rounds[2] = replace(rounds[2], **values)
    return rounds


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"steal_ratio": 0.2}, "steal_time"),
        ({"run_queue_delay_ratio": 0.3}, "run_queue_delay"),
        ({"other_cpu_ratio": 0.3}, "other_processes"),
        ({"canary_ns": 1_200_000}, "slow_canary"),
    ],
)
def test_a_round_that_the_machine_spoiled_is_removed(values, reason):
    reasons = removals(rounds_with(**values))
    assert reasons[2] == reason
    assert [reason for reason in reasons if reason] == [reason]


@pytest.mark.parametrize("values", [{}, {"steal_ratio": 0.01}, {"canary_ns": 1_030_000}])
def test_small_noise_removes_nothing(values):
    assert set(removals(rounds_with(**values))) == {None}


def test_a_machine_that_is_always_noisy_keeps_its_rounds():
    """What all rounds suffer from shows in wider intervals, not in missing rounds."""
    noisy = [
        replace(round_, other_cpu_ratio=0.2 + 0.02 * (index % 7))
        for index, round_ in enumerate(rounds_with())
    ]
    assert set(removals(noisy)) == {None}


def test_what_happens_in_every_third_round_is_usual():
    spikes = [
        replace(round_, canary_ns=9_000_000 if index % 3 == 0 else 1_000_000)
        for index, round_ in enumerate(rounds_with())
    ]
    assert set(removals(spikes)) == {None}


def test_a_few_rounds_do_not_tell_what_is_usual():
    assert set(removals(rounds_with(steal_ratio=0.5)[:9])) == {None}


def test_unknown_noise_removes_nothing():
    unknown = {"canary_ns": None, "steal_ratio": None}
    rest = {"other_cpu_ratio": None, "run_queue_delay_ratio": None}
    assert set(removals([replace(r, **unknown, **rest) for r in rounds_with()])) == {None}


def test_removal_does_not_look_at_the_outcome():
    """A round in which a stack stalled stays."""
    study = simulate(blocks=2, rounds=5)
    stalled = change_slices(study, lambda s: (s.round, s.label) == (2, FLASK), duration_s=30.0)
    assert only_cell(stalled).removed == {}


def test_littles_law_holds_for_16_connections():
    """1,000 answers a second of 16 ms each keep 16 connections busy."""
    assert invalid_trial(trial_of(), Shape(16)) is None
    assert invalid_trial(trial_of(sum_us=16_000_000), Shape(16)) is None


@pytest.mark.parametrize("sum_us", [15_000_000, 17_000_000])
def test_littles_law_finds_times_that_do_not_fit_the_rate(sum_us):
    found = invalid_trial(trial_of(sum_us=sum_us), Shape(16))
    assert (found.kind, found.limit) == ("littles_law", 16)
    assert found.measured == pytest.approx(sum_us / 1e6)


def test_littles_law_allows_for_the_generators_own_time_and_the_drain():
    """A connection is not in use while the generator is at work between answer and request."""
    assert invalid_trial(trial_of(sum_us=15_000_000, generator_cpu_s=0.9), Shape(16)) is None
    assert invalid_trial(trial_of(sum_us=15_000_000, drain_s=0.06), Shape(16)) is None
    assert invalid_trial(trial_of(sum_us=17_000_000, generator_cpu_s=0.9), Shape(16)) is not None


def test_no_answers_are_no_rate():
    """Zero samples fail loudly; they are not a rate of 0."""
    empty = trial_of(answered=0, histogram=encode([]))
    for trial in (empty, Trial("a", 1, ())):
        assert invalid_trial(trial, Shape(16)).kind == "nothing_answered"


def test_every_answer_has_a_time():
    found = invalid_trial(trial_of(histogram=encode([16_000], [999])), Shape(16))
    assert (found.kind, found.measured, found.limit) == ("untimed_answers", 999, 1000)


def test_one_wrong_answer_costs_the_place_in_every_operation():
    study = simulate(operations=("count", "predict"), blocks=2, rounds=2)
    chosen = next(s for s in study.slices if s.label == FLASK and s.operation == "predict")
    study = change_slices(study, lambda s: s == chosen, failures={"wrong_content": 1})
    for cell in cells(study):
        found = exclusion(study, cell, FLASK)
        assert found.failures == (FailureCount("predict", "wrong_content", 1),)
        assert exclusion(study, cell, "fastapi:uvicorn") is None


def test_a_twins_wrong_answer_is_its_stacks():
    study = simulate(blocks=4, rounds=1)
    block = next(b.number for b in study.blocks if b.twin_stack == FLASK)
    wrong = change_slices(
        study, lambda s: (s.block, s.label) == (block, "twin"), failures={"wrong_status": 2}
    )
    assert exclusion(wrong, only_cell(wrong), FLASK).failures[0].kind == "wrong_status"
    assert exclusion(wrong, only_cell(wrong), "fastapi:uvicorn") is None


def test_connections_that_broke_with_their_block_are_no_wrong_answers():
    study = simulate(blocks=3, rounds=2)
    study = replace(study, blocks=(*study.blocks[:2], replace(study.blocks[2], state="broken")))
    chosen = next(s for s in study.slices if s.label == FLASK and s.block == 3)
    for failures, fine in (({"reset": 4}, True), ({"wrong_content": 1}, False)):
        broken = change_slices(study, lambda s, chosen=chosen: s == chosen, failures=failures)
        assert (exclusion(broken, only_cell(broken), FLASK) is None) == fine
    whole = simulate(blocks=3, rounds=2)
    reset = change_slices(whole, lambda s: s.label == FLASK, failures={"reset": 1})
    assert exclusion(reset, only_cell(reset), FLASK).failures[0].kind == "reset"


def test_a_failed_gate_costs_the_place():
    study = simulate(blocks=2, rounds=1)
    gates = tuple(
        replace(gate, passed=False, failures=("405 has no Allow",)) if gate.label == FLASK else gate
        for gate in study.gates
    )
    study = replace(study, gates=gates)
    found = exclusion(study, only_cell(study), FLASK)
    assert (found.kind, found.faults) == ("contract_failed", ("405 has no Allow",))
    assert Gate("x", passed=True, checks=1).failures == ()


def test_a_stack_that_is_missing_from_a_block_has_no_place():
    study = simulate(blocks=2, rounds=1)
    study = replace(
        study,
        rounds=tuple(
            replace(r, order=tuple(x for x in r.order if x != FLASK)) if r.block == 2 else r
            for r in study.rounds
        ),
    )
    found = exclusion(study, only_cell(study), FLASK)
    assert (found.kind, found.block) == ("block_missing", 2)


def test_a_busy_generator_limits_a_closed_loop():
    found = limited_together([trial_of(generator_cpu_s=0.86)], None)
    assert (found.kind, found.measured, found.limit) == ("cpu", 0.86, 0.85)
    assert limited_together([trial_of(generator_cpu_s=0.85)], None) is None


def test_a_rate_near_the_ceiling_limits_a_closed_loop():
    found = limited_together([trial_of()], Ceiling("count", "closed-16", 1240.0))
    assert (found.kind, found.measured, found.reference) == ("ceiling", 1000.0, 1240.0)
    assert limited_together([trial_of()], Ceiling("count", "closed-16", 1260.0)) is None


def test_closed_loops_are_judged_over_all_blocks_together():
    """Busy for a second of four: one block more never makes it worse."""
    trials = [trial_of(generator_cpu_s=0.99), *[trial_of(generator_cpu_s=0.5)] * 3]
    assert limited_together(trials[:1], None).kind == "cpu"
    assert limited_together(trials, None) is None


@pytest.mark.parametrize(("waited", "limited"), [(0.3, True), (0.05, False)])
def test_a_generator_whose_core_is_taken_limits_every_stack(waited, limited):
    study = simulate(blocks=3, rounds=4)
    rounds = tuple(replace(round_, run_queue_delay_ratio=waited) for round_ in study.rounds)
    found = limited_labels(only_cell(replace(study, rounds=rounds)), None)
    assert set(found) == ({*STACKS, "twin"} if limited else set())
    assert {reason.kind for reason in found.values()} == ({"core_taken"} if limited else set())


def with_trouble(study, numbers, noise, slices):
    """The study with changed rounds and slices of these numbers."""
    hit = [one.number in numbers for one in study.rounds]
    return replace(
        change_slices(study, lambda s: s.round in numbers, **slices),
        rounds=tuple(
            replace(one, **noise) if found else one
            for one, found in zip(study.rounds, hit, strict=True)
        ),
    )


@pytest.mark.parametrize(
    ("kind", "noise", "slices"),
    [
        ("quota", {"throttled_ratio": 0.4, "run_queue_delay_ratio": 0.4}, {}),
        ("core_taken", {"run_queue_delay_ratio": 0.3}, {"paused_s": 0.3}),
        ("paused", {}, {"paused_s": 0.3}),
        ("no_port", {}, {"failures": {"no_port": 7}}),
        ("no_descriptor", {}, {"failures": {"no_descriptor": 1, "refused": 0}}),
    ],
)
def test_rounds_in_which_the_generator_was_in_trouble_are_no_evidence(kind, noise, slices):
    study = simulate(blocks=4, rounds=4)
    few = only_cell(with_trouble(study, {2}, noise, slices))
    assert (few.removed, few.trouble, len(few.rounds)) == ({kind: 4}, None, 12)
    assert exclusion(study, few, FLASK) is None
    most = only_cell(with_trouble(study, {2, 3}, noise, slices))
    assert (most.removed, most.trouble.kind, len(most.rounds)) == ({}, kind, 16)
    assert {reason.kind for reason in limited_labels(most, None).values()} == {kind}
    report = analyse(with_trouble(study, {1, 2, 3, 4}, noise, slices))
    assert report.caveats[0].generator.kind == kind
    assert {pair.verdict for c in report.comparisons for pair in c.pairs} <= {"not_judged"}


def test_on_one_core_for_all_the_servers_work_is_no_trouble_of_the_generator():
    study = simulate(blocks=3, rounds=4)
    study = replace(
        with_trouble(study, {1, 2, 3, 4}, {"run_queue_delay_ratio": 0.4}, {}),
        environment=replace(study.environment, machine={"disjoint_cores": False}),
    )
    assert only_cell(study).trouble is None


@pytest.mark.parametrize(
    ("shared", "kinds"), [(True, ["shared_core", "cpu"]), (False, ["core_taken", "cpu"])]
)
def test_what_happened_to_the_generators_core_is_said_first(shared, kinds):
    times = Histogram()
    found = generator_limits(
        cpu_ratio=0.9,
        requests_per_s=None,
        ceiling=None,
        times=times,
        service_times=times,
        lags=times,
        trouble=[] if shared else [GeneratorLimited("core_taken", 0.3, 0.1)],
        shared_core=shared,
    )
    assert [reason.kind for reason in found] == kinds


def test_an_unknown_limit_marks_nothing():
    assert limited_together([trial_of()], None) is None


@pytest.mark.parametrize(
    ("service", "lag", "marked"),
    [
        (encode([1000], [1000]), encode([51], [1000]), True),
        (encode([1000], [1000]), encode([49], [1000]), False),
        (encode([1000], [1000]), encode([10, 2000], [980, 20]), True),
    ],
)
def test_requests_that_start_late_mark_a_single_run(service, lag, marked):
    """A study has bounds instead (`late_starts`)."""
    found = generator_limits(
        cpu_ratio=None,
        requests_per_s=None,
        ceiling=None,
        times=Histogram.decode(service),
        service_times=Histogram.decode(service),
        lags=Histogram.decode(lag),
    )
    assert bool([*found]) == marked
