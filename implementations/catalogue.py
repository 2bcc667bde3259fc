"""The catalogue of implementations, server programs and stacks, runnable here or not.

Reads `entry.toml` and `servers.toml` only; an application is imported when it is asked for.
"""

import functools
import json
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from implementations.entry import FILE_NAME, Entry, read_entry
from implementations.errors import EntryInvalid, ServerUnfit, TooManyWorkers, UnknownStack
from implementations.servers.registry import Server, read_servers

__all__ = [
    "Entry",
    "Server",
    "Stack",
    "all_stacks",
    "entries",
    "find_obstacle",
    "find_stack",
    "interpreter",
    "servers",
    "versions",
]

_HERE = Path(__file__).resolve().parent
SERVERS_FILE = _HERE / "servers" / "servers.toml"
MOST_WORKERS = 128
"""Each is a process with a model of its own, and more than a few a core serve no faster."""


@dataclass(frozen=True)
class Stack:
    """An implementation under a server program with a number of worker processes."""

    entry: Entry
    server: Server
    workers: int = 1

    @property
    def name(self) -> str:
        """`flask:gunicorn`, or `flask:gunicorn:4` where there are several workers."""
        pair = f"{self.entry.name}:{self.server.name}"
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

    Raises EntryInvalid where one is broken, or two have one name.
    """
    found = [read_entry(file.parent) for file in _HERE.glob(f"*/{FILE_NAME}")]
    found.sort(key=lambda entry: entry.name)
    found += [read_entry(directory) for directory in extra]
    known = servers()
    by_name: dict[str, Entry] = {}
    for entry in found:
        if entry.name in by_name:
            other = by_name[entry.name].directory
            raise EntryInvalid(entry.file, f"the name {entry.name!r} is taken by {other}")
        by_name[entry.name] = entry
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
def servers() -> Mapping[str, Server]:
    """Return the server programs by name, in the order of `servers.toml`."""
    return read_servers(SERVERS_FILE)


def all_stacks(extra: Sequence[Path] = ()) -> tuple[Stack, ...]:
    """Return every entry under every server of its interface, one worker, defaults first."""
    return tuple(Stack(entry, server) for entry in entries(extra) for server in _fitting(entry))


def find_stack(text: str, extra: Sequence[Path] = ()) -> Stack:
    """Return the stack `ENTRY`, `ENTRY:SERVER` or `ENTRY:SERVER:WORKERS`.

    Raises UnknownStack, ServerUnfit and TooManyWorkers.
    """
    known = entries(extra)
    name, _, rest = text.partition(":")
    server_name, _, workers = rest.partition(":")
    entry = next((entry for entry in known if entry.name == name), None)
    if entry is not None:
        fitting = {server.name: server for server in _fitting(entry)}
        server = fitting.get(server_name or entry.servers[0])
        if server is not None and text in _spellings(name, server_name, workers):
            if len(workers) > len(str(MOST_WORKERS)) or int(workers or 1) > MOST_WORKERS:
                raise TooManyWorkers(text, MOST_WORKERS)
            return Stack(entry, server, int(workers or 1))
        if server is None and server_name in servers():
            raise ServerUnfit(text, name, entry.interface, list(fitting))
    raise UnknownStack(text, _spellings_of(known))


@dataclass(frozen=True)
class Unavailable:
    """The reason for which a stack cannot run here.

    `no_app` : `where` is the entry's folder. `no_interpreter`, `interpreter_silent` : `where` is
    the entry's Python, and `missing` the kind of its error. `packages_missing` : `missing` are not
    installed for the interpreter `where`.
    """

    kind: Literal["no_app", "no_interpreter", "interpreter_silent", "packages_missing"]
    where: str
    missing: tuple[str, ...] = ()

    def __str__(self) -> str:
        words = {
            "no_app": f"there is no app.py in {self.where}",
            "no_interpreter": f"there is no interpreter {self.where!r}",
            "interpreter_silent": f"the interpreter {self.where} does not answer "
            f"({''.join(self.missing)})",
            "packages_missing": f"{' and '.join(self.missing)} not installed for {self.where}; "
            "`make env` installs what podium's own entries need",
        }
        return words[self.kind]


def find_obstacle(stack: Stack) -> Unavailable | None:
    """Return the reason for which the stack cannot run here; None if it can."""
    if not (stack.entry.directory / "app.py").is_file():
        return Unavailable("no_app", str(stack.entry.directory))
    python = interpreter(stack.entry)
    if python is None:
        return Unavailable("no_interpreter", str(stack.entry.python))
    try:
        found = versions(python, stack.packages)
    except (OSError, subprocess.SubprocessError, ValueError) as exc:
        return Unavailable("interpreter_silent", python, (type(exc).__name__,))
    missing = tuple(package for package in stack.packages if found[package] is None)
    return Unavailable("packages_missing", python, missing) if missing else None


def interpreter(entry: Entry) -> str | None:
    """Return the Python that runs an entry, ours or its `python`; None if it is missing."""
    if entry.python is None:
        return sys.executable
    if "/" not in entry.python:
        return shutil.which(entry.python)
    return shutil.which(str(entry.directory / Path(entry.python).expanduser()))


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
    fitting = [server for server in servers().values() if entry.interface in server.interfaces]
    named = [servers()[name] for name in entry.servers]
    return named + [server for server in fitting if server not in named]


def _spellings(name: str, server: str, workers: str) -> set[str]:
    """Return the spellings of a stack with these parts; a number of workers has no leading 0."""
    if not server:
        return {name}
    number = workers.isascii() and workers.isdecimal() and not workers.startswith("0")
    return {f"{name}:{server}", f"{name}:{server}:{workers}" if number else ""}


def _spellings_of(known: Sequence[Entry]) -> list[str]:
    names = [entry.name for entry in known]
    return names + [f"{entry.name}:{server.name}" for entry in known for server in _fitting(entry)]
