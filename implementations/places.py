"""Default places on this machine; each is worked out here and nowhere else."""

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from implementations.errors import NoHome, NoTemporaryDirectory

STUDIES = Path("studies")
"""Folder of the studies and of what a fuzz run has found, in the working directory."""


def cache_directory() -> Path:
    """Return the directory of files that are slow to make again; PODIUM_CACHE_DIR overrides it.

    They are trained models, calibrations and what Hypothesis keeps. Raises `NoHome`, an OSError:
    whoever can do without treats it as a directory that cannot be read or written.
    """
    try:
        if chosen := os.environ.get("PODIUM_CACHE_DIR"):
            return Path(chosen).expanduser().resolve()
        if sys.platform == "darwin":
            return _home() / "Library" / "Caches" / "podium"
        # A relative path is invalid there, and to be ignored (XDG Base Directory Specification).
        xdg = Path(os.environ.get("XDG_CACHE_HOME", ""))
        return (xdg if xdg.is_absolute() else _home() / ".cache") / "podium"
    except RuntimeError as exc:  # neither HOME nor an entry in passwd(5)
        raise NoHome from exc


def _home() -> Path:
    if not Path(os.environ.get("HOME", "/")).is_absolute():
        raise NoHome
    return Path.home()


def temporary_directory() -> Path:
    """Return the directory of temporary files; raises `NoTemporaryDirectory`, an OSError."""
    try:
        return Path(tempfile.gettempdir())
    except OSError as exc:
        raise NoTemporaryDirectory(exc.strerror or str(exc)) from exc


def run_parents() -> Iterator[Path]:
    """Yield where the private directory of a start may be made, the best first; raises OSError."""
    # In memory: writing back the pages of the counter file to a disk would stall its writers.
    memory = Path("/dev/shm")  # noqa: S108 - the folder in it is made with mkdtemp
    if sys.platform == "linux" and os.access(memory, os.W_OK) and "TMPDIR" not in os.environ:
        yield memory
    yield temporary_directory()
