"""`podium models` as a user starts it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import skops.io
from click.testing import CliRunner
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from podium.commands.models import command, read_rows
from shared.model.errors import BadRows, ModelError

IRIS = load_iris()


@pytest.fixture(autouse=True)
def models(tmp_path, monkeypatch):
    folder = tmp_path / "my models"
    monkeypatch.setenv("PODIUM_MODELS_DIR", str(folder))
    monkeypatch.setattr("shared.model.parity.RANDOM_ROWS", 200)
    return folder


@pytest.fixture
def files(tmp_path):
    """A model's file and its sample."""
    skops.io.dump(
        LogisticRegression(max_iter=300).fit(IRIS.data, IRIS.target), tmp_path / "m.skops"
    )
    lines = ["a,b,c,d", *(",".join(map(str, row)) for row in IRIS.data.tolist())]
    (tmp_path / "rows.csv").write_text("\n".join(lines))
    return tmp_path / "m.skops", tmp_path / "rows.csv"


def ask(*arguments):
    """The answer as JSON."""
    done = CliRunner().invoke(command, [*map(str, arguments), "--json"], standalone_mode=False)
    if done.exception is not None:
        raise done.exception
    return json.loads(done.stdout)


def add(files, name="own"):
    return ask("add", files[0], "--name", name, "--sample", files[1])


def test_a_model_is_added_shown_used_rolled_back_and_removed(files):
    first, second = add(files), add(files)
    assert (first["version"], first["in_use"]) == ("1", "1")
    assert (second["version"], second["in_use"]) == ("2", "1")
    assert ask("list") == [{"name": "own", "in_use": "1", "versions": ["1", "2"]}]
    assert ask("show", "own@2")["engine"] == "compiled"
    assert ask("use", "own@2") == {"name": "own", "in_use": "2"}
    assert ask("rollback", "own") == {"name": "own", "in_use": "1"}
    assert ask("remove", "own@2") == {"removed": "own@2"}
    assert ask("list") == [{"name": "own", "in_use": "1", "versions": ["1"]}]


def test_what_is_printed_for_people_says_the_engines_and_what_to_do_next(files):
    add(files)
    arguments = ["add", str(files[0]), "--name", "own", "--sample", str(files[1])]
    text = CliRunner().invoke(command, arguments).stdout
    assert "own@2: 3 classes" in text
    assert "engine     compiled (auto): " in text
    assert "podium models use own@2" in text


def test_a_damaged_version_cannot_be_used(files, models):
    add(files)
    add(files)
    (models / "own" / "2" / "compiled.json").write_text("{}")
    with pytest.raises(ModelError, match=r"compiled\.json was changed"):
        ask("use", "own@2")
    assert ask("list")[0]["in_use"] == "1"


def test_a_model_of_ours_is_trained_into_the_registry():
    assert ask("train", "iris")["name"] == "iris"
    assert ask("list") == [{"name": "iris", "in_use": "1", "versions": ["1"]}]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it is empty"),
        ("a,b\n", "no row"),
        ("a,a\n1,2\n", "two columns have one name"),
        ("a,b\n1,2\n3\n", "line 3 has 1 fields, not 2"),
    ],
)
def test_rows_that_cannot_be_used_are_told(text, reason, tmp_path):
    (tmp_path / "rows.csv").write_text(text)
    with pytest.raises(BadRows, match=reason):
        read_rows(tmp_path / "rows.csv")
    with pytest.raises(BadRows, match="No such file"):
        read_rows(tmp_path / "missing.csv")


def test_a_column_is_of_numbers_or_text_and_an_empty_field_is_missing(tmp_path):
    (tmp_path / "rows.csv").write_text('\ufeffage,town,code\n1,Oslo,7\n,,x\n2.5,"a, b",\n')
    assert read_rows(tmp_path / "rows.csv") == (
        ["age", "town", "code"],
        [[1.0, "Oslo", "7"], [None, None, "x"], [2.5, "a, b", None]],
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("train", "roses"), "'roses' is not one of"),
        (("add", "x.skops", "--name", "x"), "Missing option '--sample'"),
        (("teach",), "No such command 'teach'"),
        (("add", ".", "--name", "x", "--sample", "rows.csv"), "Is a directory"),
        (("show", "nothing"), "There is no model 'nothing' in the registry"),
        (("use", "../x"), "names no model"),
    ],
)
def test_a_wrong_command_is_one_sentence(arguments, message, tmp_path):
    (tmp_path / "rows.csv").write_text("a\n1\n")
    done = subprocess.run(
        [sys.executable, "-m", "podium", "models", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=tmp_path,
        env={"PATH": "", "PYTHONPATH": str(Path(__file__).parents[2]), "HOME": str(tmp_path)},
    )
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_help_teaches_and_says_what_pickle_risks():
    text = CliRunner().invoke(command, ["add", "--help"]).stdout
    assert "podium models add churn.skops --name churn --sample rows.csv" in text
    assert "can run any program as you" in " ".join(text.split())
