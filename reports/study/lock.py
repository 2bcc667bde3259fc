"""One writer at a time, held by the kernel: a lock that dies with its holder.

The lock is on a file beside the study. On the study itself it would meet SQLite's own locks:
closing any descriptor of a file drops them all (https://www.sqlite.org/howtocorrupt.html, 2.2), and
on macOS `flock` and SQLite's byte locks exclude one another.
"""

import fcntl
import os
from pathlib import Path

from reports.errors import StudyBusy


class StudyLock:
    """Held from construction to `release`; raises StudyBusy while somebody else holds it."""

    def __init__(self, study: Path) -> None:
        self._path = study.with_name(study.name + "-lock")
        self._descriptor = self._acquire(study)

    def release(self) -> None:
        """Let the next writer in; leave no file behind."""
        self._path.unlink(missing_ok=True)
        os.close(self._descriptor)

    def _acquire(self, study: Path) -> int:
        while True:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if self._is_current(descriptor):
                    return descriptor
            except BlockingIOError:
                os.close(descriptor)
                raise StudyBusy(study) from None
            # The holder removed the file between our opening it and locking it.
            os.close(descriptor)

    def _is_current(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.fstat(descriptor), self._path.stat())
        except FileNotFoundError:
            return False
