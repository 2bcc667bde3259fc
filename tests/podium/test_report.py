"""`podium report`: pages from a study file, or one clear sentence."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from reports.pages.report_json import schema
from tests.reports.simulated import simulate, write

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    path = tmp_path_factory.mktemp("with a space") / "my study.study"
    write(simulate(blocks=2, rounds=2), path)
    return path


def podium(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "podium", *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=100,
    )


def test_the_report_is_written_and_printed(study):
    done = podium("report", study)
    assert done.returncode == 0
    assert "count: no verdict, it needs 4 blocks." in done.stdout
    directory = study.parent / "my study"
    assert sorted(p.name for p in directory.iterdir()) == [
        "digests.txt",
        "report.html",
        "report.json",
        "report.md",
    ]
    assert str(directory / "report.html") in done.stderr


def test_details_are_printed_where_asked_for(study, tmp_path):
    """Not beside JSON, which has them all."""
    short, long = (
        podium("report", study, "--out", tmp_path, *more) for more in ((), ["--details"])
    )
    assert ("Caveats" in short.stdout, "Caveats" in long.stdout) == (False, True)
    refused = podium("report", study, "--out", tmp_path, "--details", "--json")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "--details has no effect on --json" in refused.stderr


def test_json_goes_to_stdout_alone(study, tmp_path):
    done = podium("report", study, "--out", tmp_path / "new" / "out", "--json")
    assert done.returncode == 0
    jsonschema.Draft202012Validator(schema()).validate(json.loads(done.stdout))
    assert (tmp_path / "new" / "out" / "report.json").read_text(encoding="utf-8") == done.stdout


@pytest.mark.parametrize("wrong", ["missing", "cut", "foreign", "directory", "unwritable"])
def test_what_cannot_be_read_is_one_sentence(study, tmp_path, wrong):
    path = tmp_path / "x.study"
    out = tmp_path / "out"
    if wrong == "cut":
        path.write_bytes(study.read_bytes()[:9000])
    elif wrong == "foreign":
        path.write_text("not a study")
    elif wrong == "directory":
        path.mkdir()
    elif wrong == "unwritable":
        shutil.copy(study, path)
        out.write_text("in the way")
    done = podium("report", path, "--out", out)
    assert (done.returncode, done.stdout) == (2, "")
    *waited, sentence = done.stderr.splitlines()
    assert all(line == f"podium: making the report of {path}" for line in waited)
    assert sentence.startswith("podium: ")
    assert str(out if wrong == "unwritable" else path) in sentence
