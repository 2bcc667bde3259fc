"""podium's own models, made once on a machine and kept in the cache."""

import functools
import hashlib
import logging
import platform
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Literal, get_args

from shared.model.errors import ModelError, NoSuchModel, RegistryUnusable
from shared.model.registry import Registry
from shared.model.version import LIBRARIES, library_version, read_files, read_manifest
from shared.places import cache_directory

BuiltInName = Literal["iris", "digits", "breast-cancer", "diabetes"]
BUILT_IN_NAMES: tuple[BuiltInName, ...] = get_args(BuiltInName)
DEFAULT_MODEL: BuiltInName = "iris"
_LOG = logging.getLogger(__name__)


class _MadeMeanwhile(Exception):
    """Another process was quicker."""


def built_in_version(name: BuiltInName, spare: Path | None = None) -> Path:
    """Return the directory of a model of ours, which takes seconds where it is not there yet.

    spare : the directory that it is made in where the cache cannot be read or written.
    """
    try:
        return _in(Registry(cache_directory() / f"models-{_digest()}"), name)
    except (OSError, ModelError):
        if spare is None:
            raise
        return _in(Registry(spare), name)


def _in(registry: Registry, name: BuiltInName) -> Path:
    with suppress(NoSuchModel):
        directory = registry.find(f"{name}@1")
        if _is_whole(directory):
            return directory
        registry.remove(name)
    _make_apart(registry, name)
    return registry.find(f"{name}@1")


def _make_apart(registry: Registry, name: BuiltInName) -> None:
    """Make a model of ours in a process of its own.

    One that serves would keep what training imports for as long as it lives, and in one that has
    imported Locust threads are not what scikit-learn takes them for.
    """
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); "
        "from shared.model import built_in; built_in.make(sys.argv[2], sys.argv[3])"
    )
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", script, str(root), str(registry.directory), name]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it was ended"])[-1]
        raise RegistryUnusable(registry.directory, last)


def make(directory: str, name: BuiltInName) -> None:
    """Train a model of ours into the registry at `directory`, unless another process just did."""
    from shared.model.creation import make_version  # noqa: PLC0415 - imports scikit-learn
    from shared.model.training import train  # noqa: PLC0415

    new = train(name)
    try:
        with (
            suppress(_MadeMeanwhile),
            Registry(Path(directory)).adding(name) as (version, made),
        ):
            if version != "1":
                raise _MadeMeanwhile
            make_version(new, version, made)
    except RegistryUnusable as exc:
        sys.exit(exc.reason)


def _is_whole(directory: Path) -> bool:
    try:
        read_files(directory, read_manifest(directory))
    except ModelError as exc:
        _LOG.warning("a model in the cache is made again: %s", exc)
        return False
    return True


@functools.cache
def _digest() -> str:
    """Return what a model of ours depends on, so that another one has another place."""
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    for library in LIBRARIES:
        digest.update(f"{library} {library_version(library)}\n".encode())
    # Linear algebra is rounded otherwise on another kind of processor, which a home directory that
    # several machines share is no place to forget.
    digest.update("\n".join([platform.machine(), *sorted(_processor())]).encode())
    return digest.hexdigest()[:12]


def _processor() -> set[str]:
    """Return what Linux says of name and abilities of the processors; empty elsewhere."""
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        return {line for line in lines if line.startswith(("model name", "flags", "Features"))}
    return set()
