"""A folder in the cache that is there whole or not at all, whoever makes it and however that ends.

It is made beside its place and renamed when whole. Its lock is held by its maker alone, or shared
by all who use it, so that two makers at once make it once, and nobody replaces what is in use.
"""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

RETRY_S = 0.02


@dataclass(frozen=True, eq=False)
class CachedFolder:
    """A folder that was made; `lock` is the descriptor by which this process says it is in use."""

    path: Path
    lock: int


def cached_folder(
    place: Path,
    make: Callable[[Path], None],
    usable: Callable[[Path], bool] = Path.is_dir,
) -> CachedFolder:
    """Return the folder at `place`, which `make` fills where there is none that is `usable`.

    `make` gets an empty folder beside it. What it raises is raised, after that folder is removed.
    Raises OSError where the cache cannot be written.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    lock = os.open(f"{place}.lock", os.O_RDWR | os.O_CREAT, 0o666)
    try:
        while not _in_use(lock, place, usable):
            if _alone(lock):
                if not usable(place):
                    _make(place, make)
            else:
                time.sleep(RETRY_S)
    except BaseException:
        os.close(lock)
        raise
    return CachedFolder(place, lock)


def _in_use(lock: int, place: Path, usable: Callable[[Path], bool]) -> bool:
    """Share the lock, once nobody is making the folder, and return whether that is usable."""
    fcntl.flock(lock, fcntl.LOCK_SH)
    if usable(place):
        return True
    # Two who kept theirs while they ask for it alone would wait for each other.
    fcntl.flock(lock, fcntl.LOCK_UN)
    return False


def _alone(lock: int) -> bool:
    """Take the lock alone; return False where another has it, maybe for as long as it runs."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _make(place: Path, make: Callable[[Path], None]) -> None:
    # Of makers that were killed. A program that one had started may still write into its own.
    for left in place.parent.glob(f"{place.name}.part-*"):
        shutil.rmtree(left, ignore_errors=True)
    if place.exists():
        shutil.rmtree(place)
    part = Path(tempfile.mkdtemp(prefix=f"{place.name}.part-", dir=place.parent))
    part.chmod(0o755)
    try:
        make(part)
        part.rename(place)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
