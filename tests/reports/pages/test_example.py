"""The committed example: its report is made again from its study, byte for byte."""

from pathlib import Path

import pytest

from reports.study.file import read_study
from reports.write import write_report

EXAMPLES = Path(__file__).parents[3] / "examples"
STUDY = EXAMPLES / "study.study"
REPORT = EXAMPLES / "study"


@pytest.mark.parametrize("name", ["report.html", "report.md", "report.json", "digests.txt"])
def test_the_committed_report_is_what_its_study_gives(name, tmp_path):
    """`podium report examples/study.study` writes it."""
    write_report(STUDY, tmp_path)
    assert (tmp_path / name).read_bytes() == (REPORT / name).read_bytes()


def test_the_example_is_a_finished_study():
    assert read_study(STUDY).finished_at is not None
