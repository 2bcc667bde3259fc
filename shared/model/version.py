"""A version of a model as a directory: its manifest, its files, and how one is opened.

manifest.json    the manifest, under its own SHA-256
model.skops      the fitted estimator
sample.json      rows with scikit-learn's answers
compiled.json    the compiled form, where there is one
compiled.trees   the serialised trees that it speaks of, where it does
"""

import math
import threading
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import orjson
from pydantic import TypeAdapter, ValidationError

from shared.contract import MAX_ROWS
from shared.model.engine import Engine, Outcome, Rows
from shared.model.errors import EngineRefused, LibraryMismatch, VersionDamaged
from shared.model.files import read_estimator, sha256
from shared.model.linear import LinearForm, prepare_linear
from shared.model.manifest import AnsweredRows, EngineName, Manifest

if TYPE_CHECKING:
    from shared.model.batching import Batches

MANIFEST = "manifest.json"
ESTIMATOR = "model.skops"
SAMPLE = "sample.json"
COMPILED = "compiled.json"
TREES = "compiled.trees"

EngineChoice = Literal["auto", "sklearn", "compiled", "batched"]

# Libraries whose other version may read or answer otherwise, by engine and form.
NEEDED: Mapping[str, tuple[str, ...]] = {
    "sklearn": ("scikit-learn", "skops", "numpy"),
    "linear": (),
    "trees": ("treelite",),
}
LIBRARIES = ("scikit-learn", "numpy", "scipy", "skops", "treelite")
"""What a version's files and answers depend on."""

TOLERANCE = 1e-9
"""Probabilities and values agree within this, absolute plus relative; and labels wherever the
reference's margin is larger."""


def write_manifest(directory: Path, manifest: Manifest) -> None:
    """Write the manifest into a version's directory, under its SHA-256."""
    content = orjson.dumps(manifest.model_dump(mode="json"))
    document = {"sha256": sha256(content), "manifest": orjson.Fragment(content)}
    (directory / MANIFEST).write_bytes(orjson.dumps(document))


def read_manifest(directory: Path) -> Manifest:
    """Return a version's manifest; raises `VersionDamaged`."""
    content = _read(directory, MANIFEST)
    try:
        document = orjson.loads(content)
        manifest = Manifest.model_validate(document["manifest"])
    except (orjson.JSONDecodeError, KeyError, TypeError, ValidationError) as exc:
        raise VersionDamaged(directory, f"{MANIFEST} is no manifest") from exc
    if sha256(orjson.dumps(document["manifest"])) != document["sha256"]:
        raise VersionDamaged(directory, f"{MANIFEST} was changed")
    return manifest


def read_files(directory: Path, manifest: Manifest) -> dict[str, bytes]:
    """Return a version's files by name; raises `VersionDamaged` if one is not what it was."""
    files = {name: _read(directory, name) for name in manifest.files}
    for name, content in files.items():
        if sha256(content) != manifest.files[name]:
            raise VersionDamaged(directory, f"{name} was changed")
    return files


def read_sample(directory: Path, manifest: Manifest) -> AnsweredRows:
    """Return a version's sample rows with their answers; raises `VersionDamaged`."""
    return _sample(read_files(directory, manifest), directory)


class OpenVersion(NamedTuple):
    """A version whose engine has answered its sample rows; `batches` : the engine, if batched."""

    manifest: Manifest
    engine: Engine
    engine_name: EngineName | Literal["batched"]
    sample: AnsweredRows
    batches: "Batches | None" = None


def open_version(directory: Path, engine: EngineChoice = "auto") -> OpenVersion:
    """Return what is in a version's directory, having asked its engine the sample rows.

    Raises `VersionDamaged`, `LibraryMismatch` and `EngineRefused`.
    """
    manifest = read_manifest(directory)
    asked = "sklearn" if engine == "batched" else engine
    name: EngineName = manifest.engine if asked == "auto" else asked
    identity = f"{manifest.name}@{manifest.version}"
    report = manifest.engines.get(name)
    if report is None or report.refused is not None:
        reason = "the version has none" if report is None else str(report.refused)
        raise EngineRefused(identity, name, reason)
    files = read_files(directory, manifest)
    answer = prepare(name, files, manifest, directory)
    sample = _sample(files, directory)
    # One by one a linear model needs no numpy, whose import takes longer than all of this.
    rows_a_call = 1 if name == "compiled" else MAX_ROWS
    if (why := find_wrong_answer(answer, sample, rows_a_call)) is not None:
        raise VersionDamaged(directory, f"its {name} engine answers otherwise: {why}")
    if engine == "batched":
        from shared.model.batching import Batches  # noqa: PLC0415 - imports asyncio

        batches = Batches(answer)
        return OpenVersion(manifest, batches, engine, sample, batches)
    return OpenVersion(manifest, answer, name, sample)


