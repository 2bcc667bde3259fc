"""How the models are trained; the one module here that imports scikit-learn, which is slow."""

from sklearn.datasets import load_diabetes, load_iris
from sklearn.linear_model import LogisticRegression, Ridge
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


def diabetes_pipeline() -> Pipeline:
    """Scaled ridge regression, fitted on scikit-learn's diabetes data; the same at each call.

    A row is age, sex, body mass index, blood pressure and six blood serum values, centred and
    scaled as scikit-learn has them; a prediction measures the progress of the disease in a year.
    """
    diabetes = load_diabetes()
    pipeline = Pipeline([("scale", StandardScaler()), ("regress", Ridge())])
    return pipeline.fit(diabetes.data, diabetes.target)
