"""Estimates from all blocks together, and what each block contributes to them."""

from dataclasses import replace
from math import exp, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from reports.analysis.analysis import analyse
from reports.analysis.estimates import AllBlocks, pseudo_values
from reports.analysis.persistence import widening
from reports.analysis.trials import cells
from tests.reports.simulated import OPEN, encode, simulate

TWO = {"fast:server": 2000.0, "slow:server": 1500.0}


@given(arrays(np.float64, st.integers(2, 9), elements=st.floats(-5, 5)))
def test_the_parts_of_a_mean_are_the_values_themselves(values):
    total, blocks = values.sum(), len(values)
    parts = pseudo_values(values.mean(), (total - values) / (blocks - 1))
    assert parts == pytest.approx(values, abs=1e-9)


@pytest.mark.parametrize("shapes", [(), (OPEN,)])
def test_table_and_verdict_are_on_one_quantity(shapes):
    """The ratio that is judged is that of the numbers in the table, at every quantity."""
    study = simulate(TWO, blocks=6, block_sd=0.3, **({"shapes": shapes} if shapes else {}))
    (comparison,) = analyse(study).comparisons
    for section in comparison.sections:
        for pair in section.pairs:
            shown = {s.label: s.metrics[section.compared].value for s in comparison.standings}
            apart = shown[pair.first] / shown[pair.second]
            assert pair.ratio == pytest.approx(apart if not shapes else 1 / apart)


def test_a_percentile_is_read_from_all_times_together():
    """Blocks of 100 and 300 µs: the p90 of all is 300, no mean of theirs."""
    study = simulate({"a:s": 1000.0}, shapes=(OPEN,), blocks=4, rounds=1)
    times = {1: 100, 2: 100, 3: 100, 4: 300}
    slices = tuple(
        replace(s, histogram=encode([times[s.block]], [s.answered])) for s in study.slices
    )
    (cell,) = cells(replace(study, slices=slices))
    speed = AllBlocks.of(cell.of("a:s")).bounds("response_p90_us").measured
    assert exp(-speed.value) == pytest.approx(300, abs=1)
    assert speed.by_block.mean() == pytest.approx(speed.value)
    assert exp(-speed.of_blocks[0]) == pytest.approx(100, abs=1)


def test_an_answer_that_never_comes_late_counts_as_half_of_one():
    (cell,) = cells(simulate({"a:s": 1000.0}, shapes=(OPEN,), blocks=4, rounds=1))
    everything = AllBlocks.of(cell.of("a:s"))
    speed = everything.bounds("late_ratio", 1e7).measured
    assert speed.value == pytest.approx(log(2 * (everything.whole.times.total + 1)))


def test_independent_blocks_are_hardly_widened():
    """Six cells of eight blocks, many times: 9 % on average for what chance shows."""
    tables = np.random.default_rng(3).standard_normal((6, 2000, 4, 8))
    found = widening([*tables])
    assert found.min() == 1
    assert 1.03 < found.mean() < 1.11


def test_noise_that_persists_is_seen_over_all_cells():
    rng = np.random.default_rng(4)
    drawn = rng.standard_normal((6, 2000, 4, 8))
    for block in range(1, 8):
        drawn[..., block] = 0.6 * drawn[..., block - 1] + 0.8 * drawn[..., block]
    assert widening([*drawn]).mean() > 1.4


def test_two_blocks_tell_nothing_of_persistence():
    assert widening([np.zeros((4, 2))]) == 1
    assert widening([np.zeros((4, 8))]) == 1
    assert widening([]) == 1
