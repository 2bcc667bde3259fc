"""The server programs of `servers.toml`: command and settings for each interface."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from implementations.errors import ServersInvalid
from implementations.launching.keeper import open_files

INTERFACES = ("wsgi", "asgi")
# Linux cuts every back-log to it (listen(2)).
LONGEST_BACKLOG = Path("/proc/sys/net/core/somaxconn")


@dataclass(frozen=True)
class Runner:
    """A server program's way to run one interface; texts may hold `{placeholders}`.

    `notes` : limits for users of this interface.
    """

    packages: tuple[str, ...]
    arguments: tuple[str, ...]
    settings: Mapping[str, str]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Server:
    """One server program: a table of `servers.toml`.

    `package` : the distribution whose version is reported.
    `environment` : set for its processes.
    `preload` : arguments with which it forks workers from a process that has loaded the model;
        None where it cannot.
    `notes` : limits for all its users.
    """

    name: str
    package: str
    runners: Mapping[str, Runner] = field(compare=False, repr=False)
    environment: Mapping[str, str] = field(compare=False, repr=False)
    notes: tuple[str, ...] = field(compare=False, repr=False)
    preload: tuple[str, ...] | None = field(default=None, compare=False, repr=False)

    @property
    def interfaces(self) -> tuple[str, ...]:
        return tuple(self.runners)

    def arguments(self, interface: str, values: Mapping[str, object]) -> list[str]:
        """Return the arguments after the interpreter, placeholders filled from `values`."""
        return [text.format_map(values) for text in self.runners[interface].arguments]

    def settings(self, interface: str, values: Mapping[str, object]) -> dict[str, str]:
        """Return every knob that is set, by name, sorted, as reports show them.

        `backlog` and `open_files` are what the system grants.
        """
        knobs = self.runners[interface].settings
        shown = {name: text.format_map(values) for name, text in knobs.items()}
        shown["open_files"] = str(open_files())
        if LONGEST_BACKLOG.exists() and "backlog" in shown:
            shown["backlog"] = min(shown["backlog"], LONGEST_BACKLOG.read_text().strip(), key=int)
        return dict(sorted({**shown, **self.environment}.items()))


def read_servers(file: Path) -> dict[str, Server]:
    """Return the server programs of a `servers.toml`, by name; raises ServersInvalid."""
    document = tomllib.loads(file.read_text(encoding="utf-8"))
    equal = {name: str(value) for name, value in document["equal"].items()}
    return {
        name: _server(name, table, equal, document["environment"])
        for name, table in document["server"].items()
    }


def _server(
    name: str, table: Mapping[str, Any], equal: Mapping[str, str], environment: Mapping[str, str]
) -> Server:
    runners = {
        interface: _runner(table, table[interface], equal)
        for interface in INTERFACES
        if interface in table
    }
    if not runners:
        raise ServersInvalid(name, f"it has a table for none of {', '.join(INTERFACES)}")
    if not table.get("packages"):
        raise ServersInvalid(name, "`packages` must name the server's own distribution first")
    notes = tuple(table.get("notes", ()))
    preload = tuple(table["preload"]) if "preload" in table else None
    return Server(name, table["packages"][0], runners, dict(environment), notes, preload)


def _runner(table: Mapping[str, Any], own: Mapping[str, Any], equal: Mapping[str, str]) -> Runner:
    arguments = [*table["command"], *own.get("arguments", ())]
    return Runner(
        packages=(*table["packages"], *own.get("packages", ())),
        # Values of [equal] go into the arguments here, the rest at launch.
        arguments=tuple(_fill(text, equal) for text in arguments),
        settings={
            "workers": "{workers}",
            **equal,
            **table.get("settings", {}),
            **own.get("settings", {}),
        },
        notes=tuple(own.get("notes", ())),
    )


def _fill(text: str, equal: Mapping[str, str]) -> str:
    for name, value in equal.items():
        text = text.replace("{" + name + "}", value)
    return text
