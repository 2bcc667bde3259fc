"""Making a version: an estimator is looked at, compiled, compared and written to a directory."""

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from shared.model.compiling import Compiled, NotCompiled, compile_estimator
from shared.model.engine import Engine, Outcome
from shared.model.errors import ModelRefused
from shared.model.files import sha256, untrusted_types, write_estimator
from shared.model.linear import LinearForm
from shared.model.manifest import AnsweredRows, Cell, EngineReport, Feature, Manifest
from shared.model.parity import compare, make_rows
from shared.model.reference import as_array, prepare_reference
from shared.model.version import (
    COMPILED,
    ESTIMATOR,
    LIBRARIES,
    SAMPLE,
    TREES,
    find_wrong_answer,
    library_version,
    prepare,
    write_manifest,
)

SAMPLE_ROWS = 256

_THREADS = 8
_ROWS_ASKED_BY_THREADS = 1000
_ROWS_A_CALL = 25


@dataclass(frozen=True)
class NewModel:
    """What a version is made of.

    rows : rows that the estimator takes, of numbers, text and missing values.
    columns : the names of their values.
    """

    name: str
    estimator: Any
    rows: list[list[Cell]]
    columns: list[str]
    code_sha256: str
    scores: dict[str, float] = field(default_factory=dict)


def make_version(new: NewModel, version: str, directory: Path) -> Manifest:
    """Write a version into an empty directory and return its manifest, written last.

    Raises `ModelRefused` if the contract's `predict` cannot be answered by the estimator or the
    version fails its own sample rows; an `OSError` may leave files there.
    """
    with threadpool_limits(1):  # libraries' own threads would only wait for each other's core
        return _make_version(new, version, directory)


def _make_version(new: NewModel, version: str, directory: Path) -> Manifest:
    estimator = _checked(new.estimator)
    names, rows = _in_order(new, estimator)
    forget_names(estimator)
    manifest = _described(new, version, names, rows)
    reference = prepare_reference(estimator, manifest)
    sample = _sample(reference, rows)
    files = {ESTIMATOR: write_estimator(estimator), SAMPLE: orjson.dumps(sample.model_dump())}
    engines = {"sklearn": EngineReport()}
    engines["compiled"] = _compile(estimator, manifest, rows, reference, files)
    compiled = engines["compiled"].refused is None
    if not compiled:
        files = {name: files[name] for name in (ESTIMATOR, SAMPLE)}
    manifest = manifest.model_copy(
        update={
            "files": {name: sha256(content) for name, content in files.items()},
            "engine": "compiled" if compiled else "sklearn",
            "engines": engines,
            "thread_safe": _is_thread_safe(reference, rows),
            "trusted": sorted(untrusted_types(files[ESTIMATOR])),
        }
    )
    if (
        why := find_wrong_answer(prepare("sklearn", files, manifest, directory), sample)
    ) is not None:
        raise ModelRefused(f"read back from its file it answers otherwise ({why})")
    for name, content in files.items():
        (directory / name).write_bytes(content)
    write_manifest(directory, manifest)
    return manifest


def _checked(estimator: Any) -> Any:
    """Return a fitted estimator with one output; raises `ModelRefused`."""
    from sklearn import base, exceptions  # noqa: PLC0415 - slow to import
    from sklearn.utils.validation import check_is_fitted  # noqa: PLC0415

    if not hasattr(estimator, "predict") or isinstance(estimator, type):
        raise ModelRefused("the file holds no estimator with a method predict")
    if base.is_clusterer(estimator) or not (
        base.is_classifier(estimator) or base.is_regressor(estimator)
    ):
        raise ModelRefused("it is neither a classifier nor a regressor")
    try:
        check_is_fitted(estimator)
    except exceptions.NotFittedError as exc:
        raise ModelRefused("it has not been fitted") from exc
    if not hasattr(estimator, "n_features_in_"):
        raise ModelRefused("it does not know how many features a row has")
    return estimator


