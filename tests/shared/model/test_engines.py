"""Every engine answers what scikit-learn answers, and one that does not is refused."""

import copy
import warnings

import numpy as np
import pytest
from sklearn.base import clone, is_classifier
from sklearn.datasets import load_breast_cancer, load_iris

from shared.model import creation
from shared.model.compiling import Compiled, compile_estimator
from shared.model.creation import NewModel, make_version
from shared.model.linear import LinearForm
from shared.model.version import open_version
from tests.shared.model import kinds

IRIS = load_iris()
BINARY = load_breast_cancer()


def fitted(estimator, rows, target):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of networks that would need more iterations
        return clone(estimator).fit(rows, target)


def new_model(estimator, rows, target, columns=None):
    columns = columns or [f"x{number}" for number in range(rows.shape[1])]
    return NewModel("own", fitted(estimator, rows, target), rows.tolist(), columns, "")


@pytest.fixture(autouse=True)
def fewer_random_rows(monkeypatch):
    """A tenth of the rows, so that 50 kinds take seconds."""
    monkeypatch.setattr("shared.model.parity.RANDOM_ROWS", 1000)
    monkeypatch.setattr(creation, "_ROWS_ASKED_BY_THREADS", 100)


def check(new, directory, expected_engine):
    manifest = make_version(new, "1", directory)
    assert manifest.engine == expected_engine, manifest.engines
    report = manifest.engines["compiled"]
    if expected_engine == "compiled":
        assert set(report.parity.rows) == {"known", "random", "boundary", "special"}
        assert report.parity.largest_difference < 1e-9
    else:
        assert "there is no compiled form of" in report.refused
    rows = new.rows[::7]
    array = np.array(rows)
    for engine in {"sklearn", expected_engine}:
        outcome = open_version(directory, engine).engine(rows)
        reference = new.estimator.predict(array)
        if not is_classifier(new.estimator):
            assert outcome.predictions == pytest.approx(reference.tolist(), rel=1e-9, abs=1e-9)
            continue
        assert outcome.predictions == [str(label) for label in reference]
        if hasattr(new.estimator, "predict_proba"):
            expected = new.estimator.predict_proba(array)
            assert np.allclose(outcome.probabilities, expected, rtol=1e-9, atol=1e-9)
        else:
            assert outcome.probabilities is None


@pytest.mark.parametrize("kind", kinds.CLASSIFIERS)
def test_a_classifier_is_compiled_and_answers_alike(kind, tmp_path):
    estimator = kinds.CLASSIFIERS[kind]
    check(new_model(estimator, IRIS.data, IRIS.target), tmp_path, "compiled")


@pytest.mark.parametrize(
    "kind", ["scaled logistic", "lda", "sgd log", "linear svc", "forest", "large boosting"]
)
def test_a_classifier_of_two_classes_is_compiled_and_answers_alike(kind, tmp_path):
    rows, names = BINARY.data[:, :6], BINARY.target_names[BINARY.target]
    check(new_model(kinds.CLASSIFIERS[kind], rows, names), tmp_path, "compiled")


@pytest.mark.parametrize("kind", kinds.REGRESSIONS)
def test_a_regression_is_compiled_and_answers_alike(kind, tmp_path):
    rows, target = IRIS.data[:, :3], IRIS.data[:, 3]
    check(new_model(kinds.REGRESSIONS[kind], rows, target), tmp_path, "compiled")


@pytest.mark.parametrize("kind", kinds.OTHER_CLASSIFIERS)
def test_another_classifier_is_served_by_scikit_learn(kind, tmp_path):
    new = new_model(kinds.OTHER_CLASSIFIERS[kind], IRIS.data, IRIS.target)
    check(new, tmp_path, "sklearn")


@pytest.mark.parametrize("kind", kinds.OTHER_REGRESSIONS)
def test_another_regression_is_served_by_scikit_learn(kind, tmp_path):
    new = new_model(kinds.OTHER_REGRESSIONS[kind], IRIS.data[:, :3], IRIS.data[:, 3])
    check(new, tmp_path, "sklearn")


@pytest.mark.parametrize("kind", ["scaled logistic", "forest", "large boosting"])
def test_many_rows_are_answered_as_one_by_one(kind, tmp_path):
    new = new_model(kinds.CLASSIFIERS[kind], IRIS.data, IRIS.target)
    make_version(new, "1", tmp_path)
    engine = open_version(tmp_path, "compiled").engine
    rows = (new.rows * 7)[:1024]
    together, alone = engine(rows), [engine([row]) for row in rows[:150]]
    assert together.predictions[:150] == [one.predictions[0] for one in alone]
    assert np.allclose(together.probabilities[:150], [one.probabilities[0] for one in alone])


@pytest.mark.parametrize("kind", ["scaled logistic", "scaled forest", "scaled ridge"])
def test_rows_on_which_the_model_overflows_are_out_of_range_for_each_engine(kind, tmp_path):
    estimator = {**kinds.CLASSIFIERS, **kinds.REGRESSIONS}[kind]
    make_version(new_model(estimator, IRIS.data, IRIS.target), "1", tmp_path)
    good, bad = [5.1, 3.5, 1.4, 0.2], [1.7e308] * 4
    for engine in ("sklearn", "compiled"):
        answer = open_version(tmp_path, engine).engine
        assert answer([good, bad, good, bad]).out_of_range == (1, 3)
        assert answer([bad]).out_of_range == (0,)
        assert answer([bad] * 400).out_of_range == tuple(range(400))


def test_an_engine_that_answers_otherwise_is_refused_with_its_worst_row(tmp_path, monkeypatch):
    """A weight that is off by one part in a million, as a defect of the compiler would be."""

    def wrong(estimator, features, classes):
        right = compile_estimator(estimator, features, classes)
        document = copy.deepcopy(right.form.model_dump())
        document["stages"][-1]["matrix"][1][2] *= 1 + 1e-6
        return Compiled(LinearForm.model_validate(document))

    monkeypatch.setattr(creation, "compile_estimator", wrong)
    new = new_model(kinds.CLASSIFIERS["scaled logistic"], IRIS.data, IRIS.target)
    manifest = make_version(new, "1", tmp_path)
    assert manifest.engine == "sklearn"
    report = manifest.engines["compiled"]
    assert "it differs from scikit-learn: " in report.refused
    assert len(report.parity.worst.row) == 4
    assert report.parity.worst.difference > 1e-9
    assert sorted(manifest.files) == ["model.skops", "sample.json"]


def test_an_engine_that_errs_only_at_a_boundary_is_refused(tmp_path, monkeypatch):
    """Rows between the classes are looked for, where random ones never are."""

    def wrong(estimator, features, classes):
        right = compile_estimator(estimator, features, classes)
        document = copy.deepcopy(right.form.model_dump())
        document["stages"][-1]["intercepts"][0] += 1e-7
        return Compiled(LinearForm.model_validate(document))

    monkeypatch.setattr(creation, "compile_estimator", wrong)
    new = new_model(kinds.CLASSIFIERS["linear svc"], IRIS.data, IRIS.target)
    manifest = make_version(new, "1", tmp_path)
    assert manifest.engines["compiled"].parity.worst is not None
