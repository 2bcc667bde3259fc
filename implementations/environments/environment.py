"""Environments of stacks with versions of their own, made once and kept in the cache.

An environment has what `shared`, the framework and the server need. All but what was asked for has
the version that podium's own environment has, as far as the framework and the server allow it, so
that two stacks differ in what was asked for.
"""

import functools
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from implementations.cached_folder import CachedFolder, cached_folder
from implementations.environments.asked import Asked, requirement
from implementations.environments.installer import Installer, NothingFits
from implementations.environments.interpreter import Interpreter, find_interpreter
from implementations.errors import EnvironmentNotMade
from shared.places import cache_directory

# What the processes of every stack import, the framework and the server aside.
SHARED = ("jinja2", "limits", "orjson", "pydantic", "redis")
MADE_OF = "made-of.json"
# Of a checkout these are no source.
_NOT_SOURCE = re.compile(r"\..*|__pycache__|build|dist|node_modules|.*\.egg-info")


@dataclass(frozen=True)
class Wanted:
    """What an environment is to have.

    `first` : requirements that were asked for; `others` : distributions in the versions that
    podium has. `checkout` : of the framework; `lock` : a file that lists all, with hashes.
    """

    interpreter: Interpreter
    first: tuple[str, ...]
    others: tuple[str, ...]
    checkout: Path | None = None
    lock: Path | None = None

    @functools.cached_property
    def digest(self) -> str:
        """The name of the environment: a digest of all that it is made of."""
        contents = [digest for path in (self.checkout, self.lock) if path for digest in _of(path)]
        made_of = [*self.interpreter.identity, self.interpreter.program, *self.first]
        text = json.dumps([made_of, self.others, dict(_own_versions()), contents])
        return hashlib.sha256(text.encode()).hexdigest()[:24]


@functools.cache
def wanted(asked: Asked, package: str | None, server_packages: tuple[str, ...]) -> Wanted:
    """Return what the environment of a stack is to have; raises EnvironmentNotMade.

    `package` : the framework's distribution. `server_packages` : the server's own, then others.
    """
    interpreter = find_interpreter(asked.python)
    first: list[str] = []
    others = [*server_packages, *SHARED, *asked.libraries]
    path = asked.path
    if path is not None and not path.exists():
        raise EnvironmentNotMade(f"there is nothing at {path}")
    if package is not None and path is None:
        if asked.framework is None:
            others.append(package)
        else:
            first.append(requirement(package, asked.framework))
    if asked.server is not None:
        first.append(requirement(server_packages[0], asked.server))
        others.remove(server_packages[0])
    is_folder = path is not None and path.is_dir()
    checkout, lock = (path, None) if is_folder else (None, path)
    return Wanted(interpreter, tuple(first), tuple(sorted(set(others))), checkout, lock)


def python_of(wanted: Wanted) -> str | None:
    """Return the interpreter of the environment; None where it is not made."""
    place = _place(wanted)
    return str(place / "bin" / "python") if _usable(place) else None


def environment(wanted: Wanted) -> CachedFolder:
    """Return the environment, made where it is not there; raises EnvironmentNotMade."""
    try:
        return _made(wanted, _place(wanted))
    except OSError as exc:
        raise EnvironmentNotMade(exc.strerror or str(exc)) from exc


@functools.cache
def _made(wanted: Wanted, place: Path) -> CachedFolder:
    """Return the environment, in use from now on until this process ends."""
    return cached_folder(place, functools.partial(_make, wanted), _usable)


def _place(wanted: Wanted) -> Path:
    return cache_directory() / "environments" / wanted.digest


def _usable(place: Path) -> bool:
    """Whether it is there whole, and so is still the Python that it was made with."""
    return (place / MADE_OF).exists() and (place / "bin" / "python").exists()


