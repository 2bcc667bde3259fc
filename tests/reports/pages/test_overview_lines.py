"""The overview on a terminal: one screen, and no figure cut at any width."""

import re
from collections import Counter
from functools import cache

import pytest

from reports.analysis.analysis import analyse
from reports.pages import overview
from reports.pages.study import html, markdown
from reports.pages.terminal import overview_lines, print_report
from reports.study.file import read_study
from reports.wording.report import worded
from tests.reports.odd_studies import ODD
from tests.reports.pages.test_example import STUDY

WIDTHS = (10, 20, *range(40, 201, 8), 200)


class Reports:
    """Each odd study's report, made once."""

    @cache  # noqa: B019 (one object a run)
    def __getitem__(self, name):
        return worded(analyse(ODD[name]()))


@pytest.fixture(scope="module")
def reports():
    return Reports()


def lines(report, width):
    return [line.plain for line in overview_lines(report, width)]


def figures(text):
    return Counter(re.findall(r"\d+(?:[.,]\d+)*", text))


@pytest.mark.parametrize("name", ODD)
def test_no_figure_is_cut_at_any_width(name, reports):
    """All figures of a cell are there, however narrow the terminal is."""
    report = reports[name]
    columns = zip(*(row.cells for row in report.overview.rows), strict=True)
    cells = [
        overview.cell(cell, column)
        for column, column_cells in zip(report.overview.columns, columns, strict=True)
        for cell in column_cells
    ]
    wanted = figures(" ".join(f"{cell.text} {cell.detail}" for cell in cells))
    for width in WIDTHS:
        printed = lines(report, width)
        assert not wanted - figures(" ".join(printed)), width
        assert not any("…" in line for line in printed)


@pytest.mark.parametrize("name", ODD)
def test_no_line_is_wider_than_the_terminal(name, reports):
    """From 40 characters on, where no word is longer than that."""
    for width in WIDTHS[2:]:
        assert max(map(len, lines(reports[name], width))) <= width
        assert not [line for line in lines(reports[name], width) if line != line.rstrip()]


@pytest.mark.parametrize("name", sorted(ODD.keys() - {"many_stacks"}))
def test_a_study_of_four_stacks_fits_one_screen(name, reports, monkeypatch, capsys):
    """80 × 24, with the line on where the files are."""
    monkeypatch.setenv("COLUMNS", "80")
    print_report(reports[name])
    assert len(capsys.readouterr().out.splitlines()) <= 23


@pytest.mark.parametrize("report", ["default", "example"])
def test_the_first_24_lines_of_a_pipe_answer_the_four_questions(
    report, reports, monkeypatch, capsys
):
    """Who is ahead in what, by how much, how sure, on what machine."""
    monkeypatch.delenv("COLUMNS", raising=False)
    found = worded(analyse(read_study(STUDY))) if report == "example" else reports[report]
    print_report(found)
    screen = capsys.readouterr().out.splitlines()[:24]
    text = " ".join(" ".join(screen).split())
    assert found.overview.measured in text
    for column in found.overview.columns:
        assert f"{column.sentence}." in text
    for row in found.overview.rows:
        assert all(cell.value is None or cell.place_best for cell in row.cells)
    assert "intervals hold together at 95 %" in text
    assert all(len(line) <= 80 for line in screen)
    for caution in found.overview.cautions:
        assert caution in text


def test_what_makes_a_verdict_unsafe_stands_above_it(reports):
    for name, caution in (
        ("unfinished", "not finished, 1 of 4 blocks"),
        ("limited", "the load generator was the limit"),
        ("all_excluded", "all stacks out (wrong answers)"),
    ):
        printed = lines(reports[name], 200)
        assert caution in " ".join(printed[:3])


def test_an_operation_is_named_once_above_its_columns(reports):
    heads = [line for line in lines(reports["default"], 80) if "letter_count" in line]
    assert heads[0].split() == ["count", "letter_count", "predict"]


def test_the_command_to_copy_is_one_line_on_any_terminal(reports, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "20")
    for details in (False, True):
        print_report(reports["one_stack"], details=details)
        assert "To repeat it: podium compare --seed 1" in capsys.readouterr().out.splitlines()


def test_details_are_printed_below_where_asked_for(reports, capsys):
    report = reports["default"]
    print_report(report)
    short = capsys.readouterr().out
    print_report(report, details=True)
    long = capsys.readouterr().out
    assert long.startswith(short[: short.index("To repeat it")])
    told = " ".join(long.split())
    for sentence in report.comparisons[0].sentences:
        assert sentence in told
        assert sentence not in " ".join(short.split())
    for caveat in report.caveats:
        assert caveat.sentence in told


@pytest.mark.parametrize(
    ("name", "page"),
    [*((name, markdown) for name in ODD), ("one_stack", html), ("all_excluded", html)],
)
def test_pages_begin_with_the_overview(name, page, reports):
    """Each row, each column's leader and the machine stand before the first list of sentences."""
    report = reports[name]
    text = page(report).replace("\\", "").replace("\N{NO-BREAK SPACE}", " ")
    above = text[text.rindex("Which stack serves faster?") : text.index("Verdicts")]
    assert report.overview.measured in above
    for row in report.overview.rows:
        assert row.label in above
    for column in report.overview.columns:
        assert column.sentence in above
