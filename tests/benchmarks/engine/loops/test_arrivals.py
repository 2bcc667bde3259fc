"""Arrivals are fixed by their seed, shared out exactly, and spaced as they say."""

from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from benchmarks.engine.loops.arrivals import Arrivals


def offsets(arrivals: Arrivals, count: int) -> list[int]:
    return list(islice(arrivals.offsets_ns(), count))


@pytest.mark.parametrize("spacing", ["poisson", "even"])
@settings(deadline=None, max_examples=50)
@given(seed=st.integers(0, 2**32), shares=st.integers(1, 7))
def test_shares_together_are_the_whole_stream(spacing, seed, shares):
    whole = offsets(Arrivals(1000, spacing, seed), 5000)
    parts = [
        part
        for share in range(shares)
        for part in offsets(Arrivals(1000, spacing, seed, share, shares), 5000 // shares)
    ]
    assert sorted(parts) == whole[: len(parts)]


def test_the_same_seed_gives_the_same_arrivals_and_another_others():
    assert offsets(Arrivals(500, seed=1), 100) == offsets(Arrivals(500, seed=1), 100)
    assert offsets(Arrivals(500, seed=1), 100) != offsets(Arrivals(500, seed=2), 100)


def test_poisson_gaps_are_exponential_with_the_rates_mean():
    gaps = np.diff(offsets(Arrivals(2000, "poisson", 11), 20_000))
    assert stats.kstest(gaps, stats.expon(scale=1e9 / 2000).cdf).pvalue > 0.001


def test_even_gaps_are_equal():
    assert offsets(Arrivals(1000, "even"), 4) == [0, 1_000_000, 2_000_000, 3_000_000]
