"""A model's file is written whole, and executes nothing when it is read."""

import json
import os
import pickle
import subprocess
import sys
import zipfile
from functools import partial

import pytest
import skops.io
from sklearn.preprocessing import FunctionTransformer
from sklearn.tree import DecisionTreeClassifier

from shared.errors import ModelError, ModelFileUntrusted, ModelFileUnusable
from shared.model import Model, ensure_model, load, store

SETOSA = [5.1, 3.5, 1.4, 0.2]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a model" / "iris.skops"


@pytest.fixture
def stored(path, iris):
    path.parent.mkdir()
    store(iris, path)
    return path


def test_a_stored_model_answers_the_same_to_the_bit(stored, iris):
    loaded = load(stored)
    assert (loaded.name, loaded.version, loaded.features) == ("iris", "1", 4)
    assert loaded.predict([SETOSA]) == iris.predict([SETOSA])


def test_storing_leaves_one_file_and_replaces_what_was_there(stored, iris):
    stored.write_bytes(b"old")
    store(iris, stored)
    assert load(stored).name == "iris"
    assert list(stored.parent.iterdir()) == [stored]


def test_a_store_that_fails_leaves_the_old_file(stored):
    old = stored.read_bytes()
    unstorable = Model("iris", "1", (number for number in range(3)))
    with pytest.raises(TypeError, match="generator"):
        store(unstorable, stored)
    assert stored.read_bytes() == old
    assert list(stored.parent.iterdir()) == [stored]


def test_ensuring_makes_a_missing_model_and_leaves_one_that_is_there(path):
    path.parent.mkdir()
    ensure_model(path)
    first = path.stat()
    ensure_model(path)
    assert path.stat() == first
    assert load(path).name == "iris"


def test_the_module_run_as_a_program_stores_the_model(tmp_path):
    path = tmp_path / "iris.skops"
    subprocess.run([sys.executable, "-m", "shared.model", path], check=True, timeout=60)
    assert load(path).predict([SETOSA])["predictions"] == ["setosa"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a zip file",
        pickle.dumps({"name": "iris"}),
    ],
    ids=["empty", "text", "pickle"],
)
def test_a_file_that_is_no_model_is_unusable(tmp_path, content):
    path = tmp_path / "model.skops"
    path.write_bytes(content)
    with pytest.raises(ModelFileUnusable, match=r"python -m shared\.model"):
        load(path)


def test_a_missing_file_is_unusable(tmp_path):
    with pytest.raises(ModelFileUnusable, match="No such file"):
        load(tmp_path / "missing.skops")


def test_a_damaged_file_is_an_error_of_ours_or_still_the_same_model(stored, iris):
    """Cut short anywhere, or with a byte turned over, it never ends in another model."""
    content = stored.read_bytes()
    for place in range(0, len(content), 97):
        flipped = bytearray(content)
        flipped[place] ^= 0x55
        for damaged in (content[:place], bytes(flipped)):
            stored.write_bytes(damaged)
            try:
                answer = load(stored).predict([SETOSA])
            except ModelError:
                continue
            assert answer == iris.predict([SETOSA])


def test_other_content_of_trusted_types_is_unusable(tmp_path):
    path = tmp_path / "model.skops"
    for content in ({"name": "iris"}, ["iris"], "iris"):
        skops.io.dump(content, path)
        with pytest.raises(ModelFileUnusable):
            load(path)


def hostile_pipelines(marker):
    command = f"touch {marker}"
    return {
        "function": os.system,
        "partial": partial(os.system, command),
        "method": command.encode,
        "transformer": FunctionTransformer(os.system, kw_args={"command": command}),
        "type": subprocess.Popen,
        # Trusted by skops itself, but nothing that a model of ours has.
        "tree": DecisionTreeClassifier(),
    }


@pytest.mark.parametrize("kind", hostile_pipelines("x"))
def test_a_file_with_other_types_is_refused_and_nothing_of_it_runs(tmp_path, kind):
    marker = tmp_path / "marker"
    path = tmp_path / "model.skops"
    pipeline = hostile_pipelines(marker)[kind]
    skops.io.dump({"name": "iris", "version": "1", "pipeline": pipeline}, path)
    with pytest.raises(ModelFileUntrusted) as caught:
        load(path)
    assert caught.value.types
    assert not marker.exists()


@pytest.mark.parametrize("key", ["__module__", "__class__", "__loader__"])
def test_each_part_of_a_type_is_looked_at(stored, tmp_path, monkeypatch, key):
    """A file that names a module of its own must not even have it imported."""
    marker = tmp_path / "imported"
    (tmp_path / "hostile.py").write_text(f"open({str(marker)!r}, 'w').close()\n")
    monkeypatch.syspath_prepend(tmp_path)
    with zipfile.ZipFile(stored) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    schema = json.loads(files["schema.json"])
    steps = schema["content"]["pipeline"]
    assert steps["__class__"] == "Pipeline"
    steps[key] = "hostile"
    files["schema.json"] = json.dumps(schema).encode()
    with zipfile.ZipFile(stored, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    with pytest.raises(ModelFileUntrusted, match="hostile"):
        load(stored)
    assert not marker.exists()
    assert "hostile" not in sys.modules


def test_nesting_without_end_is_unusable(tmp_path):
    path = tmp_path / "model.skops"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("schema.json", "[" * 100_000 + "]" * 100_000)
    with pytest.raises(ModelFileUnusable):
        load(path)
