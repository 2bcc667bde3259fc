"""A model's file is written whole, and executes nothing when it is read."""

import copy
import json
import os
import pickle
import subprocess
import sys
import warnings
import zipfile
from functools import partial

import numpy as np
import pytest
import skops.io
from sklearn.base import clone
from sklearn.linear_model import RidgeCV
from sklearn.preprocessing import FunctionTransformer
from sklearn.tree import DecisionTreeClassifier

from shared.errors import ModelError, ModelFileUntrusted, ModelFileUnusable, TooManyOutputs
from shared.model.files import load, store
from shared.model.inference import Model
from shared.model.training import MODEL_NAMES, train
from shared.service import predict_response

SETOSA = [5.1, 3.5, 1.4, 0.2]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a model" / "iris.skops"


@pytest.fixture
def stored(path, iris):
    path.parent.mkdir()
    store(iris, path)
    return path


@pytest.mark.parametrize(("name", "features"), [("iris", 4), ("diabetes", 10)])
def test_a_stored_model_answers_the_same_to_the_bit(tmp_path, name, features):
    path = tmp_path / "model.skops"
    store(train(name), path)
    loaded = load(path)
    assert (loaded.name, loaded.version, loaded.features) == (name, "1", features)
    row = [0.25] * features
    assert predict_response(loaded, [row]) == predict_response(train(name), [row])


def test_storing_leaves_one_file_and_replaces_what_was_there(stored, iris):
    stored.write_bytes(b"old")
    store(iris, stored)
    assert load(stored).name == "iris"
    assert list(stored.parent.iterdir()) == [stored]


@pytest.mark.parametrize("name", MODEL_NAMES)
def test_a_model_that_knows_names_of_columns_predicts_alike_and_without_a_warning(name, path):
    path.parent.mkdir()
    plain = train(name)
    named = Model(plain.name, plain.version, copy.deepcopy(plain.pipeline))
    names = np.array([f"column {number}" for number in range(plain.features)], dtype=object)
    for _, step in named.pipeline.steps:
        step.feature_names_in_ = names
    store(named, path)
    loaded, row = load(path), [[0.5] * plain.features]
    with warnings.catch_warnings(record=True) as warned:
        answers = [predict_response(loaded, row) for _ in range(2)]
    assert warned == []
    assert answers == [predict_response(plain, row)] * 2


def test_a_store_that_fails_leaves_the_old_file(stored):
    old = stored.read_bytes()
    unstorable = Model("iris", "1", (number for number in range(3)))
    with pytest.raises(TypeError, match="generator"):
        store(unstorable, stored)
    assert stored.read_bytes() == old
    assert list(stored.parent.iterdir()) == [stored]


def test_a_stored_file_may_be_read_by_whom_the_umask_lets(path):
    path.parent.mkdir()
    store(train(), path)
    mask = os.umask(0)
    os.umask(mask)
    assert path.stat().st_mode & 0o777 == 0o666 & ~mask


@pytest.mark.parametrize("name", ["iris", "diabetes"])
def test_the_command_trains_and_stores_the_model(tmp_path, name):
    path = tmp_path / "model.skops"
    command = [sys.executable, "-m", "podium", "models", "train", name, "--file", path]
    subprocess.run(command, check=True, timeout=60, stdout=subprocess.DEVNULL)
    assert load(path).name == name


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
    with pytest.raises(ModelFileUnusable, match=r"podium models train"):
        load(path)


def test_a_missing_file_is_unusable(tmp_path):
    with pytest.raises(ModelFileUnusable, match="No such file"):
        load(tmp_path / "missing.skops")


@pytest.mark.parametrize("name", MODEL_NAMES)
def test_a_damaged_file_is_an_error_of_ours_or_still_the_same_model(tmp_path, name):
    """Cut short anywhere, or with a byte turned over, it never ends in another model."""
    path = tmp_path / "model.skops"
    model = train(name)
    row = [0.25] * model.features
    store(model, path)
    content = path.read_bytes()
    for place in range(0, len(content), 97):
        flipped = bytearray(content)
        flipped[place] ^= 0x55
        for damaged in (content[:place], bytes(flipped)):
            path.write_bytes(damaged)
            try:
                answer = predict_response(load(path), [row])
            except ModelError:
                continue
            assert answer == predict_response(model, [row])


def test_other_content_of_trusted_types_is_unusable(tmp_path):
    path = tmp_path / "model.skops"
    for content in ({"name": "iris"}, ["iris"], "iris"):
        skops.io.dump(content, path)
        with pytest.raises(ModelFileUnusable):
            load(path)


def test_a_regression_with_several_outputs_is_refused(tmp_path):
    path = tmp_path / "model.skops"
    rows, outputs = [[0.0], [1.0], [2.0]], [[0.0, 3.0], [1.0, 5.0], [2.0, 7.0]]
    pipeline = clone(train("diabetes").pipeline)
    store(Model("pair", "1", pipeline.fit(rows, outputs)), path)
    with pytest.raises(TooManyOutputs, match=r"has 2 outputs, .* one prediction a row"):
        load(path)
    store(Model("one", "1", pipeline.fit(rows, [[first] for first, _ in outputs])), path)
    assert predict_response(load(path), [[1.0]])["predictions"] == [pytest.approx(1.0)]


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
        "other regression": RidgeCV(),
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


def nodes_of(schema):
    """What a skops schema says of the pipeline and of its last step."""
    pipeline = schema["content"]["pipeline"]
    [_, last] = pipeline["content"]["content"]["steps"]["content"]
    return {"pipeline": pipeline, "last step": last["content"][1]}


@pytest.mark.parametrize("key", ["__module__", "__class__", "__loader__"])
@pytest.mark.parametrize("place", ["pipeline", "last step"])
@pytest.mark.parametrize("name", MODEL_NAMES)
def test_each_part_of_a_type_is_looked_at(tmp_path, monkeypatch, name, place, key):
    """A file that names a module of its own must not even have it imported."""
    path, marker = tmp_path / "model.skops", tmp_path / "imported"
    store(train(name), path)
    (tmp_path / "hostile.py").write_text(f"open({str(marker)!r}, 'w').close()\n")
    monkeypatch.syspath_prepend(tmp_path)
    with zipfile.ZipFile(path) as archive:
        files = {file: archive.read(file) for file in archive.namelist()}
    schema = json.loads(files["schema.json"])
    node = nodes_of(schema)[place]
    assert node["__class__"] in {"Pipeline", "LogisticRegression", "Ridge"}
    node[key] = "hostile"
    files["schema.json"] = json.dumps(schema).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for file, content in files.items():
            archive.writestr(file, content)
    with pytest.raises(ModelFileUntrusted, match="hostile"):
        load(path)
    assert not marker.exists()
    assert "hostile" not in sys.modules


def test_nesting_without_end_is_unusable(tmp_path):
    path = tmp_path / "model.skops"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("schema.json", "[" * 100_000 + "]" * 100_000)
    with pytest.raises(ModelFileUnusable):
        load(path)
