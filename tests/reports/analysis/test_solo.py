"""Solo blocks tell whether interleaving changes ratios, and enter nothing else."""

from dataclasses import replace

import numpy as np
import pytest

from reports.analysis.analysis import analyse
from reports.analysis.intervals import Difference
from reports.analysis.solo import SoloRuns
from reports.study.records import ServerCpu
from tests.reports.simulated import CLOSED, OPEN, change_slices, encode, simulate, with_solo

TWO = {"fast:server": 2000.0, "slow:server": 1500.0}
ALPHA = 0.05


@pytest.fixture(scope="module")
def study():
    return simulate(TWO, noise_sd=0.002, round_sd=0.005)


def only(report):
    (comparison,) = report.comparisons
    return comparison


def caveats(report, kind):
    return [caveat for caveat in report.caveats if caveat.kind == kind]


def test_a_ratio_that_interleaving_changes_is_said_first(study):
    report = analyse(with_solo(study, {"slow:server": 1.06}))
    (pair,) = only(report).pairs
    assert pair.solo.ratio == pytest.approx(2000 / 1500 / 1.06, rel=0.01)
    assert pair.solo.change_low < 1 / 1.06 < pair.solo.change_high
    assert pair.solo.differs
    first = report.caveats[0]
    assert (first.kind, first.measured) == ("interleaving_changes_ratios", 1)
    assert [detail.stacks for detail in first.details] == [("fast:server", "slow:server")]


def test_the_largest_difference_is_told_where_all_agree(study):
    report = analyse(with_solo(study))
    assert not only(report).pairs[0].solo.differs
    (told,) = caveats(report, "solo_agrees")
    assert max(abs(detail.measured - 1) for detail in told.details) < told.limit
    assert not caveats(report, "interleaving_changes_ratios")


def test_what_noise_may_do_is_not_said_first():
    study = simulate(TWO, noise_sd=0.05)
    report = analyse(with_solo(study, {"slow:server": 1.04}))
    assert not only(report).pairs[0].solo.differs
    (told,) = caveats(report, "solo_agrees")
    assert max(abs(detail.measured - 1) for detail in told.details) > told.limit


def test_without_a_solo_block_its_absence_is_told(study):
    without, with_it = analyse(study), analyse(with_solo(study))
    assert caveats(without, "solo_unmeasured")
    assert not caveats(with_it, "solo_unmeasured")
    assert only(without).pairs[0].solo is None
    assert (only(without).solo_passes, only(with_it).solo_passes) == (0, 4)


def test_solo_blocks_enter_nothing_else(study):
    """Places, intervals, percentiles, twins and server CPU are those of the study without them."""
    solo = with_solo(study, {"slow:server": 2.0})
    used = (*study.server_cpu, ServerCpu(9, "fast:server", {"count": 1.0}))
    one, other = only(analyse(study)), only(analyse(replace(solo, server_cpu=used)))
    pairs = tuple(replace(pair, solo=None) for pair in other.pairs)
    sections = (replace(other.deciding, pairs=pairs),)
    assert replace(other, sections=sections, solo_passes=0) == one


def test_a_wrong_answer_alone_costs_the_place(study):
    solo = change_slices(
        with_solo(study),
        lambda s: (s.block, s.round, s.label) == (9, 1, "slow:server"),
        failures={"wrong_content": 1},
    )
    (told,) = caveats(analyse(solo), "no_place")
    assert (told.stacks, told.exclusion.kind) == (("slow:server",), "wrong_answers")


@pytest.mark.parametrize("changes", [{"generator_cpu_s": 1.9}, {"histogram": encode([5])}])
def test_a_limited_or_invalid_solo_trial_is_no_figure(study, changes):
    solo = change_slices(
        with_solo(study), lambda s: (s.block, s.label) == (9, "slow:server"), **changes
    )
    report = analyse(solo)
    assert only(report).pairs[0].solo is None
    assert only(report).pairs[0].verdict == "different"
    (told,) = caveats(report, "solo_unknown")
    assert [(detail.measured, detail.limit) for detail in told.details] == [(1, 1)]


def test_a_solo_block_that_broke_off_is_told(study):
    solo = with_solo(study)
    blocks = tuple(replace(b, state="broken") if b.solo else b for b in solo.blocks)
    report = analyse(replace(solo, blocks=blocks, rounds=solo.rounds[:-2]))
    assert [told.measured for told in caveats(report, "block_broken")] == [9]
    assert only(report).pairs[0].verdict == "different"
    unfinished = analyse(replace(solo, blocks=blocks, finished_at=None))
    assert [(c.measured, c.limit) for c in caveats(unfinished, "study_unfinished")] == [(8, 8)]


def test_in_the_open_loop_the_median_is_compared_alone():
    study = simulate(TWO, shapes=(CLOSED, OPEN), noise_sd=0.002, round_sd=0.005, slice_s=0.5)
    closed, opened = analyse(with_solo(study, {"fast:server": 1.1})).comparisons
    for comparison in (closed, opened):
        assert comparison.pairs[0].solo.change == pytest.approx(1.1, rel=0.02)
        assert comparison.pairs[0].solo.differs
    assert {pair.solo for section in opened.sections[1:] for pair in section.pairs} == {None}


def test_fewer_than_four_passes_tell_nothing(study):
    """A single pass made a first caveat of what was noise in half of the studies."""
    report = analyse(with_solo(study, {"slow:server": 1.5}, passes=3))
    assert only(report).pairs[0].solo is None
    assert not caveats(report, "interleaving_changes_ratios")
    assert caveats(report, "solo_unmeasured")


def test_solo_passes_are_as_far_off_as_one_more_block():
    """By hand: with 4 blocks and a standard error of 0.01, and passes that do not vary, the
    prediction interval's half width is t(0.975, 3) × 0.01 × √5."""
    runs = SoloRuns(("a", "b"), np.array([[0.30] * 4, [0.0] * 4]))
    turns = Difference(0.25, stacks=2, blocks=4, own_error=0.01, pooled_error=0.01)
    check = runs.check(("a", "b"), turns, ALPHA)
    half = 3.182446 * 0.01 * 5**0.5
    assert np.log([check.change, check.change_low, check.change_high]) == pytest.approx(
        [0.05, 0.05 - half, 0.05 + half], rel=1e-5
    )
    assert not check.differs
    assert runs.check(("a", "c"), turns, ALPHA) is None


def test_equal_ratios_are_rarely_found_to_differ():
    """Seeded draws of normal noise: processes that differ by 1 %, slices by 3 %."""
    rng = np.random.default_rng(5)
    found = 0
    for _ in range(400):
        blocks = rng.normal(0, 0.014, 8)
        error = float(blocks.std(ddof=1)) / 8**0.5
        turns = Difference(float(blocks.mean()), 2, 8, own_error=error, pooled_error=error)
        passes = rng.normal(0, 0.01, (2, 1)) + rng.normal(0, 0.03, (2, 4))
        check = SoloRuns(("a", "b"), passes).check(("a", "b"), turns, ALPHA)
        found += not check.change_low <= 1 <= check.change_high
    assert found / 400 <= 0.07
