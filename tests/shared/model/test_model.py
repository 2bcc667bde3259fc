"""The model answers what scikit-learn answers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.datasets import load_diabetes

from shared.content import dumps, loads
from shared.model.inference import Model
from shared.model.training import iris_pipeline, train
from shared.problems import InvalidContent
from shared.service import predict_response

SETOSA = [5.1, 3.5, 1.4, 0.2]
VIRGINICA = [6.3, 3.3, 6.0, 2.5]
ROWS = st.lists(
    st.lists(st.floats(-1e6, 1e6) | st.integers(-100, 100), min_size=4, max_size=4),
    min_size=1,
    max_size=20,
)


def errors_of(model, instances):
    with pytest.raises(InvalidContent) as caught:
        predict_response(model, instances)
    return [(error.pointer, error.detail) for error in caught.value.errors]


def test_a_classifier_names_classes_and_gives_their_probabilities(iris):
    answer = predict_response(iris, [SETOSA, VIRGINICA])
    assert list(answer) == ["model", "predictions", "probabilities"]
    assert answer["model"] == {"name": "iris", "version": "1"}
    assert answer["predictions"] == ["setosa", "virginica"]
    for row in answer["probabilities"]:
        assert len(row) == 3
        assert sum(row) == pytest.approx(1)


@pytest.mark.parametrize(
    ("classes", "name"), [([3, 10], "10"), ([False, True], "True"), ([0.0, 1.0], "1.0")]
)
def test_classes_that_are_no_text_have_names_as_well(iris, classes, name):
    pipeline = clone(iris.pipeline).fit([SETOSA, VIRGINICA], classes)
    assert predict_response(Model("numbers", "1", pipeline), [VIRGINICA])["predictions"] == [name]


def test_an_answer_is_plain_json(iris):
    answer = predict_response(iris, [SETOSA])
    assert loads(dumps(answer)) == answer


@given(ROWS)
@settings(max_examples=30)
def test_answers_are_scikit_learns(iris, instances):
    answer = predict_response(iris, instances)
    rows = np.array(instances, dtype=float)
    assert answer["probabilities"] == iris.pipeline.predict_proba(rows).tolist()
    assert answer["predictions"] == iris.pipeline.predict(rows).tolist()


def test_training_gives_the_same_model_each_time(iris):
    again = Model("iris", "1", iris_pipeline())
    assert again.pipeline is not iris.pipeline
    assert predict_response(again, [SETOSA, VIRGINICA]) == predict_response(
        iris, [SETOSA, VIRGINICA]
    )


def test_wrong_rows_are_refused_in_terms_of_the_models_features(iris):
    assert errors_of(iris, [[1, 2, 3]]) == [("/instances/0", "must have 4 numbers")]


def test_rows_on_which_the_model_overflows_are_told(iris):
    """Whether a number gets too large in the scaler, or only in the sums of the regression."""
    in_the_scaler = [1.7e308] * 4
    in_the_sums = [-8e307, 5e307, -1.7e308, -9e307]
    assert np.isfinite(iris.pipeline[0].transform(np.array([in_the_sums]))).all()
    assert errors_of(iris, [SETOSA, in_the_scaler, VIRGINICA, in_the_sums]) == [
        ("/instances/1", "is out of the model's range"),
        ("/instances/3", "is out of the model's range"),
    ]


def test_at_most_20_rows_out_of_range_are_told(iris):
    assert len(errors_of(iris, [[1.7e308] * 4] * 30)) == 20


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=4, max_size=4))
@settings(max_examples=60)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of the reference, which overflows too
def test_a_row_is_out_of_range_exactly_where_scikit_learn_fails(iris, row):
    try:
        expected = iris.pipeline.predict_proba(np.array([row])).tolist()
    except ValueError:
        expected = [[np.nan]]
    if np.isfinite(expected).all():
        assert predict_response(iris, [row])["probabilities"] == expected
    else:
        assert errors_of(iris, [row]) == [("/instances/0", "is out of the model's range")]


def test_a_regression_model_gives_numbers_and_no_probabilities():
    data, _ = load_diabetes(return_X_y=True)
    model = train("diabetes")
    instances = data[:5].tolist()
    assert model.features == 10
    assert predict_response(model, instances) == {
        "model": {"name": "diabetes", "version": "1"},
        "predictions": model.pipeline.predict(data[:5]).tolist(),
    }
    assert errors_of(model, [*instances, [1.7e308] * 10]) == [
        ("/instances/5", "is out of the model's range")
    ]


def test_a_model_gives_arrays_and_which_rows_it_can_take(iris):
    predictions = iris.predict(np.array([SETOSA, [1.7e308] * 4]))
    assert predictions.in_range.tolist() == [True, False]
    assert predictions.values[0] == "setosa"
    assert predictions.probabilities.shape == (2, 3)
    assert train("diabetes").predict(np.zeros((2, 10))).probabilities is None
