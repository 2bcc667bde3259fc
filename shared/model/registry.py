"""The registry: named models with immutable numbered versions, and which of them is in use.

    NAME/1, NAME/2 …     a version each: see `shared.model.version`
    NAME/in_use.json     {"version": "2", "before": ["1"], "last": 2}: replaced as a whole

A version is made in a hidden directory and appears by one `rename`, after which it is never
changed; so does the pointer. Writers take turns by a lock; readers never wait. What a killed writer
left hidden is removed by the next one.
"""

import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson

from shared.errors import NoHome
from shared.model.errors import (
    BadModelName,
    NoSuchModel,
    NothingToRollBack,
    RegistryUnusable,
    VersionDamaged,
    VersionInUse,
)
from shared.places import models_directory

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_VERSION = re.compile(r"[1-9][0-9]{0,8}")
_POINTER = "in_use.json"
_HIDDEN = ".podium-"


def parse_identity(text: str) -> tuple[str, str | None]:
    """Return name and version of `NAME` or `NAME@VERSION`; raises `BadModelName`."""
    name, at, version = text.partition("@")
    if not _NAME.fullmatch(name) or (at and not _VERSION.fullmatch(version)):
        raise BadModelName(text)
    return name, version or None


@dataclass(frozen=True)
class Pointer:
    """Which version of a model is in use.

    `before` : those in use before it, the latest last. `last` : the highest number ever given.
    """

    version: str | None
    before: tuple[str, ...] = ()
    last: int = 0


@dataclass(frozen=True)
class Registry:
    """The models in a directory, which need not be there yet."""

    directory: Path

    def names(self) -> list[str]:
        """Return the names of the models that have a version, sorted."""
        try:
            found = [path.name for path in self.directory.iterdir()]
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as exc:
            raise self._unusable(exc) from exc
        return sorted(name for name in found if _NAME.fullmatch(name) and self.versions(name))

    def versions(self, name: str) -> list[str]:
        """Return the numbers of a model's versions, in order; none where there is no such model."""
        try:
            found = [path.name for path in (self.directory / name).iterdir()]
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as exc:
            raise self._unusable(exc) from exc
        return sorted((one for one in found if _VERSION.fullmatch(one)), key=int)

    def in_use(self, name: str) -> Pointer:
        """Return which version is in use; raises `VersionDamaged` where the pointer is no such."""
        path = self.directory / name / _POINTER
        try:
            document = orjson.loads(path.read_bytes())
            return Pointer(document["version"], tuple(document["before"]), document["last"])
        except FileNotFoundError:
            return Pointer(None)
        except OSError as exc:
            raise self._unusable(exc) from exc
        except (orjson.JSONDecodeError, KeyError, TypeError) as exc:
            raise VersionDamaged(path.parent, f"{_POINTER} says no version") from exc

    def find(self, identity: str) -> Path:
        """Return the directory of `NAME@VERSION`, or of the version of `NAME` in use.

        Raises `BadModelName` and `NoSuchModel`.
        """
        name, version = parse_identity(identity)
        versions = self.versions(name)
        if not versions:
            raise NoSuchModel(name, None, self.names())
        chosen = self.in_use(name).version if version is None else version
        if chosen not in versions:
            raise NoSuchModel(name, chosen or "in use", versions)
        return self.directory / name / chosen

    @contextmanager
    def adding(self, name: str) -> Iterator[tuple[str, Path]]:
        """Yield the next version's number and an empty directory; it appears when all went well.

        The first version of a model is in use at once. Raises `BadModelName`, `RegistryUnusable`.
        """
        if parse_identity(name)[1] is not None:
            raise BadModelName(name)
        with self._locked():
            pointer = self.in_use(name)
            taken = [int(version) for version in self.versions(name)]
            number = max([pointer.last, *taken]) + 1
            hidden = self.directory / f"{_HIDDEN}{secrets.token_hex(4)}"
            try:
                hidden.mkdir()
                yield str(number), hidden
                _sync(hidden)
                home = self.directory / name
                home.mkdir(exist_ok=True)
                hidden.rename(home / str(number))
                _sync_directory(home)
                in_use = pointer.version or str(number)
                self._point(name, Pointer(in_use, pointer.before, number))
            except RegistryUnusable:
                raise
            except OSError as exc:
                raise self._unusable(exc) from exc
            finally:
                shutil.rmtree(hidden, ignore_errors=True)

    def use(self, identity: str) -> Pointer:
        """Switch to a version, for services that follow the model too; return the pointer.

        Whether the version is whole is for the caller to see first.
        """
        name, version = parse_identity(identity)
        with self._locked():
            chosen = self.find(identity).name if version is None else version
            if chosen not in self.versions(name):
                raise NoSuchModel(name, version, self.versions(name))
            old = self.in_use(name)
            if old.version == chosen:
                return old
            before = (*old.before, old.version) if old.version else old.before
            return self._point(name, Pointer(chosen, before, old.last))

    def rollback(self, name: str) -> Pointer:
        """Switch back to the version that was in use before; raises `NothingToRollBack`."""
        if parse_identity(name)[1] is not None:
            raise BadModelName(name)
        with self._locked():
            versions, old = self.versions(name), self.in_use(name)
            if not versions:
                raise NoSuchModel(name, None, self.names())
            before = [version for version in old.before if version in versions]
            if not before:
                raise NothingToRollBack(name)
            return self._point(name, Pointer(before[-1], tuple(before[:-1]), old.last))

    def remove(self, identity: str) -> None:
        """Remove a version that is not in use, or by its name a model with all versions."""
        name, version = parse_identity(identity)
        with self._locked():
            if not self.versions(name):
                raise NoSuchModel(name, None, self.names())
            if version is not None and version not in self.versions(name):
                raise NoSuchModel(name, version, self.versions(name))
            if version is not None and self.in_use(name).version == version:
                raise VersionInUse(identity)
            gone = self.directory / f"{_HIDDEN}{secrets.token_hex(4)}"
            place = self.directory / name if version is None else self.directory / name / version
            try:
                place.rename(gone)
            except OSError as exc:
                raise self._unusable(exc) from exc
            shutil.rmtree(gone, ignore_errors=True)

    def _point(self, name: str, pointer: Pointer) -> Pointer:
        content = {"version": pointer.version, "before": pointer.before, "last": pointer.last}
        hidden = self.directory / f"{_HIDDEN}{secrets.token_hex(4)}"
        try:
            with hidden.open("xb") as file:
                file.write(orjson.dumps(content))
                file.flush()
                os.fsync(file.fileno())
            hidden.replace(self.directory / name / _POINTER)
            _sync_directory(self.directory / name)
        except OSError as exc:
            hidden.unlink(missing_ok=True)
            raise self._unusable(exc) from exc
        return pointer

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            lock = os.open(self.directory / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as exc:
            raise self._unusable(exc) from exc
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for left in self.directory.glob(f"{_HIDDEN}*"):
                shutil.rmtree(left, ignore_errors=True) if left.is_dir() else left.unlink()
            yield
        finally:
            os.close(lock)

    def _unusable(self, exc: OSError) -> RegistryUnusable:
        return RegistryUnusable(self.directory, exc.strerror or str(exc))


def open_registry() -> Registry:
    """Return the user's registry; raises `RegistryUnusable` where there is no place for one."""
    try:
        return Registry(models_directory())
    except NoHome as exc:
        raise RegistryUnusable(None, str(exc)) from exc


def _sync(directory: Path) -> None:
    """Write a directory's files through to the disk."""
    for path in directory.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())
    _sync_directory(directory)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
