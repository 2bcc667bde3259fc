"""Errors of models and their registry; each is one sentence that says what to do.

ModelError
├── ModelFileUnusable    there is no readable model in the file
├── ModelFileUntrusted   the file brings types that are loaded only where they are trusted
├── ModelRefused         the model cannot answer the contract's `predict`
├── BadRows              a file of sample rows that cannot be used
├── NoSuchModel          the registry has no such model, or no such version of it
├── VersionDamaged       a file of a version is missing or not what it was
├── LibraryMismatch      the version needs another version of a library
├── EngineRefused        the engine cannot serve the version
├── BadModelName         text that cannot name a model
├── VersionInUse         the version in use cannot be removed
├── NothingToRollBack    no other version was in use before
└── RegistryUnusable     the registry's directory cannot be read or written
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from shared.errors import SharedError


class ModelError(SharedError):
    """Base of what can be wrong with a model."""


@dataclass(eq=False)
class ModelFileUnusable(ModelError):
    """No model can be read from the file."""

    path: Path
    reason: str

    def __str__(self) -> str:
        return (
            f"No model can be read from {self.path} ({self.reason}); give a whole file that "
            "skops.io.dump wrote with this version of scikit-learn."
        )


@dataclass(eq=False)
class ModelFileUntrusted(ModelError):
    """The file asks for types that are not trusted; none of them was touched."""

    path: Path
    types: Sequence[str]

    def __str__(self) -> str:
        options = " ".join(f"--trust {name}" for name in self.types)
        return (
            f"The model file {self.path} asks for types that are not trusted "
            f"({', '.join(self.types)}); nothing was loaded. If you know where the file comes "
            f"from, give {options}."
        )


@dataclass(eq=False)
class ModelRefused(ModelError):
    """The model cannot be served; `reason` says what it would have to be."""

    reason: str

    def __str__(self) -> str:
        return f"This model cannot be served: {self.reason}."


@dataclass(eq=False)
class BadRows(ModelError):
    """Sample rows that cannot be used."""

    path: Path
    reason: str

    def __str__(self) -> str:
        return (
            f"{self.path} holds no sample rows ({self.reason}); give CSV whose first line names "
            "the columns, and at least one row."
        )


@dataclass(eq=False)
class BadModelName(ModelError):
    """Text that cannot name a model or a version of one."""

    text: str

    def __str__(self) -> str:
        return (
            f"{self.text!r} names no model; a name is up to 64 small letters, digits, '-', '_' "
            "and '.', and a version is a number: iris or iris@2."
        )


@dataclass(eq=False)
class NoSuchModel(ModelError):
    """The registry has no such model or version."""

    name: str
    version: str | None
    known: Sequence[str]

    def __str__(self) -> str:
        known = f"there are {', '.join(self.known)}" if self.known else "there is none"
        if self.version is None:
            return (
                f"There is no model {self.name!r} in the registry ({known}); "
                "`podium models add` and `podium models train` make one."
            )
        return f"There is no version {self.version} of {self.name} in the registry ({known})."


@dataclass(eq=False)
class VersionDamaged(ModelError):
    """A version's files are not what they were when it was made."""

    directory: Path
    reason: str

    def __str__(self) -> str:
        return (
            f"The model version in {self.directory} is damaged ({self.reason}); "
            "use another version, or add the model again."
        )


@dataclass(eq=False)
class LibraryMismatch(ModelError):
    """The version was made with another version of a library that it needs."""

    model: str
    library: str
    made_with: str
    found: str | None

    def __str__(self) -> str:
        found = f"{self.library} {self.found} is" if self.found else f"no {self.library} is"
        return (
            f"The model {self.model} was made with {self.library} {self.made_with}, and {found} "
            "installed; install that version, or add the model again here."
        )


@dataclass(eq=False)
class EngineRefused(ModelError):
    """The engine cannot serve the version."""

    model: str
    engine: str
    reason: str

    def __str__(self) -> str:
        return (
            f"The engine {self.engine!r} cannot serve {self.model} ({self.reason}); "
            "leave the choice to --engine auto."
        )


@dataclass(eq=False)
class VersionInUse(ModelError):
    """The version in use cannot be removed."""

    model: str

    def __str__(self) -> str:
        return (
            f"{self.model} is in use; switch to another version with `podium models use` first, "
            "or remove the whole model by its name."
        )


@dataclass(eq=False)
class NothingToRollBack(ModelError):
    """No other version was in use before."""

    name: str

    def __str__(self) -> str:
        return f"No other version of {self.name} was in use before this one; nothing was changed."


@dataclass(eq=False)
class RegistryUnusable(ModelError, OSError):
    """The registry's directory cannot be read or written."""

    directory: Path | None
    reason: str

    def __post_init__(self) -> None:
        self.strerror = self.reason

    def __str__(self) -> str:
        place = "there" if self.directory is None else f"at {self.directory}"
        return (
            f"The model registry cannot be used {place} ({self.reason}); "
            "free some space, or name another directory in PODIUM_MODELS_DIR."
        )
