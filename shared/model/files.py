"""Files of models: written whole by skops, and read without executing anything in them.

skops takes seconds to import, so only the functions that need it import it.
"""

import json
import os
import secrets
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

from shared.errors import ModelFileUntrusted, ModelFileUnusable, TooManyOutputs
from shared.model.inference import Model

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

# Raised by reading a file that is no model, or no longer a whole one.
_DAMAGE = (AttributeError, KeyError, RecursionError, TypeError, ValueError, zipfile.BadZipFile)


def store(model: Model, path: Path) -> None:
    """Write `model` to `path` in one step: nobody ever sees half a file there."""
    import skops.io  # noqa: PLC0415 - slow to import

    document = {"name": model.name, "version": model.version, "pipeline": model.pipeline}
    # Unlike a temporary file of the library, it may be read by whom the umask lets.
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with unfinished.open("xb") as file:
            skops.io.dump(document, file)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def load(path: Path) -> Model:
    """Return the model in the file at `path`; nothing that the file brings is executed.

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
        _forget_names(document["pipeline"])
        model = Model(document["name"], document["version"], document["pipeline"])
        outputs = model.outputs
    except (*_DAMAGE, OSError) as exc:
        raise ModelFileUnusable(path, str(exc) or type(exc).__name__) from exc
    if outputs > 1:
        raise TooManyOutputs(path, outputs)
    return model


def _forget_names(pipeline: Any) -> None:
    """Let the steps forget the names of the columns that they were fitted on.

    Rows are plain arrays, so scikit-learn would warn of the names that they lack at each request.
    """
    for _, step in pipeline.steps:
        vars(step).pop("feature_names_in_", None)


def _types(node: object) -> set[tuple[str, str, str]]:
    """Return every type in a skops schema, with the way in which it would be loaded."""
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