def _make(wanted: Wanted, place: Path) -> None:
    made = subprocess.run(
        [wanted.interpreter.program, "-m", "venv", "--without-pip", str(place)],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        last = (made.stderr or made.stdout).strip().splitlines()[-1:]
        raise EnvironmentNotMade(f"{wanted.interpreter.program} makes none ({''.join(last)})")
    python = place / "bin" / "python"
    # Its own pip fits it best.
    own_pip = wanted.interpreter.has_pip
    installer = Installer(python, wanted.interpreter.program if own_pip else sys.executable)
    if wanted.lock is not None:
        arguments = ("--require-hashes", "--requirement", str(wanted.lock))
        _install(installer, f"set of packages as in {wanted.lock}", arguments)
    else:
        _install_wanted(wanted, installer, place)
    installed = {dist.name: dist.version for dist in metadata.distributions(path=_sites(place))}
    (place / MADE_OF).write_text(json.dumps(installed, indent=2, sort_keys=True))


def _install_wanted(wanted: Wanted, installer: Installer, place: Path) -> None:
    """Install what was asked for by itself, then all that it leaves the version of podium's."""
    with tempfile.TemporaryDirectory(dir=place) as folder:
        first = list(wanted.first)
        if wanted.checkout is not None:
            first.append(str(installer.wheel_of(wanted.checkout, Path(folder))))
        if first:
            _install(installer, " and ".join(first), ("--no-deps", *first))
        asked = list(metadata.distributions(path=_sites(place)))
        everything = [*(f"{one.name}=={one.version}" for one in asked), *wanted.others]
        constraints = Path(folder, "constraints.txt")
        for limits in (_allowed(asked), _allowed(asked, wanted.others)):
            constraints.write_text("\n".join(limits))
            with suppress(NothingFits):
                installer.install("--constraint", str(constraints), *everything)
                break
        else:
            raise EnvironmentNotMade("no versions of its packages go together")


def _install(installer: Installer, what: str, arguments: Sequence[str]) -> None:
    """Install; `what` is named where it cannot be had."""
    try:
        installer.install(*arguments)
    except NothingFits as exc:
        raise EnvironmentNotMade(f"no {what} has a wheel for this Python and machine") from exc


def _allowed(
    asked: Iterable[metadata.Distribution], only: Iterable[str] | None = None
) -> Iterator[str]:
    """Yield podium's own versions, as constraints, where none that was asked for excludes them.

    `only` : of these distributions.
    """
    asked = list(asked)
    own = dict(_own_versions())
    names = {_normal(one.name) for one in asked}
    for text in (text for one in asked for text in one.requires or ()):
        try:
            needed = Requirement(text)
        except InvalidRequirement:
            continue
        name = _normal(needed.name)
        if name in own and not needed.specifier.contains(own[name], prereleases=True):
            names.add(name)
    chosen = own if only is None else {_normal(name) for name in only}
    yield from (f"{name}=={own[name]}" for name in own if name in chosen and name not in names)


@functools.cache
def _own_versions() -> tuple[tuple[str, str], ...]:
    """Return what podium's own environment has, by name; podium itself left out."""
    found = {_normal(dist.name): dist.version for dist in metadata.distributions()}
    return tuple(sorted((name, one) for name, one in found.items() if name != "podium"))


def _normal(name: str) -> str:
    """Return a distribution's normalised name (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _sites(place: Path) -> list[str]:
    return [str(site) for site in place.glob("lib/python*/site-packages")]


def _of(path: Path) -> Iterator[str]:
    """Yield the digests of a file, or of all the sources in a folder, with their names."""
    if path.is_file():
        yield hashlib.sha256(path.read_bytes()).hexdigest()
        return
    for folder, below, files in os.walk(path):
        below[:] = sorted(name for name in below if not _NOT_SOURCE.fullmatch(name))
        for name in sorted(files):
            file = Path(folder, name)
            if not _NOT_SOURCE.fullmatch(name) and file.is_file():
                digest = hashlib.sha256(file.read_bytes()).hexdigest()
                yield f"{file.relative_to(path)} {digest}"