def _in_order(new: NewModel, estimator: Any) -> tuple[list[str], list[list[Cell]]]:
    """Return the columns in the estimator's order, and the rows; raises `ModelRefused`."""
    names = getattr(estimator, "feature_names_in_", None)
    wanted = new.columns if names is None else [str(name) for name in names]
    if names is not None and set(wanted) != set(new.columns):
        missing = sorted(set(wanted) - set(new.columns))
        more = sorted(set(new.columns) - set(wanted))
        what = f"lacks {', '.join(missing)}" if missing else f"has {', '.join(more)} as well"
        raise ModelRefused(f"it takes the columns {', '.join(wanted)}, and the sample {what}")
    if len(wanted) != estimator.n_features_in_:
        raise ModelRefused(
            f"it takes {estimator.n_features_in_} features, and the sample has {len(wanted)}"
        )
    order = [new.columns.index(name) for name in wanted]
    return wanted, [[row[index] for index in order] for row in new.rows]


def forget_names(estimator: Any) -> None:
    """Let an estimator and its steps forget the names of the columns that they were fitted on.

    Rows are plain arrays, so scikit-learn would warn of the names that they lack at each request,
    or ask for a data frame. A column transformer takes its columns by number from then on.
    """
    _forget(estimator, set())


def _forget(value: Any, seen: set[int]) -> None:
    if id(value) in seen or isinstance(value, type):
        return
    seen.add(id(value))
    if isinstance(value, list | tuple):
        for item in value:
            _forget(item, seen)
    elif isinstance(value, dict):
        for item in value.values():
            _forget(item, seen)
    elif hasattr(value, "get_params"):
        if hasattr(value, "_transformer_to_input_indices"):
            numbers = value._transformer_to_input_indices
            value.transformers_ = [
                (name, one, numbers[name]) for name, one, _ in value.transformers_
            ]
        vars(value).pop("feature_names_in_", None)
        _forget(list(vars(value).values()), seen)


def _described(new: NewModel, version: str, names: list[str], rows: list[list[Cell]]) -> Manifest:
    from sklearn.base import is_classifier  # noqa: PLC0415 - slow to import

    estimator = new.estimator
    columns = list(zip(*rows, strict=True))
    text = [any(isinstance(value, str) for value in column) for column in columns]
    classes = None
    if is_classifier(estimator):
        if isinstance(estimator.classes_, list):
            raise ModelRefused("it has several outputs")
        classes = [str(one) for one in estimator.classes_]
    array = as_array(rows, text=any(text))
    answers = _ask(estimator, array)
    probabilities = classes is not None and hasattr(estimator, "predict_proba")
    features = [
        Feature(
            name=name,
            type="text" if is_text else "number",
            nullable=None in column or _takes_missing(estimator, array, index),
        )
        for index, (name, is_text, column) in enumerate(zip(names, text, columns, strict=True))
    ]
    return Manifest(
        name=new.name,
        version=version,
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        features=features,
        classes=classes,
        probabilities=probabilities,
        largest_probability=probabilities and _is_largest(estimator, array, answers),
        scores=new.scores,
        data_sha256=sha256(orjson.dumps(rows)),
        code_sha256=new.code_sha256,
        libraries={name: library_version(name) or "" for name in LIBRARIES},
        files={},
        engine="sklearn",
        engines={},
        thread_safe=True,
    )


def _ask(estimator: Any, array: Any) -> Any:
    try:
        answers = np.asarray(estimator.predict(array))
    except Exception as exc:  # an estimator may raise whatever it likes
        reason = (str(exc) or type(exc).__name__).splitlines()[0]
        raise ModelRefused(f"it does not take the sample rows ({reason})") from exc
    if answers.ndim > 1 and answers.shape[1] > 1:
        raise ModelRefused(f"it has {answers.shape[1]} outputs, and an answer holds one a row")
    return answers.ravel()


def _takes_missing(estimator: Any, array: Any, column: int) -> bool:
    """Whether the estimator answers where this column's value is missing."""
    if array.dtype == object and isinstance(array[0, column], str):
        return False  # a category that was never seen is no missing value
    missing = array[:1].copy()
    missing[0, column] = math.nan
    try:
        answer = np.asarray(estimator.predict(missing))
    except Exception:
        return False
    return answer.dtype.kind not in "fc" or bool(np.isfinite(answer).all())


