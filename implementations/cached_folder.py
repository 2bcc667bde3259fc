"""A folder in the cache that is there whole or not at all, whoever makes it and however that ends.

It is made beside its place and renamed when whole. Its lock is held by its maker alone, or shared
by all who use it, so that two makers at once make it once, and nobody replaces what is in use.
"""

import fcntl
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


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
        fcntl.flock(lock, fcntl.LOCK_SH)
        if not usable(place):
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not usable(place):  # another may have made it meanwhile
                _make(place, make)
            fcntl.flock(lock, fcntl.LOCK_SH)
    except BaseException:
        os.close(lock)
        raise
    return CachedFolder(place, lock)


def _make(place: Path, make: Callable[[Path], None]) -> None:
    part = place.with_name(f"{place.name}.part")
    # Of a maker that was killed: whoever has the lock alone is the only one at it.
    for left in (part, place):
        if left.exists():
            shutil.rmtree(left)
    part.mkdir()
    try:
        make(part)
        part.rename(place)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