def prepare(
    name: EngineName, files: Mapping[str, bytes], manifest: Manifest, directory: Path
) -> Engine:
    """Return the engine of that name; raises `LibraryMismatch` and `VersionDamaged`."""
    if name == "sklearn":
        _require_libraries("sklearn", manifest)
        from shared.model.reference import prepare_reference  # noqa: PLC0415 - imports numpy

        estimator = read_estimator(files[ESTIMATOR], directory / ESTIMATOR, manifest.trusted)
        engine = prepare_reference(estimator, manifest)
        return engine if manifest.thread_safe else _one_at_a_time(engine)
    document = orjson.loads(files[COMPILED])
    _require_libraries(document["kind"], manifest)
    if document["kind"] == "linear":
        return prepare_linear(LinearForm.model_validate(document["form"]))
    from shared.model.trees import TreeForm, prepare_trees  # noqa: PLC0415 - imports treelite

    models, content = [], files[TREES]
    for length in document["lengths"]:
        models.append(content[:length])
        content = content[length:]
    return prepare_trees(TreeForm.model_validate(document["form"]), models)


def find_wrong_answer(
    engine: Engine, sample: AnsweredRows, rows_a_call: int = MAX_ROWS
) -> str | None:
    """Return where an engine's answers to the sample differ from scikit-learn's, or `None`."""
    expected = _answers(sample)
    for start in range(0, len(sample.rows), rows_a_call):
        try:
            outcome = engine(sample.rows[start : start + rows_a_call])
        except Exception as exc:
            return f"{type(exc).__name__}: {exc}"
        if outcome.out_of_range:
            return f"row {start + outcome.out_of_range[0]} is out of range"
        for index in range(len(outcome.predictions)):
            if not _agree(expected[start + index], _answer(outcome, index)):
                return f"row {start + index}"
    return None


def _answers(sample: AnsweredRows) -> list[Any]:
    return [
        (prediction, None if sample.probabilities is None else sample.probabilities[index])
        for index, prediction in enumerate(sample.predictions)
    ]


def _answer(outcome: Outcome, index: int) -> Any:
    probabilities = outcome.probabilities
    return outcome.predictions[index], None if probabilities is None else probabilities[index]


def _agree(expected: Any, found: Any) -> bool:
    (prediction, probabilities), (other, others) = expected, found
    if probabilities is None or others is None:
        if probabilities is not others:
            return False
        if isinstance(prediction, str):
            return bool(prediction == other)
        return _near([prediction], [other])
    best = sorted(probabilities)[-2:]
    tied = len(best) == 2 and best[1] - best[0] <= TOLERANCE
    return (prediction == other or tied) and _near(probabilities, others)


def _near(expected: list[float], found: list[float]) -> bool:
    return len(expected) == len(found) and all(
        math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
        for one, other in zip(expected, found, strict=True)
    )


def _one_at_a_time(engine: Engine) -> Engine:
    """Return an engine that threads ask one after the other."""
    lock = threading.Lock()

    def predict(rows: Rows) -> Outcome:
        with lock:
            return engine(rows)

    return predict


def _require_libraries(kind: str, manifest: Manifest) -> None:
    for library in NEEDED[kind]:
        found = library_version(library)
        made_with = manifest.libraries.get(library, "")
        if found != made_with:
            identity = f"{manifest.name}@{manifest.version}"
            raise LibraryMismatch(identity, library, made_with, found)


def library_version(library: str) -> str | None:
    """Return the version of an installed library, or `None`; nothing is imported."""
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return None


def _read(directory: Path, name: str) -> bytes:
    try:
        return (directory / name).read_bytes()
    except FileNotFoundError as exc:
        raise VersionDamaged(directory, f"{name} is missing") from exc
    except OSError as exc:
        raise VersionDamaged(directory, f"{name}: {exc.strerror}") from exc


def _sample(files: Mapping[str, bytes], directory: Path) -> AnsweredRows:
    try:
        return TypeAdapter(AnsweredRows).validate_json(files[SAMPLE])
    except (KeyError, ValidationError) as exc:
        raise VersionDamaged(directory, f"{SAMPLE} holds no sample") from exc
