"""The stack × block model, against hand-worked cases, an oracle, and its own promises."""

from itertools import pairwise
from math import exp, log, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from reports.analysis.intervals import (
    BlockModel,
    blocks_needed,
    detectable_ratio,
    half_widths,
    noise_range,
    one_sample,
    pairs,
)
from reports.analysis.studentised_range import critical_value

ALPHA = 0.05

TABLES = st.tuples(st.integers(2, 5), st.integers(2, 6)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=st.floats(-3, 3, width=32))
)


def test_two_stacks_worked_by_hand():
    """Log ratios 1, 0 and 2: mean 1, deviation 1, t(2) at 97.5 % is 4.3027."""
    model = BlockModel(np.array([[1.0, 2.0, 3.0], [0.0, 2.0, 1.0]]))
    difference = model.difference(0, 1)
    assert difference.log_ratio == pytest.approx(1)
    assert difference.standard_error == pytest.approx(1 / sqrt(3))
    assert difference.df == 2
    low, high = difference.ratio_interval(ALPHA)
    assert log(high) - 1 == pytest.approx(4.30265 / sqrt(3), rel=1e-5)
    assert log(low) - 1 == pytest.approx(-4.30265 / sqrt(3), rel=1e-5)


def test_three_stacks_worked_by_hand():
    """Residuals of ±1/3 and ±2/3: their squares sum to 4/3, over 2 degrees of freedom."""
    model = BlockModel(np.array([[0.0, 2.0], [1.0, 1.0], [2.0, 3.0]]))
    assert model.residual_variance == pytest.approx(0.5)


@settings(max_examples=50, deadline=None)
@given(st.integers(2, 5), st.integers(2, 7), st.integers(0, 2**32 - 1))
def test_the_model_is_a_two_way_analysis_of_variance(stacks, blocks, seed):
    """Least squares on dummy variables give the same residual variance and differences."""
    log_speeds = np.random.default_rng(seed).normal(0, 1, (stacks, blocks))
    stack_of, block_of = np.divmod(np.arange(stacks * blocks), blocks)
    design = np.hstack([np.eye(stacks)[stack_of], np.eye(blocks)[block_of][:, 1:]])
    solution, _, rank, _ = np.linalg.lstsq(design, log_speeds.ravel(), rcond=None)
    df = stacks * blocks - rank
    left = log_speeds.ravel() - design @ solution
    model = BlockModel(log_speeds)
    assert df == (stacks - 1) * (blocks - 1)
    assert model.residual_variance == pytest.approx(left @ left / df)
    assert model.difference(0, 1).log_ratio == pytest.approx(solution[0] - solution[1])


