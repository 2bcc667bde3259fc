"""The versions that a stack is asked to have, and how they are spelt in its name."""

import re
from dataclasses import dataclass
from pathlib import Path

# A release, or the beginning of one: `3.0` is the newest 3.0.*.
_VERSION = re.compile(r"\d+(\.\d+)*((a|b|rc|\.?post|\.?dev)\d+)?")


@dataclass(frozen=True)
class Asked:
    """The versions that a stack has in an environment of its own; None for those of podium's.

    `framework` : a version, or a path (it has a `/` or begins with `.`): a folder is a checkout of
    the framework, a file a list of requirements with hashes for the whole environment.
    `server` : a version. `python` : an interpreter, by its version, name or path. `libraries` :
    further distributions, for an engine that needs them.
    """

    framework: str | None = None
    server: str | None = None
    python: str | None = None
    libraries: tuple[str, ...] = ()

    @property
    def path(self) -> Path | None:
        """The checkout or the list of requirements; None where there is neither."""
        is_path = self.framework is not None and _is_path(self.framework)
        return Path(self.framework or "").expanduser().absolute() if is_path else None


def is_version(text: str) -> bool:
    """Whether a text can be a version in a stack's name."""
    return _VERSION.fullmatch(text) is not None


def is_version_or_path(text: str) -> bool:
    """Whether a text can be a framework's version in a stack's name."""
    return _is_path(text) or is_version(text)


def requirement(package: str, version: str) -> str:
    """Return the requirement of a version: the newest release that begins so."""
    plain = version.replace(".", "").isdecimal()
    return f"{package}=={version}.*" if plain else f"{package}=={version}"


def _is_path(text: str) -> bool:
    return "/" in text or text.startswith(".")
