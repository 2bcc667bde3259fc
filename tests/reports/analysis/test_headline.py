"""The headline has no intervals of its own: inside the same errors they would not be sharper."""

import numpy as np
import pytest

from reports.analysis.studentised_range import critical_value

DRAWS = 400_000


def best_against_the_rest(alpha, stacks, df):
    """Hsu's critical value: the one-sided one of C. W. Dunnett, 1955, simulated."""
    rng = np.random.default_rng(0)
    noise = rng.standard_normal((DRAWS, stacks))
    sd = np.sqrt(rng.chisquare(df, DRAWS) / df)
    gaps = (noise[:, 1:] - noise[:, :1]).max(1) / np.sqrt(2) / sd
    return float(np.quantile(gaps, 1 - alpha))


@pytest.mark.parametrize(("sections", "blocks"), [(3, 4), (12, 8), (12, 16)])
def test_a_headline_of_its_own_costs_pairs_more_than_it_gains(sections, blocks):
    """A third of a section's errors for the headline, the rest for the pairs."""
    stacks, alpha, share = 4, 0.05 / sections, 1 / 3
    df = (stacks - 1) * (blocks - 1)
    pairs = critical_value(alpha, stacks, df) / np.sqrt(2)
    gained = 1 - best_against_the_rest(alpha * share, stacks, df) / pairs
    lost = critical_value(alpha * (1 - share), stacks, df) / np.sqrt(2) / pairs - 1
    assert 0 < gained < lost
