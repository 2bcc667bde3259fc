"""What a study sets out to do."""

import pytest

from benchmarks.errors import RepeatedStack, UnknownOperation
from benchmarks.study.plan import TWIN, StudyOptions, make_plan
from implementations.catalogue import find_stack


def options(*names: str, **further) -> StudyOptions:
    return StudyOptions(stacks=tuple(map(find_stack, names)), **further)


def plan(chosen: StudyOptions):
    return make_plan(chosen, driver="engine", command=("podium", "compare"))


def test_a_plan_has_every_stack_with_its_settings_and_a_twin():
    made = plan(options("flask:gunicorn", "falcon:granian", seed=7))
    assert [entrant.label for entrant in made.entrants] == [
        "flask:gunicorn",
        "falcon:granian",
        TWIN,
    ]
    assert made.entrants[-1].stack is None
    assert made.entrants[0].settings["workers"] == "1"
    assert made.entrants[0].settings["keep_alive_s"] == made.entrants[1].settings["keep_alive_s"]
    assert (made.blocks, made.options.budget_s, made.seed) == (8, 360.0, 7)


def test_a_quick_study_has_no_twin():
    made = plan(options("flask:gunicorn", mode="quick"))
    assert [entrant.label for entrant in made.entrants] == ["flask:gunicorn"]
    assert (made.blocks, made.options.budget_s) == (4, 90.0)


def test_more_blocks_get_more_time_and_a_thorough_study_all_it_needs():
    assert plan(options("flask", blocks=16)).options.budget_s == 720.0
    assert plan(options("flask", mode="thorough")).options.budget_s is None


def test_an_open_loop_is_in_all_but_quick_studies_and_solo_passes_in_thorough_ones():
    quick, default, thorough = (
        plan(options("flask", mode=mode)).options for mode in ("quick", "default", "thorough")
    )
    assert (quick.open_load_ratio, quick.solo_passes) == (None, 0)
    assert 0 < default.open_load_ratio <= 0.7
    assert default.solo_passes == 0
    assert thorough.solo_passes >= 4


def test_operations_stand_in_the_contracts_order():
    made = plan(options("flask", operations=("predict", "count")))
    assert made.operations == ("count", "predict")


def test_an_unknown_operation_is_refused_with_the_known_ones():
    with pytest.raises(UnknownOperation, match="count, letter_count, predict"):
        plan(options("flask", operations=("counts",)))


def test_a_stack_named_twice_is_refused():
    with pytest.raises(RepeatedStack, match="flask:gunicorn"):
        plan(options("flask", "flask:gunicorn"))
