"""A model's file executes nothing when it is read, and what cannot be read is one sentence."""

import io
import json
import os
import pickle
import subprocess
import sys
import zipfile
from functools import partial
from pathlib import Path

import joblib
import numpy as np
import pytest
import skops.io
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from shared.model.errors import ModelError, ModelFileUntrusted, ModelFileUnusable
from shared.model.files import read_estimator, read_pickled, untrusted_types, write_estimator

PATH = Path("model.skops")
ROWS, TARGET = load_iris(return_X_y=True)


@pytest.fixture(scope="module")
def fitted():
    return make_pipeline(StandardScaler(), LogisticRegression()).fit(ROWS, TARGET)


def test_an_estimator_is_written_with_the_same_bytes_each_time_and_answers_the_same(fitted):
    content = write_estimator(fitted)
    assert write_estimator(fitted) == content
    again = read_estimator(content, PATH)
    assert (again.predict_proba(ROWS) == fitted.predict_proba(ROWS)).all()


def hostile(marker):
    command = f"touch {marker}"
    return {
        "function": os.system,
        "partial": partial(os.system, command),
        "method": command.encode,
        "transformer": FunctionTransformer(os.system, kw_args={"command": command}),
        "type": subprocess.Popen,
        "nested": make_pipeline(FunctionTransformer(partial(os.system, command))),
    }


@pytest.mark.parametrize("kind", hostile("x"))
def test_a_hostile_file_is_refused_and_nothing_of_it_runs(tmp_path, kind):
    marker = tmp_path / "marker"
    content = skops.io.dumps(hostile(marker)[kind])
    with pytest.raises(ModelFileUntrusted, match="--trust") as caught:
        read_estimator(content, PATH)
    assert caught.value.types
    assert not marker.exists()


class Planted:
    """A pickle that would make a file when it is loaded."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return (os.mkdir, (str(self.marker),))


def test_a_planted_pickle_is_not_loaded_as_a_skops_file(tmp_path):
    marker = tmp_path / "made"
    with pytest.raises(ModelFileUnusable):
        read_estimator(pickle.dumps(Planted(marker)), PATH)
    assert not marker.exists()


@pytest.mark.parametrize("key", ["__module__", "__class__", "__loader__"])
def test_each_part_of_a_type_is_looked_at(tmp_path, monkeypatch, fitted, key):
    """A file that names a module of its own must not even have it imported."""
    marker = tmp_path / "imported"
    (tmp_path / "hostile.py").write_text(f"open({str(marker)!r}, 'w').close()\n")
    monkeypatch.syspath_prepend(tmp_path)
    with zipfile.ZipFile(io.BytesIO(write_estimator(fitted))) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    schema = json.loads(files["schema.json"])
    schema[key] = "hostile"
    files["schema.json"] = json.dumps(schema).encode()
    changed = io.BytesIO()
    with zipfile.ZipFile(changed, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    with pytest.raises(ModelError):
        read_estimator(changed.getvalue(), PATH)
    assert not marker.exists()
    assert "hostile" not in sys.modules


def test_types_beyond_scikit_learns_are_named_and_loaded_only_where_trusted():
    forest = RandomForestClassifier(2).fit(ROWS, TARGET)
    content = write_estimator(forest)
    assert untrusted_types(content) == {"sklearn.tree._tree.Tree"}
    with pytest.raises(ModelFileUntrusted, match=r"--trust sklearn\.tree\._tree\.Tree"):
        read_estimator(content, PATH)
    again = read_estimator(content, PATH, ["sklearn.tree._tree.Tree"])
    assert (again.predict(ROWS) == forest.predict(ROWS)).all()


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: b"not a model",
        lambda content: content[: len(content) // 2],
        lambda content: content.replace(b"schema.json", b"SCHEMA.json"),
    ],
    ids=["empty", "foreign", "cut", "renamed"],
)
def test_a_damaged_file_is_unusable(fitted, damage):
    with pytest.raises(ModelFileUnusable, match=r"No model can be read from model\.skops"):
        read_estimator(damage(write_estimator(fitted)), PATH)


def test_nesting_without_end_is_unusable():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("schema.json", "[" * 100_000 + "]" * 100_000)
    with pytest.raises(ModelFileUnusable):
        read_estimator(content.getvalue(), PATH)


def test_a_joblib_file_is_read_where_that_was_asked_for(tmp_path, fitted):
    path = tmp_path / "model.joblib"
    joblib.dump(fitted, path)
    assert (read_pickled(path).predict(ROWS) == fitted.predict(ROWS)).all()
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ModelFileUnusable):
        read_pickled(path)


def test_text_in_arrays_needs_no_trust():
    names = np.array(["a", "b", "c"], dtype=object)[TARGET]
    assert (
        untrusted_types(write_estimator(LogisticRegression(max_iter=500).fit(ROWS, names))) == set()
    )
