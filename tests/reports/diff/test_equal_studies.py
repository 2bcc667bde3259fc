"""Diffs of equal studies: at most 5 of 100 tell any change, or bridges that disagree.

Through the code as it is, on studies drawn from recorded rounds; flask's sources differ, and its
speed does not. All intervals hold the truth where nothing is told, so one less the share is the
coverage; with planted changes it is counted itself.
"""

import pytest

from reports.diff.diff import diff
from tests.reports.diff.recorded_studies import LABELS, pair
from tests.reports.recorded_rounds import Noise
from tests.reports.test_equal_stacks import NOISE, allowed

FALCON, ASGI, FASTAPI, FLASK = LABELS
BRIDGES = {"one": ((FASTAPI, ASGI, FLASK), 1), "three": ((FLASK,), 3)}
"""Which stacks changed, and how many bridges that leaves."""


def told(found):
    """Whether a diff of equal studies says anything that is not so."""
    return any(
        section.disagreements
        or any(one.verdict in ("different", "different_within_margin") for one in section.changes)
        for section in found.sections
    )


def missed(found, truth):
    """Whether any interval does not hold the truth, by label."""
    return any(
        not change.ratio_low <= truth.get(change.label, 1.0) <= change.ratio_high
        for section in found.sections
        for change in section.changes
        if change.ratio_low is not None
    )


def wrong(seeds, changed, noise, **both):
    new = {"changed": changed, "machine": 0.85}
    found = [told(diff(*pair(seed, new=new, noise=noise, **both))) for seed in seeds]
    return sum(found) / len(found)


def test_diffs_of_equal_studies_rarely_tell_a_change():
    changed = (FASTAPI, ASGI, FLASK)
    assert wrong(range(24), changed, Noise(), operations=("count",)) <= allowed(24)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("noise", NOISE)
@pytest.mark.parametrize("bridges", BRIDGES)
def test_many_diffs_of_equal_studies_rarely_tell_a_change(bridges, noise):
    changed, count = BRIDGES[bridges]
    assert len(diff(*pair(0, new={"changed": changed})).bridges) == count
    assert wrong(range(500), changed, NOISE[noise]) <= allowed(500)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("bridges", BRIDGES)
def test_intervals_of_a_diff_hold_planted_changes(bridges):
    """All of a diff together, while the machine was slowed by 15 %."""
    changed, _ = BRIDGES[bridges]
    truth = {FLASK: 0.9, FASTAPI: 1.05, ASGI: 1.0} if len(changed) > 1 else {FLASK: 0.9}
    new = {"changed": changed, "machine": 0.85, "speeds": truth}
    found = [missed(diff(*pair(seed, new=new)), truth) for seed in range(500)]
    assert sum(found) / len(found) <= allowed(500)
