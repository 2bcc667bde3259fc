"""A study of a given time: the blocks that fit, and never fewer than a verdict needs."""

from dataclasses import replace

import pytest

from benchmarks.errors import NotTwo, TimeTooShort
from benchmarks.study.estimate import estimated_s
from benchmarks.study.given_time import LEAST_BLOCKS, with_time
from benchmarks.study.plan import StudyOptions, as_gate, make_plan
from implementations.catalogue import find_stack


def plan(*stacks, **further):
    chosen = StudyOptions(stacks=tuple(map(find_stack, stacks)), **further)
    return make_plan(chosen, driver="engine", command=("podium", "compare"))


@pytest.mark.parametrize("mode", ["quick", "default", "thorough"])
@pytest.mark.parametrize("stacks", [("flask",), ("flask", "falcon", "fastapi", "falcon-asgi")])
def test_what_fits_is_not_estimated_to_take_longer(mode, stacks):
    made = [with_time(plan(*stacks, mode=mode), time_s) for time_s in (700.0, 1500.0, 3600.0)]
    assert [estimated_s(one) for one in made] == [700.0, 1500.0, 3600.0]
    assert LEAST_BLOCKS <= made[0].blocks < made[1].blocks < made[2].blocks


def test_a_time_in_which_no_verdict_could_be_is_refused_with_what_is_needed():
    with pytest.raises(TimeTooShort, match="A verdict needs 4 blocks") as told:
        with_time(plan("flask", "falcon"), 10.0)
    assert with_time(plan("flask", "falcon"), told.value.least_s).blocks >= LEAST_BLOCKS


def test_fewer_stacks_get_more_blocks():
    few, many = plan("flask", "falcon"), plan("flask", "falcon", "fastapi", "falcon-asgi")
    assert with_time(few, 300.0).blocks > with_time(many, 300.0).blocks


@pytest.mark.parametrize(
    ("stacks", "base"),
    [
        (("flask", "flask@3.0"), "flask@3.0:gunicorn"),
        (("flask@3.0", "flask"), "flask@3.0:gunicorn"),
        (("flask:granian", "flask"), "flask:granian"),
        (("flask@3.0", "flask@3.1"), "flask@3.0:gunicorn"),
        (("flask", "flask:granian@2.6"), "flask:granian@2.6"),
    ],
)
def test_the_base_of_a_gate_is_the_one_with_an_at_sign_or_else_the_first(stacks, base):
    made = as_gate(plan(*stacks), 0.05, open_loops=False)
    assert (made.options.gate_base, made.options.gate_ratio) == (base, 0.05)


def test_a_gate_has_open_loops_only_where_they_are_asked_for():
    usual = plan("flask", "falcon")
    assert as_gate(usual, 0.05, open_loops=False).options.open_load_ratio is None
    asked = as_gate(usual, 0.05, open_loops=True)
    wanted = replace(usual.options, gate_ratio=0.05, gate_base="flask:gunicorn")
    assert asked.options == wanted


def test_a_gate_of_other_than_two_is_refused():
    with pytest.raises(NotTwo, match="there are 3 here"):
        as_gate(plan("flask", "falcon", "fastapi"), 0.05, open_loops=False)
