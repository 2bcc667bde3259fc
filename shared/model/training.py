"""The models that podium brings along: trained on scikit-learn's data, always the same.

scikit-learn takes seconds to import, so only the functions that need it import it.
"""

from pathlib import Path
from typing import Any

from shared.model.built_in import BuiltInName
from shared.model.creation import NewModel
from shared.model.files import sha256

# One row in so many is held out while the scores are taken.
_HELD_OUT = 4


def train(name: BuiltInName) -> NewModel:
    """Return the model of this name, trained now on all rows; its scores are of a quarter.

    iris : scaled logistic regression; sepal and petal lengths and widths in cm, names of species.
    digits : a forest of 100 trees; 64 pixels of a handwritten digit, 0 to 16.
    breast-cancer : histogram gradient boosting; 30 measurements of a tumour's cells.
    diabetes : scaled ridge regression; ten values of a patient, centred and scaled as scikit-learn
        has them; a prediction measures the progress of the disease in a year.
    """
    from sklearn import datasets  # noqa: PLC0415 - slow to import
    from sklearn.base import clone  # noqa: PLC0415
    from sklearn.model_selection import train_test_split  # noqa: PLC0415
    from threadpoolctl import (  # type: ignore[import-untyped]  # noqa: PLC0415
        threadpool_limits,
    )

    load = {
        "iris": datasets.load_iris,
        "digits": datasets.load_digits,
        "breast-cancer": datasets.load_breast_cancer,
        "diabetes": datasets.load_diabetes,
    }[name]
    data = load()
    target = data.target
    if name in {"iris", "breast-cancer"}:
        target = data.target_names[target].astype(object)
    estimator = _estimator(name)
    rows, held_out, answers, right = train_test_split(
        data.data, target, test_size=1 / _HELD_OUT, random_state=0
    )
    with threadpool_limits(1):  # the sums of several threads are rounded otherwise
        score = float(clone(estimator).fit(rows, answers).score(held_out, right))
        estimator.fit(data.data, target)
    return NewModel(
        name=name,
        estimator=estimator,
        rows=data.data.tolist(),
        columns=[str(column) for column in data.feature_names],
        code_sha256=sha256(Path(__file__).read_bytes()),
        scores={"r2" if name == "diabetes" else "accuracy": score},
    )


def _estimator(name: BuiltInName) -> Any:
    from sklearn.ensemble import (  # noqa: PLC0415 - slow to import
        HistGradientBoostingClassifier,
        RandomForestClassifier,
    )
    from sklearn.linear_model import LogisticRegression, Ridge  # noqa: PLC0415
    from sklearn.pipeline import Pipeline  # noqa: PLC0415
    from sklearn.preprocessing import StandardScaler  # noqa: PLC0415

    match name:
        case "iris":
            return Pipeline(
                [("scale", StandardScaler()), ("classify", LogisticRegression(random_state=0))]
            )
        case "digits":
            return RandomForestClassifier(100, random_state=0)
        case "breast-cancer":
            return HistGradientBoostingClassifier(random_state=0)
        case "diabetes":
            return Pipeline([("scale", StandardScaler()), ("regress", Ridge())])
