"""The catalogue of implementations, server programs and stacks, runnable here or not.

Reads `entry.toml` and `servers.toml` only; an application is imported when it is asked for.
"""

import functools
import json
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Literal

from implementations.entry import FILE_NAME, Entry, read_entry
from implementations.environments.asked import Asked, is_version, is_version_or_path
from implementations.environments.environment import Wanted, environment, python_of, wanted
from implementations.errors import (
    EntryInvalid,
    EnvironmentNotMade,
    NothingToVersion,
    ServerUnfit,
    TooManyWorkers,
    UnknownStack,
)
from implementations.places import PROJECT
from implementations.revisions import find_entry
from implementations.servers.registry import Server, read_servers
from shared.settings import Settings

__all__ = [
    "Entry",
    "Server",
    "Stack",
    "all_stacks",
    "entries",
    "equipped",
    "find_obstacle",
    "find_stack",
    "interpreter",
    "servers",
    "versions",
]

_HERE = PROJECT / "implementations"
_SERVERS = Path("implementations", "servers", "servers.toml")
SERVERS_FILE = PROJECT / _SERVERS
# Iris is served without them; another model, or scikit-learn itself, may need each.
MODEL_LIBRARIES = ("numpy", "scikit-learn", "skops", "treelite")
MOST_WORKERS = 128
"""Each is a process with a model of its own, and more than a few a core serve no faster."""


@dataclass(frozen=True)
class Stack:
    """An implementation under a server program with a number of worker processes.

    `asked` : its versions, where it has an environment of its own for them.
    """

    entry: Entry
    server: Server
    workers: int = 1
    asked: Asked | None = None

    @property
    def name(self) -> str:
        """`flask:gunicorn`, `flask:gunicorn:4` for several workers, `flask@3.0:gunicorn`."""
        return self._spelt(self.asked.framework if self.asked else None)

    @property
    def placed_name(self) -> str:
        """The name by which it is found from any folder: a path in it is absolute."""
        path = self.asked.path if self.asked else None
        return self.name if path is None else self._spelt(str(path))

    def _spelt(self, framework: str | None) -> str:
        server = self.asked.server if self.asked else None
        pair = f"{_with(self.entry.name, framework)}:{_with(self.server.name, server)}"
        return pair if self.workers == 1 else f"{pair}:{self.workers}"

    @property
    def notes(self) -> tuple[str, ...]:
        """The limits that its users should know: of the implementation, then of the server."""
        runner = self.server.runners[self.entry.interface]
        return (*self.entry.notes, *self.server.notes, *runner.notes)

    @property
    def packages(self) -> tuple[str, ...]:
        """The distributions it needs besides those of `shared`; framework and server first."""
        runner = self.server.runners[self.entry.interface]
        own = () if self.entry.package is None else (self.entry.package,)
        return (*own, *runner.packages)


def entries(extra: Sequence[Path] = ()) -> tuple[Entry, ...]:
    """Return all entries of this folder, sorted by name, then those in the folders `extra`.

    One of these may be `DIR@REV`. Raises EntryInvalid where one is broken, or two have one name,
    and RevisionUnusable.
    """
    found = [read_entry(file.parent) for file in _HERE.glob(f"*/{FILE_NAME}")]
    found.sort(key=lambda entry: entry.name)
    found += [find_entry(directory) for directory in extra]
    by_name: dict[str, Entry] = {}
    for entry in found:
        if entry.name in by_name:
            other = by_name[entry.name].directory
            raise EntryInvalid(entry.file, f"the name {entry.name!r} is taken by {other}")
        by_name[entry.name] = entry
        known = servers(entry.project)
        for name in entry.servers:
            if name not in known or entry.interface not in known[name].interfaces:
                fitting = [s.name for s in known.values() if entry.interface in s.interfaces]
                raise EntryInvalid(
                    entry.file,
                    f"`servers` names {name!r}; those for {entry.interface} are "
                    + ", ".join(fitting),
                )
    return tuple(found)


@functools.cache
def servers(project: Path | None = None) -> Mapping[str, Server]:
    """Return the server programs by name, in the order of `servers.toml`; of ours, or another's."""
    return read_servers((project or PROJECT) / _SERVERS)


def all_stacks(extra: Sequence[Path] = ()) -> tuple[Stack, ...]:
    """Return every entry under every server of its interface, one worker, defaults first."""
    return tuple(Stack(entry, server) for entry in entries(extra) for server in _fitting(entry))


def find_stack(text: str, extra: Sequence[Path] = (), python: str | None = None) -> Stack:
    """Return the stack `ENTRY[@VERSION][:SERVER[@VERSION][:WORKERS]]`.

    `python` : the interpreter of one with a version. Raises UnknownStack, ServerUnfit,
    TooManyWorkers and NothingToVersion.
    """
    known = entries(extra)
    shown, _, rest = text.partition(":")
    shown_server, _, workers = rest.partition(":")
    name, version = _entry_and_version(shown, [entry.name for entry in known])
    server_name, at, server_version = shown_server.partition("@")
    spelt = not at or (server_name != "" and is_version(server_version))
    entry = next((entry for entry in known if entry.name == name), None)
    if entry is not None and spelt:
        fitting = {server.name: server for server in _fitting(entry)}
        server = fitting.get(server_name or entry.servers[0])
        if server is not None and text in _spellings(shown, shown_server, workers):
            if len(workers) > len(str(MOST_WORKERS)) or int(workers or 1) > MOST_WORKERS:
                raise TooManyWorkers(text, MOST_WORKERS)
            if version is not None and entry.package is None:
                raise NothingToVersion(name)
            asked = Asked(version, server_version or None, python) if version or at else None
            return Stack(entry, server, int(workers or 1), asked)
        if server is None and server_name in servers():
            raise ServerUnfit(text, name, entry.interface, list(fitting))
    raise UnknownStack(text, _spellings_of(known))


