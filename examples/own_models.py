"""Make five models as a user would, each as FILE.skops with its sample rows in FILE.csv.

    python examples/own_models.py models
    podium models add models/visits.skops --name visits --sample models/visits.csv

It needs pandas beside scikit-learn and skops.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import skops.io
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine
from sklearn.decomposition import PCA
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC

ROWS_IN_A_SAMPLE = 200


def visits():
    """Return a pipeline for text columns and missing values, fitted on a data frame."""
    rng = np.random.default_rng(0)
    count = 400
    rows = pd.DataFrame(
        {
            "age": np.where(rng.random(count) < 0.1, np.nan, rng.integers(18, 90, count)),
            "town": rng.choice(["Oslo", "Bergen", "Tromsø"], count),
            "channel": rng.choice(["web", "shop", "phone"], count),
            "spent": rng.gamma(2.0, 30.0, count).round(2),
        }
    )
    comes_back = (rows.spent > 50) ^ (rows.channel == "phone")
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    columns = ColumnTransformer(
        [
            ("numbers", numbers, ["age", "spent"]),
            ("text", OneHotEncoder(handle_unknown="ignore"), ["town", "channel"]),
        ]
    )
    return make_pipeline(columns, LogisticRegression()).fit(rows, comes_back), rows


def flowers():
    """Return a support vector machine, which gives no probabilities."""
    iris = load_iris(as_frame=True)
    return SVC().fit(iris.data, iris.target_names[iris.target]), iris.data


def tumours():
    """Return a pipeline with a principal component analysis."""
    cancer = load_breast_cancer(as_frame=True)
    pipeline = make_pipeline(StandardScaler(), PCA(5), LogisticRegression())
    return pipeline.fit(cancer.data, cancer.target_names[cancer.target]), cancer.data


def progress():
    """Return gradient boosting for a regression."""
    diabetes = load_diabetes(as_frame=True)
    return GradientBoostingRegressor(random_state=0).fit(
        diabetes.data, diabetes.target
    ), diabetes.data


def wines():
    """Return a classifier of integer classes, fitted on plain arrays."""
    wine = load_wine()
    pipeline = make_pipeline(StandardScaler(), LogisticRegression())
    return pipeline.fit(wine.data, wine.target), pd.DataFrame(wine.data, columns=wine.feature_names)


def main():
    """Write the models into the folder that is the first argument."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for make in (visits, flowers, tumours, progress, wines):
        estimator, rows = make()
        skops.io.dump(estimator, folder / f"{make.__name__}.skops")
        rows.head(ROWS_IN_A_SAMPLE).to_csv(folder / f"{make.__name__}.csv", index=False)


if __name__ == "__main__":
    main()
