"""An implementation of the contract: a folder with `app.py` and `entry.toml`, here or anywhere."""

import hashlib
import importlib
import re
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, TypeVar, get_args

from implementations.errors import EntryInvalid

Interface = Literal["wsgi", "asgi"]
ModelCall = Literal["loop", "thread"]
Choice = TypeVar("Choice", Interface, ModelCall)

FILE_NAME = "entry.toml"
# A stack's name is a word of a command line, of file names and of lines.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
ENTRY_VARIABLE = "PODIUM_ENTRY_DIRECTORY"
"""The variable that tells a server process its entry."""


@dataclass(frozen=True)
class Entry:
    """One implementation, as its `entry.toml` describes it.

    `servers` : names of server programs, the default first.
    `model_call` : where the model computes: in the event `loop`, or in a `thread`.
    `package` : the distribution whose version is reported; None for the floors.
    `python` : the interpreter that runs it; None for ours. A relative path starts at the folder.
    `project` : the folder whose `shared` and `implementations` it runs with; None for ours.
    """

    name: str
    directory: Path
    interface: Interface
    servers: tuple[str, ...]
    model_call: ModelCall
    package: str | None = None
    python: str | None = None
    links: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    project: Path | None = None

    @property
    def file(self) -> Path:
        return self.directory / FILE_NAME

    def create_app(self, service: object) -> Any:
        """Return the application over `service`; a pure function of it."""
        return self._app_module().create_app(service)

    def get_app(self) -> Any:
        """Return the application over a service with the settings of the environment."""
        return self._app_module().get_app()

    def _app_module(self) -> ModuleType:
        """Return `app.py`, loaded by its file into a package of its own.

        So it may import its neighbours relatively, and no folder's name can hide an installed
        package.
        """
        digest = hashlib.sha256(str(self.directory).encode()).hexdigest()[:12]
        package = f"podium_entry_{digest}"
        if package not in sys.modules:
            spec = ModuleSpec(package, loader=None, is_package=True)
            spec.submodule_search_locations = [str(self.directory)]
            sys.modules[package] = module_from_spec(spec)
        return importlib.import_module(f"{package}.app")


def read_entry(directory: Path) -> Entry:
    """Return the entry in a folder; raises EntryInvalid."""
    directory = directory.expanduser().resolve()
    file = directory / FILE_NAME
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as exc:
        raise EntryInvalid(file, f"cannot be read ({exc.strerror})") from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise EntryInvalid(file, f"is not TOML ({exc})") from exc
    return Entry(
        name=_name(file, table),
        directory=directory,
        interface=_one_of(file, table, "interface", get_args(Interface)),
        servers=_texts(file, table, "servers", at_least=1),
        model_call=_one_of(file, table, "model_call", get_args(ModelCall)),
        package=_text(file, table, "package") if "package" in table else None,
        python=_text(file, table, "python") if "python" in table else None,
        links=_texts(file, table, "links"),
        notes=_texts(file, table, "notes"),
    )


def _name(file: Path, table: Mapping[str, object]) -> str:
    name = _text(file, table, "name")
    if _NAME.fullmatch(name) is None:
        raise EntryInvalid(
            file, f"`name` must be letters, digits, `.`, `_` and `-`, no sign first, got {name!r}"
        )
    return name


def _text(file: Path, table: Mapping[str, object], key: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value:
        raise EntryInvalid(file, f"`{key}` must be a text that is not empty, got {value!r}")
    return value


def _one_of(file: Path, table: Mapping[str, object], key: str, known: tuple[Choice, ...]) -> Choice:
    for choice in known:
        if table.get(key) == choice:
            return choice
    value = table.get(key)
    raise EntryInvalid(file, f"`{key}` must be one of {', '.join(known)}, got {value!r}")


def _texts(file: Path, table: Mapping[str, object], key: str, at_least: int = 0) -> tuple[str, ...]:
    value = table.get(key, [])
    if (
        not isinstance(value, list)
        or len(value) < at_least
        or not all(isinstance(item, str) for item in value)
    ):
        raise EntryInvalid(file, f"`{key}` must be a list of {at_least or 'some'} texts or more")
    return tuple(value)
