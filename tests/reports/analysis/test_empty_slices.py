"""A slice of which nothing came is a defect of the measurement, and never a slow server."""

import pytest

from reports.analysis.eligibility import exclusion
from reports.analysis.trials import cells
from tests.reports.simulated import OPEN, change_slices, encode, simulate

NOTHING = {"answered": 0, "sum_us": 0, "histogram": encode([])}


def kind_after(study, **changes):
    """The exclusion of a stack after one of its slices was changed so."""
    one = study.slices[0]
    changed = change_slices(study, lambda s: s is one, **changes)
    (cell,) = cells(changed)
    found = exclusion(changed, cell, one.label)
    return found and found.kind


def test_one_empty_slice_costs_the_place():
    assert kind_after(simulate(rounds=4), **NOTHING) == "nothing_answered"


def test_a_server_that_refuses_all_gave_wrong_answers():
    assert kind_after(simulate(rounds=4), failures={"refused": 9}, **NOTHING) == "wrong_answers"


@pytest.mark.parametrize(
    ("slice_", "kind"), [({"due": 1000}, "nothing_answered"), ({"due": 0}, None)]
)
def test_in_an_open_loop_nothing_may_come_where_nothing_was_due(slice_, kind):
    study = simulate(rounds=4, shapes=(OPEN,))
    assert kind_after(study, **slice_, **NOTHING) == kind
