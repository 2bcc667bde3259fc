"""`podium models train` as a user starts it."""

import subprocess
import sys

import pytest

from shared.model.files import load
from shared.model.training import MODEL_NAMES


def podium(*arguments):
    command = [sys.executable, "-m", "podium", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("name", MODEL_NAMES)
def test_train_writes_the_model_of_this_name(tmp_path, name):
    path = tmp_path / "a model.skops"
    done = podium("models", "train", name, "--file", path)
    assert done.returncode == 0
    assert done.stderr in {"", f"podium: training {name}\n"}  # said where it takes long
    assert done.stdout == f"wrote the model {name} to {path}\n"
    assert load(path).name == name


def test_a_folder_that_is_not_there_is_told_in_one_line(tmp_path):
    path = tmp_path / "missing" / "iris.skops"
    done = podium("models", "train", "iris", "--file", path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("podium: No such file or directory: ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("train", "roses", "--file", "x"), "'roses' is not one of"),
        (("train", "iris"), "Missing option '--file'"),
        (("teach",), "No such command 'teach'"),
    ],
)
def test_a_wrong_command_says_what_is_wrong(arguments, message):
    done = podium("models", *arguments)
    assert done.returncode == 2
    assert message in done.stderr


def test_help_teaches():
    assert "podium models train iris --file iris.skops" in podium("models", "--help").stdout
    text = podium("models", "train", "--help").stdout
    assert "PODIUM_MODEL_FILE=diabetes.skops podium serve flask" in text
    assert "Exit codes" in text
