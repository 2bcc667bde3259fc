"""The overview holds what the comparisons say, and nothing of its own."""

import shlex
from dataclasses import replace

import pytest

from podium.commands import compare
from reports.analysis.analysis import analyse
from reports.analysis.overview import UNSAFE
from reports.analysis.repeating import FLAGS, LEFT_OUT, command_for
from tests.reports.simulated import CLOSED, OPEN, change_slices, encode, simulate

FLASK, FALCON, ASGI = "flask:gunicorn", "falcon:gunicorn", "falcon-asgi:uvicorn"


@pytest.fixture(scope="module")
def report():
    study = simulate(operations=("count", "predict"), shapes=(CLOSED, OPEN), blocks=4, rounds=5)
    return analyse(
        change_slices(
            study,
            lambda s: (s.label, s.operation) == (FLASK, "predict"),
            failures={"wrong_content": 1},
        )
    )


def test_a_column_is_one_operation_under_one_load(report):
    columns = [(one.operation, one.shape) for one in report.overview.columns]
    assert columns == [(one.operation, one.shape) for one in report.comparisons]


def test_a_cell_has_the_place_and_the_interval_of_its_pair(report):
    """The interval of the share is that of the first's lead, turned over."""
    for number, comparison in enumerate(report.comparisons):
        cells = {row.label: row.cells[number] for row in report.overview.rows}
        for standing in comparison.standings:
            cell = cells[standing.label]
            assert (cell.place_best, cell.place_worst) == (
                standing.place_best,
                standing.place_worst,
            )
        assert len(comparison.leader_pairs) > 1
        for pair in comparison.leader_pairs:
            cell = cells[pair.second]
            assert cell.of_first * pair.ratio == pytest.approx(1)
            assert cell.of_first_low * pair.ratio_high == pytest.approx(1)
            assert cell.of_first_high * pair.ratio_low == pytest.approx(1)


def test_a_column_says_how_far_the_first_is_ahead_of_the_next(report):
    for column, comparison in zip(report.overview.columns, report.comparisons, strict=True):
        pair = comparison.leader_pairs[0]
        assert (column.next, column.ahead_low, column.ahead_high, column.verdict) == (
            pair.second,
            pair.ratio_low,
            pair.ratio_high,
            pair.verdict,
        )


def test_a_stack_without_a_place_is_last_and_has_its_reason():
    study = simulate(blocks=4, rounds=3)
    study = change_slices(study, lambda s: s.label == FALCON, failures={"wrong_content": 1})
    (*_, last) = analyse(study).overview.rows
    assert (last.label, last.cells[0].exclusion) == (FALCON, "wrong_answers")
    assert last.cells[0].value is None


def test_an_unfinished_study_has_shares_without_intervals_and_no_places():
    overview = analyse(replace(simulate(blocks=4, rounds=3), finished_at=None)).overview
    assert "study_unfinished" in overview.unsafe
    first, *others = (row.cells[0] for row in overview.rows)
    assert first.of_first == 1
    for cell in others:
        assert cell.of_first == pytest.approx(cell.value / first.value)
        assert cell.of_first < 1
        assert (cell.of_first_low, cell.place_best) == (None, None)


def test_in_an_open_loop_the_share_is_of_one_over_the_time():
    study = simulate(shapes=(CLOSED, OPEN), blocks=4, rounds=5)
    overview = analyse(replace(study, finished_at=None)).overview
    first, last = (row.cells[1] for row in (overview.rows[0], overview.rows[-1]))
    assert last.value > first.value
    assert last.of_first == pytest.approx(first.value / last.value)


@pytest.mark.parametrize(
    ("limited", "bounds"),
    [
        ({ASGI}, [None, "at_least", None, None]),
        ({FALCON}, ["at_least", "at_most", "at_most", "at_most"]),
        ({FALCON, ASGI}, ["at_least", "unknown", "at_most", "at_most"]),
    ],
)
def test_a_share_is_a_bound_where_the_generator_was_the_limit(limited, bounds):
    study = simulate(blocks=4, rounds=3, noise_sd=0.001, round_sd=0.001)
    study = change_slices(study, lambda s: s.label in limited, generator_cpu_s=0.95)
    overview = analyse(study).overview
    assert [row.label for row in overview.rows][:2] == [FALCON, ASGI]
    assert [row.cells[0].bound for row in overview.rows] == bounds
    assert "generator_limited" in overview.unsafe


def test_rows_are_in_the_order_of_the_first_column():
    """Whatever the later ones say."""
    study = simulate(operations=("count", "predict"), blocks=4, rounds=3)
    study = change_slices(
        study,
        lambda s: (s.label, s.operation) == (FLASK, "predict"),
        answered=4000,
        sum_us=16_000_000,
        histogram=encode([4000], [4000]),
    )
    overview = analyse(study).overview
    assert [row.cells[1].place_best for row in overview.rows][-1] == 1
    assert overview.rows[-1].label == FLASK


def test_what_makes_no_verdict_unsafe_is_no_caution():
    overview = analyse(simulate(blocks=4, rounds=3)).overview
    assert set(overview.unsafe) <= UNSAFE
    assert "scope" not in overview.unsafe


@pytest.mark.parametrize(
    ("command", "again"),
    [
        ("podium compare", "podium compare flask"),
        ("podium compare falcon flask --seed 1", "podium compare flask --seed 1"),
        ("podium compare --quick falcon --seed=1", "podium compare flask --seed=1"),
        (
            "podium compare --until-decided --at-most 30m --margin 2 a b --study s.study",
            "podium compare flask --until-decided --at-most 30m --margin 2",
        ),
        ("podium compare --study=a --operations count x --json", None),
    ],
)
def test_fewer_stacks_are_measured_by_the_same_options(command, again):
    expected = again or "podium compare flask --operations count"
    assert command_for(command.split(), ["flask"]) == expected


def test_the_command_for_one_stack_is_taken(report):
    """By the options of `podium compare`: it measures that stack beside the first, or the next."""
    first, following, *_ = (row.label for row in report.overview.rows)
    for row in report.overview.rows:
        program, verb, *arguments = shlex.split(row.command)
        assert (program, verb) == ("podium", "compare")
        context = compare.command.make_context("compare", arguments)
        assert context.params["stacks"] == (row.label, following if row.label == first else first)


def test_the_options_that_take_no_value_are_those_of_the_command():
    """So that no value is taken for a stack, and no stack for a value."""
    options = [one for one in compare.command.params if one.param_type_name == "option"]
    flags = {name for one in options if one.is_flag for name in one.opts}
    assert flags == FLAGS
    assert {name for one in options for name in one.opts} >= LEFT_OUT
