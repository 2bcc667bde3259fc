"""Settings stand as they were asked for and as they were found, and what differs stands out."""

from dataclasses import replace

from reports.analysis.analysis import analyse
from reports.pages import tables
from tests.reports.simulated import simulate

FLASK = "flask:gunicorn"


def settings_after(found):
    """The rows of a study in which the processes of every stack had `found[label]`."""
    study = simulate(blocks=2, rounds=1)
    footprints = tuple(replace(one, found=found(one.label)) for one in study.footprints)
    report = analyse(replace(study, footprints=footprints))
    return {row.name: row for row in report.settings}, tables.settings(report)


def test_what_was_found_as_asked_differs_in_nothing():
    rows, _ = settings_after(lambda label: {"threads": "4"})
    assert rows["threads"].equal
    assert set(rows["threads"].found.values()) == {"4"}


def test_a_stack_that_has_something_else_than_asked_stands_out():
    rows, table = settings_after(lambda label: {"threads": "2" if label == FLASK else "4"})
    assert not rows["threads"].equal
    cells = [cell for row in table.rows for cell in row if "found" in cell.text]
    assert [(cell.text, cell.marked) for cell in cells] == [("4 asked, 2 found", True)]


def test_what_was_only_found_is_a_row_too():
    rows, _ = settings_after(lambda label: {"cores": "1" if label == FLASK else "0"})
    assert rows["cores"].values[FLASK] is None
    assert (rows["cores"].found[FLASK], rows["cores"].equal) == ("1", False)


def test_without_a_reading_settings_are_those_that_were_asked_for():
    rows, _ = settings_after(lambda label: {})
    assert rows["threads"].equal
    assert set(rows["threads"].found.values()) == {None}
