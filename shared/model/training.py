"""Training of the models that podium brings along.

scikit-learn takes seconds to import, so only the functions that need it import it.
"""

import functools
from typing import TYPE_CHECKING, Literal, get_args

from shared.model.inference import Model

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

ModelName = Literal["iris", "diabetes"]
MODEL_NAMES: tuple[ModelName, ...] = get_args(ModelName)

_VERSION = "1"


@functools.cache
def train(name: ModelName = "iris") -> Model:
    """Return the model of this name, which is trained at the first call."""
    return Model(name, _VERSION, iris_pipeline() if name == "iris" else diabetes_pipeline())


def iris_pipeline() -> "Pipeline":
    """Return scaled logistic regression, fitted on scikit-learn's iris data; always the same.

    A row is sepal length, sepal width, petal length and petal width, in cm; the classes are the
    names of the species.
    """
    from sklearn.datasets import load_iris  # noqa: PLC0415 - slow to import, like the others
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415
    from sklearn.pipeline import Pipeline  # noqa: PLC0415
    from sklearn.preprocessing import StandardScaler  # noqa: PLC0415

    iris = load_iris()
    pipeline = Pipeline(
        [("scale", StandardScaler()), ("classify", LogisticRegression(random_state=0))]
    )
    return pipeline.fit(iris.data, iris.target_names[iris.target])


def diabetes_pipeline() -> "Pipeline":
    """Return scaled ridge regression, fitted on scikit-learn's diabetes data; always the same.

    A row is age, sex, body mass index, blood pressure and six blood serum values, centred and
    scaled as scikit-learn has them; a prediction measures the progress of the disease in a year.
    """
    from sklearn.datasets import load_diabetes  # noqa: PLC0415 - slow to import, like the others
    from sklearn.linear_model import Ridge  # noqa: PLC0415
    from sklearn.pipeline import Pipeline  # noqa: PLC0415
    from sklearn.preprocessing import StandardScaler  # noqa: PLC0415

    diabetes = load_diabetes()
    pipeline = Pipeline([("scale", StandardScaler()), ("regress", Ridge())])
    return pipeline.fit(diabetes.data, diabetes.target)