def _is_largest(estimator: Any, array: Any, answers: Any) -> bool:
    """Whether each prediction is the class of the largest probability."""
    largest = estimator.classes_[estimator.predict_proba(array).argmax(axis=1)]
    if any(
        hasattr(step, "best_threshold_") or "Threshold" in type(step).__name__
        for step in _steps(estimator)
    ):
        return False
    from sklearn.svm import SVC, NuSVC  # noqa: PLC0415 - slow to import

    # A support vector machine calibrates its probabilities apart from its decisions.
    if any(isinstance(step, SVC | NuSVC) for step in _steps(estimator)):
        return False
    return bool((largest == answers).all())


def _steps(estimator: Any) -> list[Any]:
    return [step for _, step in estimator.steps] if hasattr(estimator, "steps") else [estimator]


def _sample(reference: Engine, rows: list[list[Cell]]) -> AnsweredRows:
    """Return up to `SAMPLE_ROWS` rows, spread over all, with the reference's answers."""
    count = min(len(rows), SAMPLE_ROWS)
    chosen = [rows[index * len(rows) // count] for index in range(count)]
    outcome = reference(chosen)
    if outcome.out_of_range:
        raise ModelRefused("it overflows on a sample row")
    return AnsweredRows(
        rows=chosen, predictions=outcome.predictions, probabilities=outcome.probabilities
    )


def _compile(
    estimator: Any,
    manifest: Manifest,
    rows: list[list[Cell]],
    reference: Engine,
    files: dict[str, bytes],
) -> EngineReport:
    """Return how the compiled engine did; add its form to the files."""
    try:
        compiled = compile_estimator(estimator, manifest.features, manifest.classes)
    except NotCompiled as exc:
        return EngineReport(refused=f"there is no compiled form of {exc}")
    files |= _compiled_files(compiled)
    engine = prepare("compiled", files, manifest, Path())
    nullable = [feature.nullable for feature in manifest.features]
    parity = compare(make_rows(rows, nullable, reference), reference, engine, estimator)
    if parity.worst is not None:
        shown = orjson.dumps(parity.worst.model_dump()).decode()
        return EngineReport(refused=f"it differs from scikit-learn: {shown}", parity=parity)
    return EngineReport(parity=parity)


def _compiled_files(compiled: Compiled) -> dict[str, bytes]:
    kind = "linear" if isinstance(compiled.form, LinearForm) else "trees"
    document = {
        "kind": kind,
        "form": compiled.form.model_dump(mode="json"),
        "lengths": list(map(len, compiled.models)),
    }
    files = {COMPILED: orjson.dumps(document)}
    if compiled.models:
        files[TREES] = b"".join(compiled.models)
    return files


def _is_thread_safe(reference: Engine, rows: list[list[Cell]]) -> bool:
    """Whether threads that ask at once get the answers that one gets alone.

    Each of 8 threads asks 1,000 rows, beginning at another place.
    """
    asked = [rows[index % len(rows)] for index in range(_ROWS_ASKED_BY_THREADS)]
    parts = [asked[at : at + _ROWS_A_CALL] for at in range(0, len(asked), _ROWS_A_CALL)]

    def ask(start: int) -> list[Outcome]:
        shifted = [parts[(start + step) % len(parts)] for step in range(len(parts))]
        answers = [reference(part) for part in shifted]
        return [answers[(place - start) % len(parts)] for place in range(len(parts))]

    expected = ask(0)
    with ThreadPoolExecutor(_THREADS) as pool:
        each = [pool.submit(ask, start * len(parts) // _THREADS) for start in range(_THREADS)]
    try:
        return all(_same(found.result(), expected) for found in each)
    except Exception:
        return False


def _same(found: Sequence[Outcome], expected: Sequence[Outcome]) -> bool:
    return all(
        one.predictions == other.predictions
        and one.out_of_range == other.out_of_range
        and np.allclose(one.probabilities or 0.0, other.probabilities or 0.0, rtol=0, atol=1e-12)
        for one, other in zip(found, expected, strict=True)
    )
