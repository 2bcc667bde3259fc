"""The model: trained once with scikit-learn, stored with skops, and asked for predictions.

`python -m shared.model.inference PATH` trains the iris model, a classifier, and stores it;
`--model diabetes` the other one, which is a regression. scikit-learn and skops take seconds to
import, so only the functions that need them do that.
"""

import argparse
import functools
import json
import os
import zipfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from shared.errors import ModelFileUntrusted, ModelFileUnusable, TooManyOutputs
from shared.problems import ContentError, InvalidContent
from shared.schemas import Rows, read_rows

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

ModelName = Literal["iris", "diabetes"]
MODEL_NAMES: tuple[ModelName, ...] = get_args(ModelName)

_VERSION = "1"

# Every (module, class, way of loading) that `store` writes. skops trusts many more by itself.
_TRUSTED = frozenset(
    {
        ("builtins", "dict", "DictNode"),
        ("builtins", "list", "ListNode"),
        ("builtins", "str", "JsonNode"),
        ("builtins", "str", "TypeNode"),
        ("builtins", "tuple", "TupleNode"),
        ("numpy", "float64", "NdArrayNode"),
        ("numpy", "ndarray", "NdArrayNode"),
        ("sklearn.linear_model._logistic", "LogisticRegression", "ObjectNode"),
        ("sklearn.linear_model._ridge", "Ridge", "ObjectNode"),
        ("sklearn.pipeline", "Pipeline", "ObjectNode"),
        ("sklearn.preprocessing._data", "StandardScaler", "ObjectNode"),
    }
)

# What reading a file raises that is no model, or no longer a whole one.
_DAMAGE = (AttributeError, KeyError, RecursionError, TypeError, ValueError, zipfile.BadZipFile)


@dataclass(frozen=True)
class Model:
    """A fitted scikit-learn pipeline under its name and version."""

    name: str
    version: str
    pipeline: "Pipeline"

    @property
    def features(self) -> int:
        """How many numbers a row has."""
        return int(self.pipeline.n_features_in_)

    @property
    def outputs(self) -> int:
        """How many predictions a row has: 1 of a classifier, and as many as were fitted else."""
        estimator = self.pipeline.steps[-1][1]
        return 1 if hasattr(estimator, "predict_proba") else len(np.atleast_2d(estimator.coef_))

    def predict(self, instances: list[object]) -> dict[str, object]:
        """The answer to a predict request, in the contract's order of members.

        A classifier's prediction is the name of the class of the largest probability, the first
        of equals; the name is text, of a class that is a number as well. Raises `InvalidContent`
        for rows that are none, or too large for the model.
        """
        rows = read_rows(instances, self.features)
        answer: dict[str, object] = {"model": {"name": self.name, "version": self.version}}
        estimator = self.pipeline.steps[-1][1]
        # Overflow is found by looking at the results; numpy need not warn of it as well.
        with np.errstate(over="ignore", invalid="ignore"):
            rows, in_range = self._transform(rows)
            classifies = hasattr(estimator, "predict_proba")
            results = estimator.predict_proba(rows) if classifies else estimator.predict(rows)
        in_range &= np.isfinite(results.reshape(len(rows), -1)).all(axis=1)
        if not in_range.all():
            raise InvalidContent(
                [
                    ContentError(f"/instances/{index}", "is out of the model's range")
                    for index in np.flatnonzero(~in_range)
                ]
            )
        if not classifies:
            return answer | {"predictions": results.tolist()}
        predictions = estimator.classes_.astype(str)[results.argmax(axis=1)].tolist()
        return answer | {"predictions": predictions, "probabilities": results.tolist()}

    def _transform(self, rows: Rows) -> tuple[Rows, Any]:
        """The rows as the last step takes them, and which of them stayed finite.

        One that did not is replaced by zeros, for scikit-learn would refuse all of them.
        """
        in_range = np.ones(len(rows), dtype=bool)
        for _, step in self.pipeline.steps[:-1]:
            rows = step.transform(rows)
            finite = np.isfinite(rows).all(axis=1)
            if not finite.all():
                rows[~finite] = 0.0
                in_range &= finite
        return rows, in_range


@functools.cache
def train(name: ModelName = "iris") -> Model:
    """The model of this name, which is trained at the first call."""
    from shared.model.training import diabetes_pipeline, iris_pipeline  # noqa: PLC0415 - slow to import

    return Model(name, _VERSION, iris_pipeline() if name == "iris" else diabetes_pipeline())


def store(model: Model, path: Path) -> None:
    """Writes `model` to `path` in one step: nobody ever sees half a file there."""
    import skops.io  # noqa: PLC0415 - slow to import

    document = {"name": model.name, "version": model.version, "pipeline": model.pipeline}
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        try:
            skops.io.dump(document, file)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink()
            raise


def load(path: Path) -> Model:
    """The model in the file at `path`, which executes nothing that the file brings.

    Raises `ModelFileUntrusted` before any type beyond the trusted ones is touched,
    `ModelFileUnusable`, and `TooManyOutputs` for a regression that predicts several numbers a row.
    """
    try:
        content = path.read_bytes()
        with zipfile.ZipFile(BytesIO(content)) as archive:
            schema = json.loads(archive.read("schema.json"))
        if untrusted := _types(schema) - _TRUSTED:
            types = sorted(f"{module}.{name} as {loader}" for module, name, loader in untrusted)
            raise ModelFileUntrusted(path, types)
        import skops.io  # noqa: PLC0415 - slow to import

        document = skops.io.loads(content)
        model = Model(document["name"], document["version"], document["pipeline"])
        outputs = model.outputs
    except (*_DAMAGE, OSError) as exc:
        raise ModelFileUnusable(path, str(exc) or type(exc).__name__) from exc
    if outputs > 1:
        raise TooManyOutputs(path, outputs)
    return model


def ensure_model(path: Path) -> None:
    """Trains the model and stores it at `path`, unless there is a file already."""
    if not path.exists():
        store(train(), path)


def _types(node: object) -> set[tuple[str, str, str]]:
    """Every type that a skops schema asks for, with the way in which it would be loaded."""
    if isinstance(node, list):
        return set().union(*map(_types, node))
    if not isinstance(node, dict):
        return set()
    inner = set().union(*map(_types, node.values()))
    if "__class__" in node or "__loader__" in node:
        module, name, loader = (
            str(node.get(key)) for key in ("__module__", "__class__", "__loader__")
        )
        inner.add((module, name, loader))
    return inner


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Train a model and store it.")
    parser.add_argument("path", type=Path, help="file to write, such as iris.skops")
    parser.add_argument("--model", choices=MODEL_NAMES, default="iris", help="iris unless given")
    asked = parser.parse_args()
    store(train(asked.model), asked.path)
