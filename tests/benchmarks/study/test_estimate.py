"""The time that is stated for a study follows what is asked for, and is not exceeded."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from benchmarks.study.estimate import estimate, estimated_s
from benchmarks.study.plan import StudyOptions, make_plan
from implementations.catalogue import all_stacks, find_stack
from reports.study.file import read_study

EXAMPLE = Path(__file__).parents[3] / "examples" / "study.study"
FOUR = ("flask", "fastapi", "falcon", "falcon-asgi")


def plan(stacks=FOUR, **further):
    chosen = StudyOptions(stacks=tuple(map(find_stack, stacks)), **further)
    return make_plan(chosen, driver="engine", command=("podium", "compare"))


@pytest.mark.parametrize("mode", ["quick", "thorough"])
@pytest.mark.parametrize(
    "more",
    [
        {"stacks": [stack.name for stack in all_stacks()]},
        {"blocks": 100},
        {"operations": ("count", "letter_count", "predict"), "connections": 1024},
    ],
)
def test_more_stacks_blocks_or_slower_slices_take_longer(mode, more):
    few = plan(mode=mode, operations=("count",))
    assert estimated_s(plan(mode=mode, **more)) > estimated_s(few)


@pytest.mark.parametrize("mode", ["quick", "default"])
def test_it_is_never_less_than_the_time_that_the_rounds_are_fitted_into(mode):
    made = plan(("wsgi", "asgi"), mode=mode, operations=("count",))
    assert estimated_s(made) == made.options.budget_s


def test_a_plan_whose_open_loops_are_chosen_takes_no_longer():
    made = plan()
    chosen = replace(
        made,
        shapes=(
            *made.shapes,
            *(replace(made.shapes[0], rate_per_s=1000.0, operation=o) for o in made.operations),
        ),
    )
    assert estimated_s(chosen) <= estimated_s(made)


def test_the_example_took_no_longer():
    example = read_study(EXAMPLE)
    began, ended = (
        datetime.fromisoformat(text) for text in (example.blocks[0].started_at, example.finished_at)
    )
    assert (ended - began).total_seconds() <= estimated_s(example.plan)


def test_it_is_said_in_minutes():
    assert estimate(plan()) == "at most 6 minutes if the machine is idle"
    many = plan([stack.name for stack in all_stacks()], mode="quick")
    assert 164 / 60 < float(estimate(many).split()[2]) < 10  # seen: 164 s on two shared cores
    assert estimate(plan(blocks=100_000)) == "at most 75,000 minutes if the machine is idle"
