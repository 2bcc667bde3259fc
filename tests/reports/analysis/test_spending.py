"""The errors of all looks together are those of one: not more, and not much less."""

import numpy as np
import pytest

from reports.analysis.intervals import half_widths, pairs
from reports.analysis.spending import look_alphas
from reports.analysis.studentised_range import critical_value

ALPHA = 0.05
LOOKS = (8, 12, 16, 24, 32)
STUDIES = 4000
# Twice the simulation's own standard error.
ERROR = 2 * np.sqrt(ALPHA * (1 - ALPHA) / STUDIES)


@pytest.fixture(scope="module", params=[2, 4])
def equal(request):
    """Log speeds of equal stacks, each block of its own speed: (studies, stacks, blocks)."""
    rng = np.random.default_rng(request.param)
    blocks = rng.normal(0, 0.1, (STUDIES, 1, LOOKS[-1]))
    return blocks + rng.normal(0, 0.01, (STUDIES, request.param, LOOKS[-1]))


def range_of_means(log_speeds):
    """The studentised range, from the residuals of the two-way model themselves."""
    _, stacks, blocks = log_speeds.shape
    means = log_speeds.mean(2, keepdims=True)
    rest = log_speeds - means - log_speeds.mean(1, keepdims=True)
    rest += log_speeds.mean((1, 2), keepdims=True)
    variance = (rest**2).sum((1, 2)) / ((stacks - 1) * (blocks - 1))
    return (means.max(1) - means.min(1))[:, 0] / np.sqrt(variance / blocks)


def ever_beyond(log_speeds, alphas):
    """The share of studies whose largest difference is beyond the boundary of some look."""
    stacks = log_speeds.shape[1]
    beyond = np.zeros(len(log_speeds), bool)
    for blocks, alpha in zip(LOOKS, alphas, strict=True):
        boundary = critical_value(alpha, stacks, (stacks - 1) * (blocks - 1))
        beyond |= range_of_means(log_speeds[..., :blocks]) > boundary
    return beyond.mean()


def ever_different(log_speeds, alphas):
    """The share of studies of which some pair is told to differ at some look."""
    wrong = np.zeros(len(log_speeds), bool)
    for blocks, alpha in zip(LOOKS, alphas, strict=True):
        so_far = log_speeds[..., :blocks]
        halves, means = half_widths(so_far, alpha), so_far.mean(-1)
        for first, second in pairs(means.shape[1]):
            wrong |= np.abs(means[:, first] - means[:, second]) > halves[:, first, second]
    return wrong.mean()


def test_the_boundaries_spend_the_whole_error_over_all_looks(equal):
    """An independent simulation; the full error at each look would be wrong twice as often."""
    alphas = look_alphas(ALPHA, equal.shape[1], LOOKS)
    assert ever_beyond(equal, alphas) == pytest.approx(ALPHA, abs=ERROR)
    assert ever_beyond(equal, [ALPHA] * len(LOOKS)) > ALPHA + 3 * ERROR


def test_equal_stacks_are_rarely_told_to_differ_at_any_look(equal):
    alphas = look_alphas(ALPHA, equal.shape[1], LOOKS)
    assert ever_different(equal, alphas) <= ALPHA + ERROR
    assert ever_different(equal, [ALPHA] * len(LOOKS)) > ALPHA + ERROR


def test_one_look_has_all_and_the_first_of_several_an_equal_part():
    assert look_alphas(ALPHA, 4, (8,)) == (ALPHA,)
    found = look_alphas(ALPHA, 4, LOOKS)
    assert found[0] == ALPHA / len(LOOKS)
    assert min(found) == found[0]
    assert sum(found) > ALPHA
