"""The words of the overview: who leads by how much, what to be careful of, on what machine."""

from dataclasses import replace
from typing import get_args

import pytest

from benchmarks.machine.cores import split_cores
from benchmarks.machine.environment import read_environment
from reports.analysis.analysis import analyse
from reports.analysis.overview import UNSAFE
from reports.analysis.reasons import ExclusionKind
from reports.wording.formats import share_digits, share_interval
from reports.wording.machine import FACTS, machine_facts, machine_summary
from reports.wording.overview import CAUTIONS, EXCLUDED
from reports.wording.report import worded
from tests.reports.simulated import CLOSED, OPEN, change_slices, simulate

TWO = {"fast:server": 2000.0, "slow:server": 1500.0}


def overview(study):
    return worded(analyse(study)).overview


def test_a_leader_is_told_with_the_lead_over_the_next():
    (closed, opened) = overview(simulate(TWO, shapes=(CLOSED, OPEN), blocks=6)).columns
    assert closed.sentence.startswith("count, 16 conn.: fast:server is first, ")
    assert closed.sentence.endswith(" % faster than slow:server")
    assert opened.sentence.startswith("count, 1,000/s: fast:server is first, p50 ")
    assert opened.sentence.endswith(" % below slow:server")


def test_a_great_lead_is_told_in_times():
    (column,) = overview(simulate({"a:s": 4000.0, "b:s": 1500.0}, blocks=6)).columns
    assert column.sentence.startswith("count: a:s is first, 2.")
    assert column.sentence.endswith(" times b:s")


def test_those_that_may_be_first_are_named():
    study = simulate({"a:s": 2000.0, "b:s": 1990.0, "c:s": 900.0}, blocks=4, noise_sd=0.02, seed=2)
    (column,) = overview(study).columns
    assert column.sentence in (
        "count: not decided, a:s or b:s",
        "count: not decided, b:s or a:s",
    )


def test_more_than_two_that_are_all_alike_are_counted():
    speeds = dict.fromkeys(("a:s", "b:s", "c:s"), 2000.0)
    (undecided,) = overview(simulate(speeds, blocks=4, noise_sd=0.02)).columns
    (equal,) = overview(simulate(speeds, noise_sd=0.001, round_sd=0.002)).columns
    assert undecided.sentence == "count: not decided, any of the 3"
    assert equal.sentence == "count: all 3 are equal within 3 %"


def test_equal_stacks_are_told_to_be():
    study = simulate({"a:s": 2000.0, "b:s": 2000.0}, noise_sd=0.002)
    (column,) = overview(study).columns
    assert column.sentence in (
        "count: a:s and b:s are equal within 3 %",
        "count: b:s and a:s are equal within 3 %",
    )


def test_an_unfinished_study_is_a_caution_and_has_no_verdict():
    found = overview(replace(simulate(TWO, blocks=4), finished_at=None))
    assert found.cautions[0] == "not finished, 4 of 4 blocks"
    assert found.columns[0].sentence == "count: no verdict, the study is not finished"


def test_twins_that_differ_are_told_once_and_first():
    study = simulate(TWO, operations=("count", "predict"), twin_speed=1.3)
    found = overview(study)
    assert "so this study's measurements are invalid" in found.cautions[0]
    assert [one.sentence for one in found.columns] == [
        "count: no verdict, the twins differ",
        "predict: no verdict, the twins differ",
    ]


def test_a_stack_that_is_out_is_a_caution_with_its_reason():
    study = simulate({**TWO, "wrong:server": 1000.0}, blocks=4)
    study = change_slices(study, lambda s: s.label == "wrong:server", failures={"reset": 1})
    found = overview(study)
    assert "wrong:server out (wrong answers)" in found.cautions
    assert found.rows[-1].cells[0].sentence.startswith("count: wrong:server gave wrong answers")


def test_stacks_that_are_out_in_some_columns_are_counted_with_them():
    """An open loop of so few slices has no response p50."""
    found = overview(simulate(TWO, shapes=(CLOSED, OPEN), blocks=4, rounds=3))
    assert "all stacks out in 1 of 2 columns (too few answers)" in found.cautions


def test_each_cell_has_the_verdict_on_its_pair():
    report = worded(analyse(simulate(TWO, blocks=6)))
    first, second = (row.cells[0].sentence for row in report.overview.rows)
    assert second == report.comparisons[0].pairs[0].sentence
    assert first.startswith("count: fast:server has ")


def test_every_kind_has_words():
    assert set(CAUTIONS) == UNSAFE
    assert set(EXCLUDED) == set(get_args(ExclusionKind))


def test_every_fact_of_a_machine_has_words():
    """Those that are read here, and no raw name or number of bytes is left."""
    machine = read_environment([], split_cores(1)).machine
    assert machine.keys() <= FACTS.keys()
    facts = machine_facts({**machine, "memory_bytes": 25276502016})
    assert facts["memory"] == "23.5 GiB"
    assert not [name for name in facts if "_" in name]


def test_a_fact_of_another_version_keeps_its_name():
    assert machine_facts({"page_size": 4096}) == {"page size": "4096"}


@pytest.mark.parametrize(
    ("machine", "words"),
    [
        ({}, "an unknown machine"),
        ({"cores": 1}, "1 core"),
        (
            {
                "cpu": "Intel(R) Xeon(R) CPU E5-2673 v4 @ 2.30GHz",
                "cores": 2,
                "memory_bytes": 8 << 30,
                "hypervisor": True,
                "system": "Linux-6.18.44-fc-v669-x86_64-with-glibc2.36",
            },
            "Intel Xeon E5-2673 v4 @ 2.30GHz, 2 cores, 8.00 GiB, virtual, Linux 6.18",
        ),
        ({"system": "macOS-15.1-arm64-arm-64bit"}, "macOS 15.1"),
    ],
)
def test_a_machine_is_told_in_a_few_words(machine, words):
    assert machine_summary(machine) == words


@pytest.mark.parametrize(
    ("low", "high", "shown"),
    [
        (0.405, 0.549, "0.40–0.55"),
        (0.981, 0.995, "0.981–0.995"),
        (0.9712, 0.9931, "0.971–0.994"),
        (0.9985, 0.9996, "0.9985–0.9996"),
        (0.985, 1.012, "0.98–1.02"),
        (1.0004, 1.2, "1.0004–1.2000"),
        (0.002, 0.004, "0.00–0.01"),
        (0.5, 2000.0, "≥ 0.50"),
    ],
)
def test_an_interval_of_shares_is_rounded_outwards_and_holds_1_as_it_does(low, high, shown):
    assert share_interval(low, high, share_digits(low, high)) == shown
