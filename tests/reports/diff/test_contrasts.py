"""`reports.diff.contrasts`: the same as a pair's interval within a study, and Welch's between."""

from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from reports.analysis.intervals import BlockModel, critical_values
from reports.diff.contrasts import Variance, added, half_width, noise_of


def test_satterthwaites_degrees_of_freedom_are_those_of_welchs_test():
    """Two samples, each its own contrast: `scipy.stats.ttest_ind` has the same interval."""
    rng = np.random.default_rng(1)
    samples = rng.normal(0, 0.01, 6), rng.normal(0, 0.05, 9)
    tested = stats.ttest_ind(samples[1], samples[0], equal_var=False)
    low, high = tested.confidence_interval(0.99)
    noises = [noise_of(BlockModel(one[None, :]), np.ones(1)) for one in samples]
    assert half_width(noises, 0.01) == pytest.approx((high - low) / 2)
    together = added([noise.own for noise in noises])
    assert together.df == pytest.approx(tested.df)


@given(st.lists(st.tuples(st.floats(1e-9, 1e3), st.integers(1, 50)), min_size=1, max_size=4))
def test_degrees_of_freedom_lie_between_the_fewest_and_all(parts):
    found = added([Variance(value, df) for value, df in parts])
    dfs = [df for _, df in parts]
    assert min(dfs) * (1 - 1e-9) <= found.df <= sum(dfs) * (1 + 1e-9)
    assert found.value == pytest.approx(sum(value for value, _ in parts))


def test_the_noise_of_a_pair_is_that_of_the_block_model():
    table = np.random.default_rng(4).normal(0, 0.01, (4, 8))
    model = BlockModel(table, widening=1.2)
    pair = model.difference(0, 2)
    noise = noise_of(model, np.array([1.0, 0.0, -1.0, 0.0]))
    assert sqrt(noise.own.value) == pytest.approx(pair.own_error)
    assert model.pooled
    assert sqrt(noise.pooled.value) == pytest.approx(pair.pooled_error)
    own, _ = critical_values(0.05 * 6, 4, 8, pooled=True)
    assert half_width([noise], 0.05) >= own * pair.own_error * (1 - 1e-9)


def test_one_speed_alone_has_no_pooled_noise():
    """What the machine does to a block is in it, and the pooled noise is what is left of that."""
    table = np.random.default_rng(3).normal(0, 0.01, (3, 6)) + np.arange(6) * 0.1
    noise = noise_of(BlockModel(table), np.array([1.0, 0.0, 0.0]))
    assert noise.pooled is None
    assert noise.own.value == pytest.approx(np.var(table[0], ddof=1) / 6)


def test_without_noise_an_interval_has_no_width():
    noise = noise_of(BlockModel(np.ones((3, 4))), np.array([1.0, -1.0, 0.0]))
    assert half_width([noise, noise], 0.05) == 0.0
