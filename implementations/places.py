"""Default places on this machine; each is worked out here and nowhere else."""

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from implementations.errors import NoTemporaryDirectory

PROJECT = Path(__file__).resolve().parents[1]
"""Folder of podium's own packages."""

STUDIES = Path("studies")
"""Folder of the studies and of what a fuzz run has found, in the working directory."""


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
