"""What a version says of itself, which models are refused, and what is found when one is opened."""

import shutil
import subprocess
import sys
import threading
from pathlib import Path
from unittest import mock

import numpy as np
import orjson
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_iris
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC

from shared.model import version as versions
from shared.model.built_in import BUILT_IN_NAMES, built_in_version
from shared.model.creation import NewModel, make_version
from shared.model.errors import EngineRefused, LibraryMismatch, ModelRefused, VersionDamaged
from shared.model.model import open_model
from shared.model.training import train
from shared.model.version import open_version, read_manifest

IRIS = load_iris()


def made(estimator, directory, rows=None, columns=None):
    """A version that was compared on fewer random rows than is usual."""
    rows = IRIS.data.tolist() if rows is None else rows
    columns = columns or [f"x{number}" for number in range(len(rows[0]))]
    new = NewModel("own", estimator, rows, columns, "")
    with mock.patch("shared.model.parity.RANDOM_ROWS", 200):
        return make_version(new, "1", directory)


VISITS = pd.DataFrame(
    {
        "age": [20, np.nan, 40, 50, 60, 70] * 5,
        "town": ["Oslo", "Bergen", "Oslo", "Bergen", "Tromsø", "Oslo"] * 5,
        "spent": [1.5, 2.5, 3.5, 4.5, 5.5, 6.5] * 5,
    }
)
RETURNS = np.array([True, False, True, False, False, True] * 5)


@pytest.fixture
def text_pipeline():
    columns = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), ["age", "spent"]),
            ("text", OneHotEncoder(handle_unknown="ignore"), ["town"]),
        ]
    )
    return make_pipeline(columns, LogisticRegression()).fit(VISITS, RETURNS)


def as_rows(frame):
    return [
        [None if isinstance(value, float) and np.isnan(value) else value for value in row]
        for row in frame.to_numpy().tolist()
    ]


def test_text_columns_and_missing_values_are_served_as_the_data_frame_was(text_pipeline, tmp_path):
    expected = text_pipeline.predict_proba(VISITS)
    shuffled = ["town", "spent", "age"]
    rows = as_rows(VISITS[shuffled])
    manifest = made(text_pipeline, tmp_path, rows, shuffled)
    assert [(one.name, one.type, one.nullable) for one in manifest.features] == [
        ("age", "number", True),
        ("town", "text", False),
        ("spent", "number", True),
    ]
    assert manifest.classes == ["False", "True"]
    assert manifest.engine == "sklearn"
    assert "rows with text" in manifest.engines["compiled"].refused
    answer = open_model(tmp_path).answer(as_rows(VISITS))
    assert np.allclose(answer["probabilities"], expected, rtol=0, atol=1e-12)
    unknown = open_model(tmp_path).answer([[30, "Paris", 2.0]])
    assert unknown["predictions"] in (["True"], ["False"])


def test_missing_values_are_taken_where_the_model_takes_them(tmp_path):
    manifest = made(
        HistGradientBoostingClassifier(max_iter=5).fit(IRIS.data, IRIS.target), tmp_path
    )
    assert all(one.nullable for one in manifest.features)
    assert manifest.engine == "compiled"
    rows = [[None, 3.5, None, 0.2]]
    compiled, reference = (open_version(tmp_path, one).engine(rows) for one in ("auto", "sklearn"))
    assert np.allclose(compiled.probabilities, reference.probabilities, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("classes", "names"),
    [
        ([3, 10, 4], ["3", "4", "10"]),
        (["a", "ß", "c"], ["a", "c", "ß"]),
        ([0.0, 1.0, 2.0], ["0.0", "1.0", "2.0"]),
    ],
)
def test_classes_of_any_type_have_names(classes, names, tmp_path):
    labels = np.array(classes)[IRIS.target]
    manifest = made(LogisticRegression(max_iter=300).fit(IRIS.data, labels), tmp_path)
    assert manifest.classes == names
    found = open_model(tmp_path).answer([IRIS.data[0].tolist()])["predictions"]
    assert found == [str(np.array(classes)[0])]


