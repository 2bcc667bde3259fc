"""Compiling: from a fitted estimator or pipeline to the form that a compiled engine runs.

scikit-learn and treelite take long to import, so the functions import what they need.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from shared.model.linear import Elementwise, LinearForm, Link, Product, Stage
from shared.model.manifest import Feature
from shared.model.trees import Link as TreeLink
from shared.model.trees import TreeForm

# Nodes of so many trees stay in a core's cache while many rows go through them.
TREES_A_GROUP = 8


class NotCompiled(Exception):
    """There is no compiled form; the text says of what."""


@dataclass(frozen=True)
class Compiled:
    """A compiled form: `form`, and the serialised models that a form of trees comes with."""

    form: LinearForm | TreeForm
    models: tuple[bytes, ...] = ()


def compile_estimator(
    estimator: Any, features: list[Feature], classes: list[str] | None
) -> Compiled:
    """Return the compiled form of a fitted estimator; raises `NotCompiled`."""
    if any(feature.type == "text" for feature in features):
        raise NotCompiled("rows with text")
    steps = [step for _, step in estimator.steps] if hasattr(estimator, "steps") else [estimator]
    *transformers, last = [step for step in steps if step not in (None, "passthrough")]
    stages: list[Stage] = []
    for transformer in transformers:
        stages += _stages(transformer)
    if (trees := _tree_form(last)) is not None:
        scalers = [one for one in stages if isinstance(one, Elementwise)]
        if len(scalers) < len(stages):
            raise NotCompiled("trees behind a matrix")
        return _with_trees(last, trees, scalers, classes)
    if any(feature.nullable for feature in features):
        raise NotCompiled("a model other than trees that takes missing values")
    product, link = _coefficients(last)
    return Compiled(LinearForm(stages=[*stages, product], link=link, classes=classes))


def _stages(transformer: Any) -> list[Stage]:
    """Return the stages of a transformer, with the arithmetic that it does itself."""
    from sklearn import preprocessing  # noqa: PLC0415 - slow to import
    from sklearn.decomposition import PCA, TruncatedSVD  # noqa: PLC0415

    match transformer:
        case preprocessing.StandardScaler():
            return _elementwise(subtract=transformer.mean_, divide=transformer.scale_)
        case preprocessing.RobustScaler():
            return _elementwise(subtract=transformer.center_, divide=transformer.scale_)
        case preprocessing.MinMaxScaler(clip=False):
            return _elementwise(multiply=transformer.scale_, add=transformer.min_)
        case preprocessing.MaxAbsScaler():
            return _elementwise(divide=transformer.scale_)
        case PCA():
            components = transformer.components_
            scale = np.ones(len(components))
            if transformer.whiten:
                scale = np.sqrt(transformer.explained_variance_)
            return [
                *_elementwise(subtract=transformer.mean_),
                _product(components / scale[:, None]),
            ]
        case TruncatedSVD():
            return [_product(transformer.components_)]
    raise NotCompiled(type(transformer).__name__)


def _elementwise(**operations: Any) -> list[Stage]:
    return [
        Elementwise(operation=operation, by=by.tolist())  # type: ignore[arg-type]
        for operation, by in operations.items()
        if by is not None  # such as a scaler without a mean
    ]


def _product(matrix: Any, intercepts: Any = 0.0) -> Product:
    matrix = np.atleast_2d(matrix)
    filled = np.broadcast_to(np.ravel(intercepts), (len(matrix),))
    return Product(matrix=matrix.tolist(), intercepts=filled.tolist())


def _coefficients(estimator: Any) -> tuple[Product, Link]:
    """Return the last stage of a linear model, and what its scores mean."""
    from sklearn import discriminant_analysis, linear_model, svm  # noqa: PLC0415 - slow to import

    linear = linear_model
    values = (
        linear.ARDRegression,
        linear.BayesianRidge,
        linear.ElasticNet,  # Lasso is one
        linear.HuberRegressor,
        linear.Lars,
        linear.LinearRegression,
        linear.OrthogonalMatchingPursuit,
        linear.Ridge,
        linear.RidgeCV,
        linear.SGDRegressor,
        linear.TheilSenRegressor,
        svm.LinearSVR,
    )
    classes = (
        linear.Perceptron,
        linear.PassiveAggressiveClassifier,
        linear.RidgeClassifier,
        linear.RidgeClassifierCV,
        svm.LinearSVC,
    )
    link: Link
    match estimator:
        case linear.LogisticRegression():
            binary = len(estimator.classes_) == 2
            one_vs_rest = estimator.solver == "liblinear"
            link = "logistic" if binary else "one_vs_rest" if one_vs_rest else "softmax"
        case discriminant_analysis.LinearDiscriminantAnalysis():
            link = "logistic" if len(estimator.classes_) == 2 else "softmax"
        case linear.SGDClassifier(loss="log_loss"):
            link = "logistic" if len(estimator.classes_) == 2 else "one_vs_rest"
        case _ if isinstance(estimator, values):
            link = "value"
        case _ if isinstance(estimator, classes) or type(estimator) is linear.SGDClassifier:
            link = "class"
        case _:
            raise NotCompiled(type(estimator).__name__)
    return _product(estimator.coef_, estimator.intercept_), link


@dataclass(frozen=True)
class _Trees:
    """`whole` : an estimator that treelite knows. `rounded` : see `TreeForm`.

    `part` : returns the same with some of its trees (or rounds of boosting). `count` : of those.
    """

    whole: Any
    rounded: bool
    count: int
    part: Callable[[int, int], Any]


def _tree_form(estimator: Any) -> _Trees | None:
    from sklearn import ensemble, tree  # noqa: PLC0415 - slow to import

    forests = {
        tree.DecisionTreeClassifier: ensemble.RandomForestClassifier,
        tree.DecisionTreeRegressor: ensemble.RandomForestRegressor,
        tree.ExtraTreeClassifier: ensemble.RandomForestClassifier,
        tree.ExtraTreeRegressor: ensemble.RandomForestRegressor,
    }
    if (forest := forests.get(type(estimator))) is not None:
        estimator = _forest_of_one(forest, estimator)
    match estimator:
        case (
            ensemble.RandomForestClassifier()
            | ensemble.RandomForestRegressor()
            | ensemble.ExtraTreesClassifier()
            | ensemble.ExtraTreesRegressor()
        ):
            return _Trees(
                estimator, True, len(estimator.estimators_), _slicer(estimator, "estimators_")
            )
        case ensemble.GradientBoostingClassifier() | ensemble.GradientBoostingRegressor():
            return _Trees(
                estimator, True, len(estimator.estimators_), _slicer(estimator, "estimators_")
            )
        case ensemble.HistGradientBoostingClassifier() | ensemble.HistGradientBoostingRegressor():
            return _Trees(
                estimator, False, len(estimator._predictors), _slicer(estimator, "_predictors")
            )
    return None


def _forest_of_one(kind: Any, tree: Any) -> Any:
    forest = kind(n_estimators=1)
    forest.estimators_ = [tree]
    for name in ("n_features_in_", "n_outputs_", "n_classes_", "classes_"):
        if hasattr(tree, name):
            setattr(forest, name, getattr(tree, name))
    return forest


def _slicer(estimator: Any, name: str) -> Callable[[int, int], Any]:
    def part(start: int, stop: int) -> Any:
        some = copy.copy(estimator)
        kept = getattr(estimator, name)[start:stop]
        setattr(some, name, kept)
        if hasattr(some, "n_estimators_"):
            some.n_estimators_ = len(kept)
        if "n_estimators" in vars(some):
            some.n_estimators = len(kept)
        return some

    return part


def _with_trees(
    estimator: Any, trees: _Trees, scalers: list[Elementwise], classes: list[str] | None
) -> Compiled:
    import treelite.sklearn  # noqa: PLC0415 - slow to import

    try:
        whole = treelite.sklearn.import_model(trees.whole)
    except Exception as exc:  # treelite says of some models only here that it cannot
        raise NotCompiled(f"{type(estimator).__name__} ({str(exc).splitlines()[0]})") from exc
    header = whole.get_header_accessor()
    links: dict[str, TreeLink] = {
        "identity": "identity",
        "exponential": "exponential",
        "sigmoid": "logistic",
        "softmax": "softmax",
    }
    averaged = bool(header.get_field("average_tree_output")[0])
    link = "mean" if averaged else links.get(str(header.get_field("postprocessor")))
    if link is None:
        raise NotCompiled(f"{type(estimator).__name__} with its link")
    starts = range(0, trees.count, TREES_A_GROUP)
    stops = [min(start + TREES_A_GROUP, trees.count) for start in starts]
    models, sizes = [whole.serialize_bytes()], []
    if trees.count > TREES_A_GROUP:
        for start, stop in zip(starts, stops, strict=True):
            models.append(treelite.sklearn.import_model(trees.part(start, stop)).serialize_bytes())
            sizes.append(stop - start)
    form = TreeForm(
        stages=scalers,
        rounded=trees.rounded,
        link=link,
        base=np.ravel(header.get_field("base_scores")).tolist(),
        group_sizes=sizes,
        classes=classes,
    )
    return Compiled(form, tuple(models))
