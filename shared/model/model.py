"""A model that is served: the manifest of a version and the engine that answers for it."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

from shared.model.built_in import BUILT_IN_NAMES, DEFAULT_MODEL, built_in_version
from shared.model.engine import Outcome
from shared.model.errors import ModelError
from shared.model.manifest import Cell
from shared.model.registry import open_registry, parse_identity
from shared.model.rows import row_reader
from shared.model.version import (
    EngineChoice,
    OpenVersion,
    open_version,
    read_manifest,
    read_sample,
)
from shared.openapi.described_model import DescribedModel, describe
from shared.problems import ContentError, InvalidContent
from shared.sample import Sample


class Model:
    """A version of a model, ready to answer.

    `engine` : the function that answers; `engine_name` : its name. `batches` : the same where it
    gathers requests. `sample` : rows with scikit-learn's answers.
    """

    def __init__(self, opened: OpenVersion) -> None:
        self.manifest = opened.manifest
        self.engine_name = opened.engine_name
        self.sample = opened.sample
        self.name = self.manifest.name
        self.version = self.manifest.version
        self.engine = opened.engine
        self.batches = opened.batches
        self._read = row_reader(self.manifest.features)
        self._identity = {"name": self.name, "version": self.version}

    @cached_property
    def described(self) -> DescribedModel:
        """What the OpenAPI document says of it."""
        return describe(self.manifest, self.sample)

    def answer(self, instances: list[object]) -> dict[str, object]:
        """Return the answer of `predict`, in the contract's order of members.

        Raises `InvalidContent` for rows that the model does not take, or on which it overflows.
        """
        return self._worded(self.engine(self._read(instances)))

    async def answer_async(self, instances: list[object]) -> dict[str, object]:
        """Return the same; a task that waits for others in a batch does not block the loop."""
        rows = self._read(instances)
        return self._worded(await self.batches.ask(rows) if self.batches else self.engine(rows))

    def _worded(self, outcome: Outcome) -> dict[str, object]:
        predictions, probabilities, out_of_range = outcome
        if out_of_range:
            raise InvalidContent(
                [
                    ContentError(f"/instances/{index}", "is out of the model's range")
                    for index in out_of_range
                ]
            )
        if probabilities is None:
            return {"model": self._identity, "predictions": predictions}
        return {
            "model": self._identity,
            "predictions": predictions,
            "probabilities": probabilities,
        }


def find_version(model: str | None, spare: Path | None = None) -> Path:
    """Return the directory of the version that a setting names.

    model : `NAME` or `NAME@VERSION` in the registry, or where there is no such name the built-in
        model; or the path of a version's directory, known by its `/`; None is the default model.
    spare : see `built_in_version`.

    Raises a `ModelError`.
    """
    if model is None:
        return built_in_version(DEFAULT_MODEL, spare)
    if "/" in model:
        return Path(model)
    name, version = parse_identity(model)
    registry = open_registry()
    if name in BUILT_IN_NAMES and version in {None, "1"} and not registry.versions(name):
        return built_in_version(name, spare)
    return registry.find(model)


def fresh_sample(model: str | None, seed: int, count: int = 256) -> Sample:
    """Return rows between those of the model's own sample, others for each seed, with its answers.

    A number lies anywhere between those of two rows, text is that of either.
    """
    rng = random.Random(seed)
    with version_directory(model) as directory:
        opened = open_model(directory)
    known = opened.sample.rows
    rows = [_between(rng, rng.choice(known), rng.choice(known)) for _ in range(count)]
    predictions, probabilities, out_of_range = opened.engine(rows)
    kept = [index for index in range(count) if index not in out_of_range]
    return Sample(
        rows=tuple(tuple(rows[index]) for index in kept),
        predictions=tuple(predictions[index] for index in kept),
        probabilities=None
        if probabilities is None
        else tuple(tuple(probabilities[index]) for index in kept),
        model=(opened.name, opened.version),
    )


def _between(rng: random.Random, first: list[Cell], second: list[Cell]) -> list[Cell]:
    return [
        rng.choice((one, other))
        if one is None or other is None or isinstance(one, str) or isinstance(other, str)
        else rng.uniform(one, other)
        for one, other in zip(first, second, strict=True)
    ]


def pinned(model: str | None) -> str | None:
    """Return the setting with the number of the version in use, so that it is the same later on."""
    if model is None or "/" in model or "@" in model:
        return model
    return f"{model}@{find_version(model).name}"


def follows_registry(model: str) -> bool:
    """Whether a setting names a model without a version: `podium models use` then switches it."""
    if "/" in model:
        return False
    name, version = parse_identity(model)
    return version is None and bool(open_registry().versions(name))


@contextmanager
def version_directory(model: str | None) -> Iterator[Path]:
    """Yield `find_version`, also where the default model can be kept in no cache."""
    try:
        directory = find_version(model)
    except (OSError, ModelError):
        if model is not None:
            raise
        with TemporaryDirectory(prefix="podium-model-") as spare:
            yield find_version(model, Path(spare))
    else:
        yield directory


def sample_of(model: str | None) -> Sample:
    """Return the sample rows of the version that a setting names, with their whole answers."""
    with version_directory(model) as directory:
        manifest = read_manifest(directory)
        answered = read_sample(directory, manifest)
    return Sample(
        rows=tuple(map(tuple, answered.rows)),
        predictions=tuple(answered.predictions),
        probabilities=None
        if answered.probabilities is None
        else tuple(map(tuple, answered.probabilities)),
        model=(manifest.name, manifest.version),
        numbers=all(one.type == "number" and not one.nullable for one in manifest.features),
    )


def open_model(directory: Path, engine: EngineChoice = "auto") -> Model:
    """Return the model of a version's directory; raises what `open_version` raises."""
    return Model(open_version(directory, engine))