def _entry_and_version(text: str, names: Collection[str]) -> tuple[str, str | None]:
    """Return the entry's name and the version of `ENTRY@VERSION`; a name may have an @ itself."""
    if text in names:
        return text, None
    for name in sorted(names, key=len, reverse=True):
        version = text.removeprefix(f"{name}@")
        if version != text and is_version_or_path(version):
            return name, version
    return text, None


@dataclass(frozen=True)
class Unavailable:
    """The reason for which a stack cannot run here.

    `no_app` : `where` is the entry's folder. `no_environment` : `where` is why its environment
    cannot be made. `no_interpreter`, `interpreter_silent` : `where` is
    the entry's Python, and `missing` the kind of its error. `packages_missing` : `missing` are not
    installed for the interpreter `where`.
    """

    kind: Literal[
        "no_app", "no_environment", "no_interpreter", "interpreter_silent", "packages_missing"
    ]
    where: str
    missing: tuple[str, ...] = ()

    def __str__(self) -> str:
        words = {
            "no_app": f"there is no app.py in {self.where}",
            "no_environment": self.where,
            "no_interpreter": f"there is no interpreter {self.where!r}",
            "interpreter_silent": f"the interpreter {self.where} does not answer "
            f"({''.join(self.missing)})",
            "packages_missing": f"{' and '.join(self.missing)} not installed for {self.where}; "
            "`make env` installs what podium's own entries need",
        }
        return words[self.kind]


def find_obstacle(stack: Stack) -> Unavailable | None:
    """Return the reason for which the stack cannot run here; None if it can.

    The environment of one with versions of its own is made where it is not there.
    """
    if not (stack.entry.directory / "app.py").is_file():
        return Unavailable("no_app", str(stack.entry.directory))
    if stack.asked is not None:
        try:
            environment(_wanted(stack, stack.asked))
        except EnvironmentNotMade as exc:
            return Unavailable("no_environment", str(exc))
    python = interpreter(stack)
    if python is None:
        return Unavailable("no_interpreter", str(stack.entry.python))
    try:
        found = versions(python, stack.packages)
    except (OSError, subprocess.SubprocessError, ValueError) as exc:
        return Unavailable("interpreter_silent", python, (type(exc).__name__,))
    missing = tuple(package for package in stack.packages if found[package] is None)
    return Unavailable("packages_missing", python, missing) if missing else None


def interpreter(stack: Stack) -> str | None:
    """Return the Python that runs a stack; None if it is missing, or its environment not made.

    It is ours, its entry's `python`, or that of its own environment.
    """
    if stack.asked is not None:
        try:
            return python_of(_wanted(stack, stack.asked))
        except (EnvironmentNotMade, OSError):
            return None
    python = stack.entry.python
    if python is None:
        return sys.executable
    if "/" not in python:
        return shutil.which(python)
    return shutil.which(str(stack.entry.directory / Path(python).expanduser()))


def equipped(stack: Stack, settings: Settings) -> Stack:
    """Return the stack with the libraries that its model and engine need, where it has its own."""
    needs = settings.model is not None or settings.engine in ("sklearn", "batched")
    if stack.asked is None or not needs:
        return stack
    return replace(stack, asked=replace(stack.asked, libraries=MODEL_LIBRARIES))


def _wanted(stack: Stack, asked: Asked) -> Wanted:
    runner = stack.server.runners[stack.entry.interface]
    return wanted(asked, stack.entry.package, runner.packages)


def versions(python: str, packages: Iterable[str]) -> dict[str, str | None]:
    """Return the versions of distributions in an interpreter; None if not installed.

    Raises OSError, subprocess.SubprocessError or ValueError where another interpreter fails.
    """
    names = list(packages)
    if python == sys.executable:
        return {name: _version(name) for name in names}
    run = subprocess.run(
        [python, "-I", "-c", _PROBE, *names],
        capture_output=True,
        check=True,
        timeout=30,
        stdin=subprocess.DEVNULL,
    )
    found = json.loads(run.stdout)
    return {name: found[name] for name in names}


_PROBE = """
import json, sys
from importlib import metadata
found = {}
for name in sys.argv[1:]:
    try:
        found[name] = metadata.version(name)
    except metadata.PackageNotFoundError:
        found[name] = None
print(json.dumps(found))
"""


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _fitting(entry: Entry) -> list[Server]:
    known = servers(entry.project)
    fitting = [server for server in known.values() if entry.interface in server.interfaces]
    named = [known[name] for name in entry.servers]
    return named + [server for server in fitting if server not in named]


def _with(name: str, version: str | None) -> str:
    return name if version is None else f"{name}@{version}"


def _spellings(name: str, server: str, workers: str) -> set[str]:
    """Return the spellings of a stack with these parts; a number of workers has no leading 0."""
    if not server:
        return {name}
    number = workers.isascii() and workers.isdecimal() and not workers.startswith("0")
    return {f"{name}:{server}", f"{name}:{server}:{workers}" if number else ""}


def _spellings_of(known: Sequence[Entry]) -> list[str]:
    names = [entry.name for entry in known]
    return names + [f"{entry.name}:{server.name}" for entry in known for server in _fitting(entry)]
