"""`reports.verify`: one changed byte of a row or one changed figure is found and named."""

import json
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.errors import NotComparable, StudyDamaged
from reports.pages.report_json import report_json
from reports.study.digests import digests_text, parse_digests, row_digests
from reports.verify import Difference, figure_differences, row_differences, verify_study
from reports.write import make_report
from tests.reports.simulated import OPEN, simulate, write

EXAMPLES = Path(__file__).parents[2] / "examples"
STUDY, REPORT = EXAMPLES / "study.study", EXAMPLES / "study"
FIGURES = json.loads((REPORT / "report.json").read_text(encoding="utf-8"))
DIGESTS = parse_digests((REPORT / "digests.txt").read_text(encoding="utf-8"))
SLICE = "slice block=1 round=1 label=falcon:gunicorn operation=predict shape=closed-16"
OF_SLICE = (
    "block = 1 AND round = 1 AND label = 'falcon:gunicorn' AND operation = 'predict' "
    "AND shape = 'closed-16'"
)


@pytest.fixture
def study(tmp_path):
    """A copy of the example study and of its report, on a path with a space."""
    path = tmp_path / "a copy.study"
    shutil.copy(STUDY, path)
    shutil.copytree(REPORT, tmp_path / "a copy")
    return path


def execute(path, statement, values=()):
    with sqlite3.connect(path) as connection:
        connection.execute(statement, values)
    connection.close()


def verify(path):
    return verify_study(path, path.with_suffix(""))


def leaves(document, where=()):
    """The path to every figure of a JSON document."""
    if isinstance(document, dict | list):
        for name in document if isinstance(document, dict) else range(len(document)):
            yield from leaves(document[name], (*where, name))
    else:
        yield where


def test_the_example_and_its_report_belong_together():
    found = verify_study(STUDY, REPORT)
    assert (found.verified, found.rows) == (True, len(DIGESTS))
    assert found.figures == len([*leaves(FIGURES)])


def test_a_changed_byte_of_a_slice_is_named_by_its_row(study):
    """The byte is changed in the file itself, in the middle of the histogram."""
    with sqlite3.connect(study) as connection:
        (histogram,) = connection.execute(
            f"SELECT histogram FROM slice WHERE {OF_SLICE}"  # noqa: S608 - our own
        ).fetchone()
    connection.close()
    content = bytearray(study.read_bytes())
    place = content.index(histogram.encode()[:60]) + 50
    content[place] ^= 1
    study.write_bytes(content)
    found = verify(study)
    assert [one.where for one in found.changed_rows] == [SLICE]
    (row,) = found.changed_rows
    assert row.expected == next(one.sha256 for one in DIGESTS if one.row == SLICE)
    assert row.found not in (None, row.expected)
    assert found.not_compared or found.changed_figures


def test_a_changed_byte_in_any_column_of_any_table_is_named(study):
    """Also where what was text is none afterwards; a changed key is a row missing and one new."""
    whole = study.read_bytes()
    with sqlite3.connect(study) as connection:
        columns = connection.execute(
            "SELECT t.name, c.name, c.pk FROM sqlite_master t, pragma_table_info(t.name) c "
            "WHERE t.type = 'table'"
        ).fetchall()
    connection.close()
    assert len(columns) > 60
    unset = 0
    for table, column, is_key in columns:
        of_first = f'"{table}" WHERE rowid = (SELECT min(rowid) FROM "{table}")'  # noqa: S608
        with sqlite3.connect(study) as connection:
            ((value,),) = connection.execute(f'SELECT "{column}" FROM {of_first}')  # noqa: S608
        connection.close()
        text = f"CAST(x'ff' || substr(\"{column}\", 2) AS TEXT)"
        execute(study, "UPDATE " + of_first.replace("WHERE", f'SET "{column}" = {text} WHERE'))
        found = [*row_differences(DIGESTS, row_digests(study))]
        first = next(one for one in DIGESTS if one.row.split()[0] == table)
        if value is None:  # and still is
            assert not found
            unset += 1
        else:
            assert (found[0].where, found[0].expected) == (first.row, first.sha256)
            assert len(found) == 1 + bool(is_key)
        study.write_bytes(whole)
    assert unset < len(columns) / 3