def test_a_classifier_without_probabilities_gives_none(tmp_path):
    assert not made(SVC().fit(IRIS.data, IRIS.target), tmp_path).probabilities
    assert list(open_model(tmp_path).answer([IRIS.data[0].tolist()])) == ["model", "predictions"]


@pytest.mark.filterwarnings("ignore::FutureWarning")  # of SVC, whose probabilities go in 1.11
def test_a_prediction_that_is_not_the_likeliest_class_is_kept(tmp_path):
    """A support vector machine calibrates its probabilities apart from its decisions."""
    estimator = SVC(probability=True, random_state=1).fit(IRIS.data[::7], IRIS.target[::7])
    manifest = made(estimator, tmp_path)
    assert not manifest.largest_probability
    found = open_model(tmp_path).answer(IRIS.data.tolist())["predictions"]
    assert found == [str(one) for one in estimator.predict(IRIS.data)]


REFUSED = {
    "several outputs": (
        lambda: LinearRegression().fit(IRIS.data, IRIS.data[:, :2]),
        "it has 2 outputs",
    ),
    "a clusterer": (lambda: KMeans(2, n_init=1).fit(IRIS.data), "neither a classifier nor"),
    "a scaler": (lambda: StandardScaler().fit(IRIS.data), "no estimator with a method predict"),
    "not fitted": (LogisticRegression, "it has not been fitted"),
    "text": (lambda: "model", "no estimator with a method predict"),
    "fewer features": (
        lambda: LinearRegression().fit(IRIS.data[:, :3], IRIS.target),
        "it takes 3 features, and the sample has 4",
    ),
    "other columns": (
        lambda: LinearRegression().fit(pd.DataFrame(IRIS.data, columns=[*"abcd"]), IRIS.target),
        "it takes the columns a, b, c, d, and the sample lacks a, b, c, d",
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_served_is_refused_in_one_sentence(kind, tmp_path):
    make, reason = REFUSED[kind]
    with pytest.raises(ModelRefused, match=reason) as caught:
        made(make(), tmp_path)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


class Unsafe(ClassifierMixin, BaseEstimator):
    """Keeps what it is asked in itself while it answers."""

    def fit(self, rows, target):
        self.classes_ = np.unique(target)
        self.n_features_in_ = rows.shape[1]
        return self

    def predict(self, rows):
        self.rows_ = rows
        meeting.wait()
        return self.classes_[(self.rows_[:, 0] > 5.8).astype(int)]


class Meeting:
    """Lets threads that ask at once meet inside the estimator; one that asks alone goes on."""

    def __init__(self):
        self.inside = threading.Semaphore(0)

    def wait(self):
        self.inside.release()
        self.inside.acquire(timeout=0.0005)
        self.inside.acquire(timeout=0.0005)


meeting = Meeting()


def test_an_estimator_that_is_not_thread_safe_is_asked_one_request_at_a_time(tmp_path, monkeypatch):
    estimator = Unsafe().fit(IRIS.data[:100], IRIS.target[:100])
    monkeypatch.setattr("shared.model.creation.untrusted_types", lambda _: {"test_creation.Unsafe"})
    monkeypatch.setattr(versions, "read_estimator", lambda *_: estimator)
    manifest = made(estimator, tmp_path)
    assert not manifest.thread_safe
    engine = open_version(tmp_path).engine
    rows = IRIS.data[:100].tolist()
    expected = engine(rows).predictions
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(engine(rows).predictions)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [expected] * 8


@pytest.mark.parametrize("name", BUILT_IN_NAMES)
def test_a_model_of_ours_is_compiled_and_says_what_it_is(name):
    manifest = read_manifest(built_in_version(name))
    assert (manifest.name, manifest.version, manifest.engine) == (name, "1", "compiled")
    assert manifest.thread_safe
    (score,) = manifest.scores.values()
    assert score > (0.3 if name == "diabetes" else 0.95)
    assert sum(manifest.engines["compiled"].parity.rows.values()) > 10_000
    assert manifest.engines["compiled"].parity.largest_difference < 1e-12


@pytest.mark.parametrize("name", ["iris", "diabetes"])
def test_training_gives_the_same_files_each_time(name, tmp_path):
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        folder.mkdir()
    first, second = (make_version(train(name), "1", folder).files for folder in folders)
    assert first == second


@pytest.fixture
def copy(tmp_path):
    return shutil.copytree(built_in_version("iris"), tmp_path / "copy")


@pytest.mark.parametrize("file", ["manifest.json", "model.skops", "sample.json", "compiled.json"])
@pytest.mark.parametrize("damage", ["removed", "empty", "one bit"])
def test_damage_is_found_before_a_request_is_served(file, damage, copy):
    content = (copy / file).read_bytes()
    if damage == "removed":
        (copy / file).unlink()
    elif damage == "empty":
        (copy / file).write_bytes(b"")
    else:
        place = len(content) // 2
        (copy / file).write_bytes(
            content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
        )
    with pytest.raises(VersionDamaged, match=file) as caught:
        open_version(copy)
    assert "\n" not in str(caught.value)


def rewritten(directory, **changes):
    manifest = read_manifest(directory)
    versions.write_manifest(directory, manifest.model_copy(update=changes))


def test_another_version_of_a_library_is_named_with_both(copy):
    libraries = read_manifest(copy).libraries | {"scikit-learn": "0.1"}
    rewritten(copy, libraries=libraries)
    with pytest.raises(LibraryMismatch, match=r"made with scikit-learn 0\.1, and scikit-learn 1"):
        open_version(copy, "sklearn")
    assert open_version(copy, "compiled").engine_name == "compiled"  # which needs none of it


def test_an_engine_that_was_refused_is_not_opened(copy):
    engines = read_manifest(copy).engines
    refused = {**engines, "compiled": engines["compiled"].model_copy(update={"refused": "slow"})}
    rewritten(copy, engines=refused)
    with pytest.raises(EngineRefused, match=r"'compiled' cannot serve iris@1 \(slow\)"):
        open_version(copy, "compiled")


def test_an_engine_that_answers_its_sample_wrongly_is_not_opened(copy):
    document = orjson.loads((copy / "sample.json").read_bytes())
    document["predictions"][3] = "virginica"
    content = orjson.dumps(document)
    (copy / "sample.json").write_bytes(content)
    files = {**read_manifest(copy).files, "sample.json": versions.sha256(content)}
    rewritten(copy, files=files)
    with pytest.raises(VersionDamaged, match="answers otherwise: row 3"):
        open_version(copy)


def test_a_version_that_fails_its_own_sample_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("shared.model.creation.find_wrong_answer", lambda *_: "row 0")
    with pytest.raises(
        ModelRefused, match=r"read back from its file it answers otherwise \(row 0\)"
    ):
        made(LogisticRegression(max_iter=300).fit(IRIS.data, IRIS.target), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_sample_is_spread_over_all_rows(tmp_path):
    rows = [[float(number)] for number in range(1000)]
    estimator = LinearRegression().fit(rows, [2 * row[0] for row in rows])
    made(estimator, tmp_path, rows)
    found = [row[0] for row in open_model(tmp_path).sample.rows]
    assert len(found) == 256
    assert found[0] == 0.0
    assert found[-1] > 990


@pytest.mark.parametrize(
    ("name", "rows", "absent"),
    [
        ("iris", 1, ["numpy", "scipy", "sklearn", "skops", "pandas", "treelite"]),
        ("iris", 1024, ["scipy", "sklearn", "skops", "pandas", "treelite"]),
        ("digits", 1, ["sklearn", "skops", "pandas"]),
    ],
)
def test_a_worker_with_a_compiled_model_imports_little(name, rows, absent):
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from shared.model.model import open_model\n"
        "model = open_model(Path(sys.argv[1]))\n"
        "model.answer([list(model.sample.rows[0])] * int(sys.argv[2]))\n"
        "print(*(name for name in sys.argv[3:] if name in sys.modules))\n"
    )
    arguments = [str(built_in_version(name)), str(rows), *absent]
    found = subprocess.check_output(
        [sys.executable, "-c", script, *arguments], text=True, cwd=Path(__file__).parents[3]
    )
    assert found.split() == []
