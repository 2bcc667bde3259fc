"""Files of estimators: written by skops, and read without executing anything in them.

skops and scikit-learn take seconds to import, so only the functions that need them import them.
"""

import hashlib
import json
import zipfile
from collections.abc import Collection
from io import BytesIO
from pathlib import Path
from typing import Any

from shared.model.errors import ModelFileUntrusted, ModelFileUnusable

# Ways of loading that only make data or an object of a trusted class. The others call something
# that the file names (a function, a method, a constructor), so each of those is asked about.
_PLAIN_LOADERS = frozenset(
    {
        "BytearrayNode",
        "BytesNode",
        "DTypeNode",
        "DefaultDictNode",
        "DictNode",
        "JsonNode",
        "ListNode",
        "LossNode",
        "MaskedArrayNode",
        "NdArrayNode",
        "ObjectNode",
        "RandomGeneratorNode",
        "RandomStateNode",
        "SetNode",
        "SliceNode",
        "SparseMatrixNode",
        "TreeNode",
        "TupleNode",
        "TypeNode",
        "_DictWithDeprecatedKeysNode",
    }
)
# Not trusted by skops, and of arrays with text: what the values of an array are.
_HARMLESS = frozenset({"numpy.dtype"})

_SCHEMA = "schema.json"

# Raised by reading a file that is no model, or no longer a whole one.
DAMAGE = (
    AttributeError,
    EOFError,
    ImportError,
    KeyError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
)


def write_estimator(estimator: Any) -> bytes:
    """Return a fitted estimator as a skops file, the same bytes for the same estimator."""
    import skops.io  # noqa: PLC0415 - slow to import

    written = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(skops.io.dumps(estimator))) as archive,
        zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as dateless,
    ):
        schema = json.loads(archive.read(_SCHEMA))
        names: dict[str, str] = {}
        _renumber(schema, {}, names)
        dateless.writestr(zipfile.ZipInfo(_SCHEMA), json.dumps(schema))
        for name, renamed in names.items():
            dateless.writestr(zipfile.ZipInfo(renamed), archive.read(name))
    return written.getvalue()


def _renumber(node: Any, ids: dict[int, int], names: dict[str, str]) -> None:
    """Number the objects and files of a skops schema in order, in place of addresses in memory."""
    if isinstance(node, list):
        for item in node:
            _renumber(item, ids, names)
    elif isinstance(node, dict):
        if isinstance(node.get("__id__"), int):
            node["__id__"] = ids.setdefault(node["__id__"], len(ids) + 1)
        if isinstance(node.get("file"), str):
            file = Path(node["file"])
            node["file"] = names.setdefault(node["file"], f"{len(names) + 1}{file.suffix}")
        for item in node.values():
            _renumber(item, ids, names)


def read_estimator(content: bytes, path: Path, trusted: Collection[str] = ()) -> Any:
    """Return the estimator in a skops file; nothing that the file brings is executed.

    `trusted` : types (`module.Class`) that may be loaded beside scikit-learn's and numpy's. Raises
    `ModelFileUntrusted` before any other type is touched, and `ModelFileUnusable`.
    """
    try:
        if unknown := sorted(untrusted_types(content) - set(trusted)):
            raise ModelFileUntrusted(path, unknown)
        import skops.io  # noqa: PLC0415 - slow to import

        return skops.io.loads(content, trusted=sorted({*trusted, *_HARMLESS}))
    except DAMAGE as exc:
        raise ModelFileUnusable(path, _first_line(exc)) from exc


def untrusted_types(content: bytes) -> set[str]:
    """Return the types in a skops file that are loaded only where they are trusted by name."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        schema = json.loads(archive.read(_SCHEMA))
    import skops.io  # noqa: PLC0415 - slow to import

    calling = {name for name, loader in _types(schema) if loader not in _PLAIN_LOADERS}
    unknown = set(skops.io.get_untrusted_types(data=content))
    return (unknown - _HARMLESS) | {name for name in calling if not _is_ufunc(name)}


def read_pickled(path: Path) -> Any:
    """Return what is in a pickle or joblib file, which may execute anything.

    Raises `ModelFileUnusable`.
    """
    import joblib  # type: ignore[import-untyped]  # noqa: PLC0415 - slow to import

    try:
        return joblib.load(path)
    except Exception as exc:  # a pickle may raise whatever it likes
        raise ModelFileUnusable(path, _first_line(exc)) from exc


def sha256(content: bytes) -> str:
    """Return the hexadecimal digest."""
    return hashlib.sha256(content).hexdigest()


def _is_ufunc(name: str) -> bool:
    from skops.io._trusted_types import (  # noqa: PLC0415 - slow to import
        NUMPY_UFUNC_TYPE_NAMES,
        SCIPY_UFUNC_TYPE_NAMES,
    )

    return name in NUMPY_UFUNC_TYPE_NAMES or name in SCIPY_UFUNC_TYPE_NAMES


def _types(node: object) -> set[tuple[str, str]]:
    """Return every type in a skops schema, with the way in which it would be loaded."""
    if isinstance(node, list):
        return set().union(*map(_types, node))
    if not isinstance(node, dict):
        return set()
    inner = set().union(*map(_types, node.values()))
    if "__class__" in node or "__loader__" in node:
        name = f"{node.get('__module__')}.{node.get('__class__')}"
        inner.add((name, str(node.get("__loader__"))))
    return inner


def _first_line(exc: Exception) -> str:
    return (str(exc) or type(exc).__name__).splitlines()[0]
