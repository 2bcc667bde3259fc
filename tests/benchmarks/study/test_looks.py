"""The looks of a plan fit into the time that is allowed."""

from dataclasses import replace

import pytest

from benchmarks.errors import LookTooLate
from benchmarks.study.estimate import estimated_s
from benchmarks.study.looks import LOOKS, with_looks
from benchmarks.study.plan import StudyOptions, make_plan
from implementations.catalogue import find_stack

FOUR = ("flask", "fastapi", "falcon", "falcon-asgi")


def plan(mode="default"):
    stacks = tuple(map(find_stack, FOUR))
    return make_plan(StudyOptions(stacks=stacks, mode=mode), driver="engine", command=("podium",))


@pytest.mark.parametrize("mode", ["quick", "default", "thorough"])
@pytest.mark.parametrize("at_most_s", [None, 10_000.0, 40_000.0])
def test_the_plan_has_all_looks_that_fit_and_ends_with_the_last(mode, at_most_s):
    if mode == "thorough" and at_most_s == 10_000.0:
        at_most_s = estimated_s(replace(plan(mode), blocks=LOOKS[1]))
    found = with_looks(plan(mode), at_most_s)
    assert found.looks == LOOKS[: len(found.looks)]
    assert found.blocks == found.looks[-1]
    assert found.options.at_most_s == at_most_s
    if at_most_s is None:
        assert found.looks == LOOKS
    else:
        assert estimated_s(found) <= at_most_s


def test_each_block_has_the_time_that_it_has_in_other_studies():
    usual = plan()
    found = with_looks(usual, 30 * 60.0)
    assert found.looks == (8, 12, 16, 24, 32)
    assert found.options.budget_s / found.blocks == usual.options.budget_s / usual.blocks


def test_a_limit_before_the_first_look_is_refused():
    with pytest.raises(LookTooLate, match="after 8 blocks, which may take 6 minutes"):
        with_looks(plan(), 5 * 60.0)
