"""How the iris model is trained; the one module here that imports scikit-learn, which is slow."""

from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler


def iris_pipeline() -> Pipeline:
    """Scaled logistic regression, fitted on scikit-learn's iris data; the same at each call.

    A row is sepal length, sepal width, petal length and petal width, in cm; the classes are the
    names of the species.
    """
    iris = load_iris()
    pipeline = Pipeline(
        [("scale", StandardScaler()), ("classify", LogisticRegression(random_state=0))]
    )
    return pipeline.fit(iris.data, iris.target_names[iris.target])
