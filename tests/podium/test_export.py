"""`podium export`: where it writes, and what it refuses."""

import json
import sys
from pathlib import Path

import pytest

from podium.__main__ import main

STUDY = str(Path(__file__).parents[2] / "examples" / "study.study")
BADGE = ("--format", "shields", "--stack", "flask:gunicorn", "--operation", "count")


@pytest.mark.parametrize("name", ["bencher", "github-bigger", "github-smaller"])
def test_it_prints_or_writes_the_same(name, tmp_path, capfd):
    out = tmp_path / "a file"
    assert main(["export", STUDY, "--format", name]) == 0
    printed = capfd.readouterr().out
    assert main(["export", STUDY, "--format", name, "--out", str(out)]) == 0
    assert capfd.readouterr().out == ""
    assert json.loads(out.read_text(encoding="utf-8")) == json.loads(printed)


def test_csv_is_written_with_the_line_ends_of_its_standard(tmp_path):
    out = tmp_path / "slices.csv"
    assert main(["export", STUDY, "--format", "csv", "--out", str(out)]) == 0
    lines = out.read_bytes().split(b"\n")
    assert len(lines) > 70
    assert all(line.endswith(b"\r") for line in lines[:-1])


def test_a_badge_is_of_one_stack_and_operation(capfd):
    assert main(["export", STUDY, *BADGE]) == 0
    assert json.loads(capfd.readouterr().out)["label"] == "flask:gunicorn count closed-16"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--format", "shields"), "needs --stack and --operation"),
        (("--format", "csv", "--stack", "flask"), "--stack is for --format shields"),
        (("--format", "shields", "--stack", "x", "--operation", "count"), "no place of x"),
        (("--format", "csv", "--out", STUDY), "is the study itself"),
        (("--format", "parquet"), "name a file with --out"),
        (("--format", "parquet", "--out", STUDY), "is the study itself"),
        (("--format", "excel"), "csv"),
    ],
)
def test_what_cannot_be_exported_is_2_and_a_sentence(arguments, says, capfd):
    before = Path(STUDY).read_bytes()
    assert main(["export", STUDY, *arguments]) == 2
    captured = capfd.readouterr()
    assert (captured.out, says in captured.err) == ("", True)
    assert Path(STUDY).read_bytes() == before


def test_parquet_without_its_package_is_2_and_a_sentence(tmp_path, monkeypatch, capfd):
    monkeypatch.setitem(sys.modules, "pyarrow", None)  # as Python notes what is not there
    out = tmp_path / "slices.parquet"
    assert main(["export", STUDY, "--format", "parquet", "--out", str(out)]) == 2
    assert "pip install 'podium[parquet]'" in capfd.readouterr().err
    assert not out.exists()
