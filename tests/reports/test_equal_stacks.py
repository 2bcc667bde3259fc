"""Reports on equal stacks: at most 5 of 100 say "different" anywhere.

The studies are drawn from recorded rounds, unequal and skewed as they were, with processes whose
speeds are equal, unequal, or persist from block to block. All intervals hold the truth where
no pair is told to differ, so one less the share is the report's coverage.
"""

from dataclasses import replace
from math import sqrt

import pytest

from tests.reports.recorded_rounds import (
    CLOSED_ONLY,
    DEFAULT,
    QUICK,
    RECORDED,
    RECORDED_ALONE,
    SIXTEEN,
    UNTIL_DECIDED,
    Noise,
    wrong_at_looks,
    wrong_reports,
)

CLAIMED = 0.05
NOISE = {
    "equal": Noise(),
    "unequal": Noise((0.008, 0.008, 0.008, 0.025)),
    "persisting": Noise(persistence=0.6),
}
STUDIES = 2000


def allowed(studies):
    """What is claimed, and twice the simulation's own standard error."""
    return CLAIMED + 2 * sqrt(CLAIMED * (1 - CLAIMED) / studies)


@pytest.mark.parametrize("noise", NOISE)
def test_quick_reports_on_equal_stacks_are_rarely_wrong(noise):
    """Bonferroni within an operation, pooled after a test alone, is wrong in 20 of 100."""
    wrong = [wrong_reports(QUICK, NOISE[noise], STUDIES, seed) for seed in (1, 2, 3)]
    assert sum(wrong) / 3 <= allowed(STUDIES)


@pytest.mark.parametrize("noise", NOISE)
def test_they_are_so_on_rounds_by_which_no_rule_was_chosen(noise):
    alone = replace(NOISE[noise], recording=RECORDED_ALONE)
    assert wrong_reports(QUICK, alone, STUDIES) <= allowed(STUDIES)


def test_default_reports_on_equal_stacks_are_rarely_wrong():
    assert wrong_reports(DEFAULT, NOISE["equal"], studies=200) <= allowed(200)


def test_reports_on_equal_stacks_are_rarely_wrong_at_any_of_several_looks():
    """Intervals made for normal noise are wrong in 10 of 100."""
    assert wrong_at_looks(CLOSED_ONLY, NOISE["equal"], 500) <= allowed(500)


@pytest.mark.long
@pytest.mark.parametrize("noise", NOISE)
@pytest.mark.parametrize(
    ("design", "parts"), [(CLOSED_ONLY, 4), (UNTIL_DECIDED, 10)], ids=["closed", "default"]
)
def test_reports_of_several_looks_are_rarely_wrong_whatever_the_noise(design, parts, noise):
    """In parts, for open loops take much memory."""
    studies = STUDIES // parts
    wrong = [wrong_at_looks(design, NOISE[noise], studies, seed) for seed in range(1, parts + 1)]
    assert sum(wrong) / parts <= allowed(STUDIES)


@pytest.mark.long
@pytest.mark.parametrize("noise", NOISE)
@pytest.mark.parametrize("design", [DEFAULT, SIXTEEN], ids=["default", "16"])
@pytest.mark.parametrize("recording", [RECORDED, RECORDED_ALONE], ids=["chosen by", "alone"])
def test_larger_reports_on_equal_stacks_are_rarely_wrong(design, noise, recording):
    noises = replace(NOISE[noise], recording=recording)
    wrong = [wrong_reports(design, noises, STUDIES, seed) for seed in (1, 2)]
    assert sum(wrong) / 2 <= allowed(STUDIES)