def test_a_row_that_is_missing_is_named(study):
    """Though the study cannot be read whole any more."""
    execute(study, f"DELETE FROM slice WHERE {OF_SLICE}")  # noqa: S608
    found = verify(study)
    (row,) = found.changed_rows
    assert (row.where, row.found) == (SLICE, None)
    assert "records are there" in found.not_compared


def test_a_row_that_is_new_is_named(study):
    execute(study, "INSERT INTO footer VALUES ('later', 0)")
    found = verify(study)
    (row,) = found.changed_rows
    assert (row.where, row.expected) == ("footer number=2", None)


def test_a_row_under_another_rows_key_is_named(study):
    """As where the index that forbids it was damaged as well."""
    digests = list(row_digests(study))
    number = next(n for n, one in enumerate(digests) if one.row == SLICE)
    other = SLICE.replace("round=1", "round=2")
    digests[number] = replace(digests[number], row=other)
    assert [*row_differences(DIGESTS, digests)] == [
        Difference(SLICE, DIGESTS[number].sha256, None),
        Difference(other, None, DIGESTS[number].sha256),
    ]


def test_digests_are_of_what_is_recorded_not_of_where_in_the_file(study):
    before = study.read_bytes()
    execute(study, "PRAGMA page_size = 8192")
    execute(study, "VACUUM")
    assert study.read_bytes() != before
    assert verify(study).verified


def test_a_study_that_is_cut_is_said_to_be_damaged(study):
    """Which rows were in what is missing cannot be told."""
    study.write_bytes(study.read_bytes()[:9000])
    with pytest.raises(StudyDamaged):
        verify(study)


@settings(max_examples=25, deadline=None)
@given(place=st.sampled_from([*leaves(FIGURES)]), data=st.data())
def test_any_changed_figure_is_named_by_its_path(place, data):
    """With the JSON Pointer that leads to it, and both values."""
    changed = json.loads(json.dumps(FIGURES))
    *way, last = place
    at = changed
    for name in way:
        at = at[name]
    was = at[last]
    at[last] = data.draw(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()).filter(
            lambda value: json.dumps(value) != json.dumps(was)
        )
    )
    (found,) = figure_differences(FIGURES, changed)
    assert [*map(str, place)] == [
        part.replace("~1", "/").replace("~0", "~") for part in found.where.split("/")[1:]
    ]
    assert (found.expected, found.found) == (
        json.dumps(was, ensure_ascii=False),
        json.dumps(at[last], ensure_ascii=False),
    )


def test_figures_that_are_missing_or_new_are_named():
    assert [*figure_differences({"a": [1, 2], "b~/": 0}, {"a": [1], "c": None})] == [
        Difference("/a/1", "2", None),
        Difference("/b~0~1", "0", None),
        Difference("/c", None, "null"),
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("report.json", None),
        ("report.json", '{"report_version"'),
        ("report.json", '{"report_version": 1}'),
        ("report.json", "[]"),
        ("digests.txt", None),
    ],
)
def test_what_cannot_be_compared_is_named(study, name, text):
    path = study.with_suffix("") / name
    if text is None:
        path.unlink()
    else:
        path.write_text(text)
    with pytest.raises(NotComparable) as refused:
        verify(study)
    assert refused.value.path == path


def test_a_report_for_another_late_time_is_verified_with_it(tmp_path):
    path = tmp_path / "open.study"
    write(simulate(shapes=(OPEN,), blocks=2, rounds=2), path)
    report = report_json(make_report(path, 0.02))
    (tmp_path / "report.json").write_text(report, encoding="utf-8")
    (tmp_path / "digests.txt").write_text(digests_text(row_digests(path)), encoding="utf-8")
    assert verify_study(path, tmp_path, 0.02).verified
    changed = verify_study(path, tmp_path).changed_figures
    assert "/comparisons/0/sections/2/late_after_us" in {one.where for one in changed}
