"""`podium verify`: what it prints, and its exit codes."""

import json
import shutil
from pathlib import Path

import pytest

from podium.__main__ import main

EXAMPLES = Path(__file__).parents[2] / "examples"
STUDY = EXAMPLES / "study.study"


@pytest.fixture
def changed(tmp_path):
    """The directory of a report with one figure that is not the study's."""
    shutil.copytree(EXAMPLES / "study", tmp_path / "report")
    path = tmp_path / "report" / "report.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    document["comparisons"][1]["sections"][0]["pairs"][0]["ratio"] = 1.5
    path.write_text(json.dumps(document), encoding="utf-8")
    return path.parent


def test_what_is_unchanged_is_0(capsys):
    assert main(["verify", str(STUDY)]) == 0
    assert "nothing differs" in capsys.readouterr().out


def test_a_changed_figure_is_1_and_named(changed, capsys):
    assert main(["verify", str(STUDY), "--report", str(changed)]) == 1
    printed = capsys.readouterr().out
    assert "/comparisons/1/sections/0/pairs/0/ratio\n" in printed
    assert "  found: 1.5\n" in printed


def test_json_has_what_differs(changed, capsys):
    assert main(["verify", str(STUDY), "--report", str(changed), "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    (figure,) = document["changed_figures"]
    assert (document["verified"], document["changed_rows"]) == (False, [])
    assert (figure["where"], figure["found"]) == ("/comparisons/1/sections/0/pairs/0/ratio", "1.5")


def test_a_study_that_is_missing_is_named_before_its_report(tmp_path, capsys):
    assert main(["verify", str(tmp_path / "a.study")]) == 2
    assert capsys.readouterr().err.startswith(f"podium: there is no study at {tmp_path}/a.study")


def test_where_there_is_no_report_it_is_2_and_one_sentence(tmp_path, capsys):
    assert main(["verify", str(STUDY), "--report", str(tmp_path)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"podium: cannot compare the study with {tmp_path}")
