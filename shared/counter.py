"""Exact counters: in memory for one process, in a mapped file for all workers of a service.

The mapped file holds a magic number and the count, 8 bytes each. Two locks protect it: one among
the threads of this process, one among processes. The second is a POSIX record lock, which the
kernel frees when its holder dies, however it dies (POSIX.1-2017, `fcntl`, F_SETLKW); it belongs to
the process, so it survives neither into a fork nor beyond the closing of *any* descriptor of
the file in this process: nothing else here may open and close the file of a counter in use.

The count goes into the file by one store of 8 aligned bytes, which is either made or not. So a
process killed at any instant leaves the count from before or after its increment.
"""

import fcntl
import mmap
import os
import threading
import weakref
from pathlib import Path
from typing import Protocol

from shared.errors import CounterFileUnusable

_MAGIC = b"podiumN1"
_SIZE_BYTES = 16


class Counter(Protocol):
    """Counts requests, exactly, over all threads and workers of a service."""

    def increment(self) -> int:
        """Count one and return the new count: 1 the first time, and each number once."""


class MemoryCounter:
    """A counter for the threads of one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0

    def increment(self) -> int:
        with self._lock:
            self._count += 1
            return self._count


class MappedCounter:
    """A counter in a file that `create_counter_file` made; one of these a process and file.

    It can be forked at any moment. Raises `CounterFileUnusable`.
    """

    def __init__(self, path: Path) -> None:
        self._fd = _open_counter_file(path)
        self._map = mmap.mmap(self._fd, _SIZE_BYTES)
        self._numbers = memoryview(self._map).cast("Q")
        self._lock = threading.Lock()
        _renew_lock_in_children(self)

    def increment(self) -> int:
        with self._lock:
            try:
                fcntl.lockf(self._fd, fcntl.LOCK_EX)
                count = self._numbers[1] + 1
                self._numbers[1] = count
            finally:
                fcntl.lockf(self._fd, fcntl.LOCK_UN)
            return count

    def close(self) -> None:
        """Close the file; the counter cannot be used any more."""
        self._numbers.release()
        self._map.close()
        os.close(self._fd)


def create_counter_file(path: Path) -> None:
    """Make a counter file that stands at 0, for one start of a service.

    Raises `FileExistsError` rather than take another service's file, and other `OSError`.
    """
    # Its bytes are written, not just its size set: on a full disk that fails here and not later,
    # with SIGBUS, at a store into the map.
    with path.open("xb") as file:
        file.write(_MAGIC + bytes(8))


def _renew_lock_in_children(counter: MappedCounter) -> None:
    """Give a forked child a lock of its own: a thread that it lacks may hold this one."""
    reference = weakref.ref(counter)

    def renew() -> None:
        forked = reference()
        if forked is not None:
            forked._lock = threading.Lock()

    os.register_at_fork(after_in_child=renew)


def _open_counter_file(path: Path) -> int:
    try:
        fd = os.open(path, os.O_RDWR)
    except OSError as exc:
        raise CounterFileUnusable(path, f"cannot be opened ({exc.strerror})") from exc
    if os.read(fd, len(_MAGIC)) != _MAGIC or os.fstat(fd).st_size != _SIZE_BYTES:
        os.close(fd)
        raise CounterFileUnusable(path, "is not a counter")
    return fd
