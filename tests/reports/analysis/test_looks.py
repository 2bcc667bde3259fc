"""Looks: what is decided stays so, and what lies between them says nothing."""

from dataclasses import replace

import numpy as np
import pytest

from reports.analysis.analysis import analyse
from reports.analysis.intervals import half_widths
from reports.analysis.looks import (
    QUIET_SD,
    STEADIEST_SD,
    all_decided,
    at_look,
    least_margin,
    looks_reached,
)
from reports.analysis.sections import interval_alpha
from reports.analysis.spending import look_alphas
from reports.study.records import PlanOptions
from tests.reports.simulated import OPEN, simulate

LOOKS = (4, 6, 8)
THREE = {"a:s": 3000.0, "b:s": 2000.0, "c:s": 1990.0}
A_AND_B, B_AND_C = frozenset(("a:s", "b:s")), frozenset(("b:s", "c:s"))
FLIPPING = 2


def study(blocks=8, margin=0.03, seed=1):
    """A finished study with looks, of so many blocks."""
    options = PlanOptions(looks=LOOKS, margin_ratio=margin)
    found = simulate(THREE, blocks=blocks, options=options, seed=seed, rounds=2)
    return replace(found, plan=replace(found.plan, blocks=LOOKS[-1]))


def reached(found):
    return [look.blocks for look in looks_reached(found.plan, found.blocks, found.rounds)]


def by_labels(report):
    return {frozenset((p.first, p.second)): p for p in report.comparisons[0].pairs}


def test_a_look_is_a_number_of_blocks_that_count():
    assert [reached(study(blocks)) for blocks in (3, 4, 5, 8)] == [[], [4], [4], [4, 6, 8]]
    found = study(6)
    broken = replace(found.blocks[1], state="broken")
    rounds = tuple(one for one in found.rounds if one.block != broken.number)
    blocks = (found.blocks[0], broken, *found.blocks[2:])
    assert reached(replace(found, blocks=blocks, rounds=rounds)) == [4]


def test_a_decided_pair_keeps_the_interval_of_its_look():
    found = study(8)
    first_look = looks_reached(found.plan, found.blocks, found.rounds)[0]
    decided = by_labels(analyse(at_look(found, first_look)))[A_AND_B]
    assert (decided.first, decided.verdict, decided.blocks) == ("a:s", "different", 4)
    at_last = by_labels(analyse(found))
    assert at_last[A_AND_B] == decided
    assert at_last[B_AND_C].blocks == 8
    once = replace(found.plan, options=replace(found.plan.options, looks=()))
    assert by_labels(analyse(replace(found, plan=once)))[A_AND_B].ratio != decided.ratio


def test_a_pair_found_equal_is_told_from_the_side_that_is_faster_at_the_last_look():
    found = study(8, margin=0.3, seed=FLIPPING)
    first_look = looks_reached(found.plan, found.blocks, found.rounds)[0]
    then, now = (by_labels(analyse(one))[B_AND_C] for one in (at_look(found, first_look), found))
    assert (then.verdict, now.verdict, now.blocks) == ("equal", "equal", 4)
    assert (then.first, then.second) == (now.second, now.first)
    assert (now.ratio, now.ratio_low, now.ratio_high) == pytest.approx(
        (1 / then.ratio, 1 / then.ratio_high, 1 / then.ratio_low)
    )


def test_what_is_late_is_fixed_by_the_first_look():
    """Pairs of all looks are told of one time, though the median it is made from changes."""
    options = PlanOptions(looks=(4, 6))
    found = simulate(
        THREE, blocks=6, shapes=(OPEN,), options=options, rounds=5, noise_sd=0.05, seed=2
    )
    once = replace(found, plan=replace(found.plan, options=PlanOptions()))
    first = at_look(once, looks_reached(found.plan, found.blocks, found.rounds)[0])
    of_looks, of_all, of_first = (
        analyse(one).comparisons[0].sections[-1].late_after_us for one in (found, once, first)
    )
    assert of_looks == of_first != of_all


def test_blocks_after_the_last_look_reached_count_for_nothing():
    report = analyse(study(7))
    assert len(report.comparisons[0].blocks) == 6
    six = study(7)
    numbers = {block.number for block in six.blocks[:6]}
    cut = replace(
        six,
        blocks=six.blocks[:6],
        rounds=tuple(one for one in six.rounds if one.block in numbers),
        slices=tuple(one for one in six.slices if one.block in numbers),
        server_cpu=tuple(one for one in six.server_cpu if one.block in numbers),
    )
    assert report == analyse(cut)


@pytest.mark.parametrize("blocks", [4, 5, 8])
def test_an_unfinished_study_has_no_verdict_at_or_between_looks(blocks):
    (comparison,) = analyse(replace(study(blocks), finished_at=None)).comparisons
    assert comparison.pairs == ()
    assert comparison.deciding.no_verdict.kind == "study_unfinished"


def test_all_is_decided_when_no_pair_is_open():
    assert all_decided(analyse(study(margin=0.3)))
    assert not all_decided(analyse(study(margin=0.001)))


def test_a_pair_that_the_generator_limits_is_not_waited_for():
    options = PlanOptions(looks=LOOKS, margin_ratio=0.001)
    limited = simulate(THREE, options=options, ceiling=2000.0, rounds=2)
    report = analyse(limited)
    assert "not_judged" in {pair.verdict for pair in report.comparisons[0].pairs}
    assert all_decided(report)


def test_the_least_margin_falls_with_the_noise_and_with_the_blocks():
    plan = simulate(THREE).plan
    at = {
        (blocks, sd): least_margin(replace(plan, blocks=blocks), sd)
        for blocks in (8, 16)
        for sd in (STEADIEST_SD, QUIET_SD)
    }
    assert at[16, STEADIEST_SD] < at[8, STEADIEST_SD] < at[8, QUIET_SD]
    assert at[16, QUIET_SD] < at[8, QUIET_SD]


def test_the_least_margin_is_half_an_interval_of_a_quiet_machine():
    plan = study().plan
    noise = np.random.default_rng(1).normal(0, QUIET_SD, (500, len(THREE), LOOKS[-1]))
    alpha = look_alphas(interval_alpha(plan), len(THREE), LOOKS)[-1]
    usual = np.median(half_widths(noise, alpha)[:, 0, 1])
    assert least_margin(plan, QUIET_SD) == pytest.approx(np.expm1(usual), rel=0.15)
