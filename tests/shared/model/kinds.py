"""Kinds of estimators and pipelines, by what serves them: a compiled engine or scikit-learn."""

from sklearn import discriminant_analysis, ensemble, linear_model, naive_bayes, neighbors, svm, tree
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    PolynomialFeatures,
    RobustScaler,
    StandardScaler,
)

FEW = {"n_estimators": 7, "random_state": 0}

CLASSIFIERS = {
    "logistic": linear_model.LogisticRegression(max_iter=500),
    "scaled logistic": make_pipeline(StandardScaler(), linear_model.LogisticRegression()),
    "robust logistic": make_pipeline(RobustScaler(), linear_model.LogisticRegression()),
    "logistic in 0 to 1": make_pipeline(MinMaxScaler(), linear_model.LogisticRegression()),
    "logistic to 1": make_pipeline(MaxAbsScaler(), linear_model.LogisticRegression()),
    "pca logistic": make_pipeline(StandardScaler(), PCA(2), linear_model.LogisticRegression()),
    "whitened": make_pipeline(PCA(2, whiten=True), linear_model.LogisticRegression()),
    "ridge classifier": make_pipeline(StandardScaler(), linear_model.RidgeClassifier()),
    "linear svc": make_pipeline(StandardScaler(), svm.LinearSVC()),
    "sgd hinge": make_pipeline(StandardScaler(), linear_model.SGDClassifier(random_state=0)),
    "sgd log": make_pipeline(
        StandardScaler(), linear_model.SGDClassifier(loss="log_loss", random_state=0)
    ),
    "lda": discriminant_analysis.LinearDiscriminantAnalysis(),
    "tree": tree.DecisionTreeClassifier(random_state=0),
    "extra tree": tree.ExtraTreeClassifier(random_state=0),
    "forest": ensemble.RandomForestClassifier(**FEW),
    "large forest": ensemble.RandomForestClassifier(45, random_state=0),
    "extra trees": ensemble.ExtraTreesClassifier(**FEW),
    "scaled forest": make_pipeline(StandardScaler(), ensemble.RandomForestClassifier(**FEW)),
    "boosting": ensemble.GradientBoostingClassifier(**FEW),
    "large boosting": ensemble.GradientBoostingClassifier(n_estimators=30, random_state=0),
    "histogram boosting": ensemble.HistGradientBoostingClassifier(max_iter=30),
    "scaled boosting": make_pipeline(
        MinMaxScaler(), ensemble.HistGradientBoostingClassifier(max_iter=7)
    ),
}
REGRESSIONS = {
    "linear": linear_model.LinearRegression(),
    "scaled ridge": make_pipeline(StandardScaler(), linear_model.Ridge()),
    "lasso": make_pipeline(StandardScaler(), linear_model.Lasso(0.01)),
    "elastic net": linear_model.ElasticNet(0.01),
    "bayesian ridge": linear_model.BayesianRidge(),
    "huber": make_pipeline(StandardScaler(), linear_model.HuberRegressor(max_iter=1000)),
    "regression tree": tree.DecisionTreeRegressor(random_state=0),
    "regression forest": ensemble.RandomForestRegressor(**FEW),
    "regression extra trees": ensemble.ExtraTreesRegressor(45, random_state=0),
    "regression boosting": ensemble.GradientBoostingRegressor(n_estimators=30, random_state=0),
    "regression histogram boosting": ensemble.HistGradientBoostingRegressor(max_iter=30),
    "poisson boosting": ensemble.HistGradientBoostingRegressor(loss="poisson", max_iter=7),
}
# What no compiled engine has; scikit-learn serves it.
OTHER_CLASSIFIERS = {
    "svc": svm.SVC(),
    "svc with probabilities": svm.SVC(probability=True, random_state=0),
    "neighbours": neighbors.KNeighborsClassifier(),
    "naive bayes": naive_bayes.GaussianNB(),
    "network": make_pipeline(StandardScaler(), MLPClassifier((5,), max_iter=50, random_state=0)),
    "polynomial": make_pipeline(PolynomialFeatures(), linear_model.LogisticRegression()),
    "imputed": make_pipeline(SimpleImputer(), linear_model.LogisticRegression()),
    "columns": make_pipeline(
        ColumnTransformer([("scale", StandardScaler(), [0, 1])], remainder="passthrough"),
        linear_model.LogisticRegression(max_iter=500),
    ),
    "encoded": make_pipeline(
        ColumnTransformer([("code", OneHotEncoder(handle_unknown="ignore"), [3])]),
        linear_model.LogisticRegression(),
    ),
    "voting": ensemble.VotingClassifier(
        [("a", naive_bayes.GaussianNB()), ("b", tree.DecisionTreeClassifier())], voting="soft"
    ),
}
OTHER_REGRESSIONS = {
    "svr": svm.SVR(),
    "regression neighbours": neighbors.KNeighborsRegressor(),
    "regression network": make_pipeline(
        StandardScaler(), MLPRegressor(hidden_layer_sizes=(5,), max_iter=50, random_state=0)
    ),
}
