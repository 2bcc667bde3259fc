"""The committed example: its report is made again from its study, byte for byte."""

from pathlib import Path

import pytest

from reports.analysis.analysis import analyse
from reports.pages.terminal import print_report
from reports.study.file import read_study
from reports.wording.report import worded
from reports.write import write_report

EXAMPLES = Path(__file__).parents[3] / "examples"
STUDY = EXAMPLES / "study.study"
REPORT = EXAMPLES / "study"


@pytest.mark.parametrize("name", ["report.html", "report.md", "report.json", "digests.txt"])
def test_the_committed_report_is_what_its_study_gives(name, tmp_path):
    """`podium report examples/study.study` writes it."""
    write_report(STUDY, tmp_path)
    assert (tmp_path / name).read_bytes() == (REPORT / name).read_bytes()


def test_the_readme_shows_what_is_printed_of_it(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "80")
    print_report(worded(analyse(read_study(STUDY))))
    assert f"```\n{capsys.readouterr().out}```\n" in (EXAMPLES.parent / "README.md").read_text()


def test_the_example_is_a_finished_study():
    assert read_study(STUDY).finished_at is not None
