"""Gates of the usual size, on studies drawn from recorded rounds: how often each outcome comes.

The head is one recorded stack and the base another, both scaled to one speed, then the head is made
slower.
"""

from math import log

import numpy as np
import pytest

from reports.analysis.gate import decide, overall
from reports.analysis.intervals import half_widths
from reports.analysis.persistence import widening
from reports.analysis.sections import ALPHA
from tests.reports.recorded_rounds import Design, Noise, draw_studies

# As many blocks as fit into the time of a gate, and the fewest rounds that then do.
GATE = Design(13, 8, open_loops=False)
STUDIES = 300
HEAD, BASE = 0, 1
NOISE = {
    "usual": Noise(),
    "much": Noise((0.025, 0.008, 0.008, 0.008)),
    "persisting": Noise(persistence=0.6),
}


def outcomes(slower, gate_ratio, noise, seed=1):
    """The outcome of each gate, where the head takes so much more CPU time a request."""
    sections = [one.by_block[:, [HEAD, BASE]] for one in draw_studies(GATE, noise, STUDIES, seed)]
    wider = widening(sections)
    found = []
    for speeds in sections:
        ratios = (speeds[:, 0] - speeds[:, 1]).mean(-1) - log(1 + slower)
        halves = wider * half_widths(speeds, ALPHA / GATE.sections)[:, 0, 1]
        ends = zip(np.exp(ratios - halves), np.exp(ratios + halves), strict=True)
        found.append([decide(low, high, gate_ratio) for low, high in ends])
    return [overall(each) for each in zip(*found, strict=True)]


@pytest.mark.parametrize("noise", NOISE)
@pytest.mark.parametrize("gate_ratio", [0.02, 0.05])
def test_a_gate_of_equals_is_as_good_as_never_red(noise, gate_ratio):
    assert outcomes(0.0, gate_ratio, NOISE[noise]).count("red") <= 0.01 * STUDIES


@pytest.mark.parametrize(("slower", "gate_ratio"), [(0.12, 0.02), (0.15, 0.05)])
@pytest.mark.parametrize("noise", NOISE)
def test_a_head_that_is_10_percent_beyond_the_gate_is_red_even_on_a_busy_machine(
    noise, slower, gate_ratio
):
    assert outcomes(slower, gate_ratio, NOISE[noise]).count("red") >= 0.9 * STUDIES


@pytest.mark.parametrize("noise", NOISE)
def test_a_difference_as_large_as_the_gate_is_rarely_red_or_green(noise):
    """What is claimed is that all intervals hold together in 95 of 100 studies."""
    found = outcomes(1 / (1 - 0.05) - 1, 0.05, NOISE[noise])
    assert found.count("red") + found.count("green") <= 0.05 * STUDIES