@given(st.integers(2, 12), st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_one_pair_is_a_paired_t_test(blocks, seed):
    log_speeds = np.random.default_rng(seed).normal(0, 1, (2, blocks))
    expected = stats.ttest_rel(*log_speeds).confidence_interval(0.95)
    low, high = BlockModel(log_speeds).difference(0, 1).ratio_interval(ALPHA)
    assert (log(low), log(high)) == pytest.approx((expected.low, expected.high), rel=1e-4)


def test_variances_that_disagree_are_not_pooled():
    rng = np.random.default_rng(3)
    log_speeds = rng.normal(0, 0.01, (4, 12))
    log_speeds[0] += rng.normal(0, 0.2, 12)
    model = BlockModel(log_speeds)
    assert not model.pooled
    quiet = model.difference(1, 2)
    assert quiet.df == 11
    each = 1 - ALPHA / 6
    expected = stats.ttest_rel(log_speeds[1], log_speeds[2]).confidence_interval(each)
    assert log(quiet.ratio_interval(ALPHA)[1]) == pytest.approx(expected.high)


def test_pooled_pairs_share_tukeys_range():
    """All pairs of four stacks over eight blocks, by scipy's studentised range with 21 degrees."""
    model = BlockModel(np.random.default_rng(4).normal(0, 0.01, (4, 8)))
    assert model.pooled
    quietest = min((model.difference(*pair) for pair in pairs(4)), key=lambda d: d.own_error)
    range_ = stats.studentized_range.isf(ALPHA, 4, 21)
    expected = range_ * sqrt(model.residual_variance / 8)
    assert quietest.half_width(ALPHA) == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("stacks", [2, 3, 4, 14])
@pytest.mark.parametrize("df", [3, 9, 21, 45, 800])
def test_the_studentised_range_is_scipys(stacks, df):
    for alpha in (0.05, 0.05 / 3, 0.05 / 12):
        value = critical_value(alpha, stacks, df)
        assert stats.studentized_range.sf(value, stacks, df) == pytest.approx(alpha, rel=2e-3)


@settings(max_examples=40, deadline=None)
@given(TABLES, st.sampled_from([0.05, 0.004]))
def test_many_tables_at_once_give_the_intervals_of_each(log_speeds, alpha):
    model = BlockModel(log_speeds)
    widths = half_widths(np.array([log_speeds, log_speeds]), alpha)
    for first, second in pairs(len(log_speeds)):
        expected = model.difference(first, second).half_width(alpha)
        assert widths[1, first, second] == pytest.approx(expected, abs=1e-12)


def test_noise_that_persists_widens_every_interval():
    table = np.random.default_rng(6).normal(0, 0.01, (4, 8))
    plain, wider = BlockModel(table).difference(0, 1), BlockModel(table, 1.5).difference(0, 1)
    assert wider.half_width(ALPHA) == pytest.approx(1.5 * plain.half_width(ALPHA))


@settings(max_examples=60, deadline=None)
@given(TABLES)
def test_swapping_labels_inverts_the_ratio(log_speeds):
    model = BlockModel(log_speeds)
    there, back = model.difference(0, 1), model.difference(1, 0)
    assert there.log_ratio == -back.log_ratio
    low, high = there.ratio_interval(0.1)
    assert back.ratio_interval(0.1) == pytest.approx((1 / high, 1 / low))


@settings(max_examples=60, deadline=None)
@given(TABLES, st.floats(0.01, 100), st.randoms(use_true_random=False))
def test_blocks_may_be_reordered_and_machines_be_faster(log_speeds, factor, random):
    """Neither the order of blocks, nor what hits all stacks of a block, changes a difference."""
    order = random.sample(range(log_speeds.shape[1]), log_speeds.shape[1])
    shift = np.array([random.uniform(-1, 1) for _ in order]) + log(factor)
    expected = BlockModel(log_speeds).difference(0, 1)
    found = BlockModel(log_speeds[:, order] + shift).difference(0, 1)
    assert found.log_ratio == pytest.approx(expected.log_ratio, abs=1e-9)


def test_the_agreement_test_keeps_its_level_and_finds_a_noisy_stack():
    """Its p-values are uniform for equal noise; a stack three times as noisy is mostly seen."""
    rng = np.random.default_rng(5)
    equal = rng.normal(0, 1, (400, 4, 8))
    noisy = equal * np.array([3.0, 1, 1, 1])[None, :, None]
    p_values = [BlockModel(table).agreement_p for table in equal]
    assert stats.kstest(p_values, "uniform").pvalue > 0.01
    assert np.mean([BlockModel(table).pooled for table in noisy]) < 0.3


@pytest.mark.parametrize("spread", [(1, 1, 1, 1), (1, 1, 1, 3), (1, 1, 1, 6), (0.5, 1, 1, 3)])
@pytest.mark.parametrize("blocks", [4, 8, 16])
def test_equal_stacks_are_rarely_told_apart(spread, blocks):
    """A table of a report with three sections: 1.7 % are claimed, 3 % are allowed where one stack
    varies more, for no table is alone in its report."""
    rng = np.random.default_rng(7)
    tables = rng.normal(0, 0.01, (4000, 4, blocks)) * np.array(spread)[None, :, None]
    means = tables.mean(-1)
    apart = np.abs(means[..., :, None] - means[..., None, :]) > half_widths(tables, ALPHA / 3)
    assert apart.any((-1, -2)).mean() < (0.02 if len(set(spread)) == 1 else 0.035)


def test_five_per_cent_are_found():
    """With the noise of one start (1 %) the default's 8 blocks find a server slowed by 5 %."""
    rng = np.random.default_rng(13)
    tables = rng.normal(0, 0.01, (400, 4, 8)) + np.log([1.0, 0.95, 1, 1])[None, :, None]
    found = [BlockModel(t).difference(0, 1).ratio_interval(ALPHA / 12)[0] > 1 for t in tables]
    assert np.mean(found) >= 0.95


def test_what_could_be_seen_is_seen_in_about_four_of_five_studies():
    rng = np.random.default_rng(17)
    noise = rng.normal(0, 0.02, (800, 4, 8))
    typical = np.median(
        [log(detectable_ratio(BlockModel(t).difference(0, 1), ALPHA, 0.8)) for t in noise]
    )
    shifted = noise + np.array([typical, 0, 0, 0])[None, :, None]
    found = [BlockModel(t).difference(0, 1).ratio_interval(ALPHA)[0] > 1 for t in shifted]
    assert 0.7 < np.mean(found) < 0.86


def test_more_blocks_are_asked_for_until_they_decide():
    rng = np.random.default_rng(19)
    for wanted in (0.1, 0.02, 0.005):
        difference = BlockModel(rng.normal(0, 0.05, (3, 4))).difference(0, 1)
        needed = blocks_needed(difference, 0.01, wanted)
        assert difference.half_width(0.01, needed) < wanted
        assert difference.half_width(0.01, needed - 1) >= wanted or needed == 4


def test_more_blocks_are_asked_for_where_there_may_be_more_noise():
    """The 90 % interval of a standard deviation with 21 degrees of freedom is 0.80 to 1.35."""
    difference = BlockModel(np.random.default_rng(4).normal(0, 0.05, (4, 8))).difference(0, 1)
    low, high = noise_range(difference)
    assert (low, high) == pytest.approx(
        tuple(sqrt(21 / stats.chi2.ppf(p, 21)) for p in (0.95, 0.05))
    )
    least, most = (blocks_needed(difference, 0.01, 0.02, noise) for noise in (low, high))
    assert least < blocks_needed(difference, 0.01, 0.02) < most


def test_no_number_of_blocks_is_named_where_too_many_are_needed():
    difference = BlockModel(np.array([[0.0, 5.0], [5.0, 0.0]])).difference(0, 1)
    assert blocks_needed(difference, ALPHA, 0.01, most=1000) is None


def test_more_blocks_narrow_an_interval():
    difference = BlockModel(np.random.default_rng(1).normal(0, 1, (3, 5))).difference(0, 1)
    widths = [difference.half_width(ALPHA, blocks) for blocks in range(2, 40)]
    assert all(later < earlier for earlier, later in pairwise(widths))


def test_a_single_block_has_no_interval():
    assert one_sample(np.array([])) is None
    assert one_sample(np.array([0.3])) is None


def test_one_sample_is_a_t_interval():
    values = np.array([0.1, -0.05, 0.02, 0.0])
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.9)
    assert one_sample(values).ratio_interval(0.9) == pytest.approx(
        (exp(expected.low), exp(expected.high))
    )
