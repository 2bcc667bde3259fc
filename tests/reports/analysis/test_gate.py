"""A gate is red only for certain, and says what it lacks where it is not decided."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.analysis.analysis import analyse
from reports.analysis.gate import decide, overall
from reports.study.records import Gate, PlanOptions
from tests.reports.simulated import OPERATIONS, change_slices, simulate

BASE, HEAD = "mine@main:granian", "mine:granian"
RATIOS = st.floats(0.2, 5.0)
SIDES = st.sets(st.sampled_from(["base", "head"]))


@pytest.mark.parametrize(
    ("low", "high", "limited", "outcome"),
    [
        (0.90, 0.94, (), "red"),
        (0.90, 0.96, (), "undecided"),
        (0.94, 1.02, (), "undecided"),
        (0.96, 0.99, (), "green"),
        (0.98, 1.02, (), "green"),
        (1.10, 1.20, (), "green"),
        (0.50, 2.00, (), "undecided"),
        (0.90, 0.94, ("head",), "undecided"),
        (0.90, 0.94, ("base",), "red"),
        (0.98, 1.02, ("head",), "green"),
        (0.98, 1.02, ("base",), "undecided"),
        (0.90, 0.94, ("base", "head"), "undecided"),
        (0.98, 1.02, ("base", "head"), "undecided"),
    ],
)
def test_the_whole_interval_decides(low, high, limited, outcome):
    assert decide(low, high, 0.05, limited) == outcome


@given(ends=st.tuples(RATIOS, RATIOS).map(sorted), gate=st.floats(0.001, 0.5), limited=SIDES)
def test_red_and_green_are_never_said_of_a_ratio_that_the_interval_leaves_open(ends, gate, limited):
    low, high = ends
    outcome = decide(low, high, gate, limited)
    if low <= 1 - gate <= high:
        assert outcome == "undecided"
    if outcome == "red":
        assert "head" not in limited
    # A wider interval never decides what a narrower one does not, nor otherwise.
    assert decide(low / 1.1, high * 1.1, gate, limited) in (outcome, "undecided")
    # A faster head is never judged worse, and the generator's limit never makes one red.
    assert (decide(low * 2, high * 2, gate, limited) == "red") <= (outcome == "red")
    assert (decide(low, high, gate, limited) == "red") <= (decide(low, high, gate) == "red")


@pytest.mark.parametrize(
    ("found", "outcome"),
    [
        (["green", "green"], "green"),
        (["green", "undecided"], "undecided"),
        (["green", "undecided", "red"], "red"),
        ([], "undecided"),
    ],
)
def test_one_red_operation_makes_a_gate_red_and_all_green_ones_green(found, outcome):
    assert overall(found) == outcome


def gate_of(head=2000.0, base=2000.0, gate=0.02, **further):
    """The finding of a simulated gate, and the study."""
    options = PlanOptions(gate_ratio=gate, gate_base=BASE)
    noise = {"noise_sd": 0.004, "round_sd": 0.01, "blocks": 12} | further
    study = simulate({HEAD: head, BASE: base}, OPERATIONS, options=options, **noise)
    return analyse(study).gate, study


@pytest.mark.parametrize("seed", range(3))
def test_a_head_that_is_5_percent_slower_is_red_at_2_percent_and_an_equal_one_is_not(seed):
    slow, _ = gate_of(head=1900.0, seed=seed)
    equal, _ = gate_of(seed=seed)
    assert (slow.outcome, slow.base, slow.head) == ("red", BASE, HEAD)
    assert {one.operation for one in slow.operations} == {*OPERATIONS}
    assert all(one.ratio_low < 0.95 < one.ratio_high < 0.98 for one in slow.operations)
    assert equal.outcome == "green"


def test_noise_leaves_a_gate_undecided_with_what_could_be_seen_and_when_more():
    found, _ = gate_of(head=1900.0, noise_sd=0.1)
    assert found.outcome == "undecided"
    one = found.operations[0]
    assert one.detectable_ratio > 0.05
    assert one.more_minutes > 12 * 40 / 60


def test_a_generator_that_is_the_limit_makes_no_gate_red():
    found, _ = gate_of(head=1900.0, generator_cpu_ratio=0.95)
    assert found.outcome == "undecided"
    assert found.operations[0].limited == (HEAD, BASE) or found.operations[0].limited == (
        BASE,
        HEAD,
    )


def test_too_few_blocks_or_an_unfinished_study_leave_it_undecided():
    few, study = gate_of(head=1000.0, blocks=3)
    assert few.outcome == "undecided"
    assert few.operations[0].no_verdict.kind == "too_few_blocks"
    unfinished = analyse(replace(study, finished_at=None)).gate
    assert unfinished.operations[0].no_verdict.kind == "study_unfinished"


def test_a_head_that_answers_wrongly_is_red_whatever_its_speed():
    _, study = gate_of(head=4000.0)
    wrong = change_slices(
        study, lambda s: s.label == HEAD and s.round == 1, failures={"wrong_content": 1}
    )
    found = analyse(wrong).gate
    assert found.outcome == "red"
    assert found.wrong.kind == "wrong_answers"


def test_a_base_that_answers_wrongly_keeps_no_repair_out():
    _, study = gate_of()
    gates = tuple(
        Gate(one.label, one.label != BASE, 40, () if one.label != BASE else ("wrong",))
        for one in study.gates
    )
    found = analyse(replace(study, gates=gates)).gate
    assert (found.outcome, found.wrong) == ("undecided", None)
    assert found.operations[0].excluded == (BASE,)


def test_a_study_that_is_no_gate_has_none():
    assert analyse(simulate(blocks=4, rounds=2)).gate is None
