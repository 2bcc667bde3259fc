"""A limit on concurrent predictions, which refuses instead of queueing."""

import threading

from shared.problems import Overloaded


class ConcurrencyLimit:
    """A context manager that at most `number` threads or tasks hold at once; None: no limit.

    Entering it raises `Overloaded` at the limit. One instance serves all threads of a process.
    """

    def __init__(self, number: int | None) -> None:
        self._free = None if number is None else threading.BoundedSemaphore(number)

    def __enter__(self) -> None:
        if self._free is not None and not self._free.acquire(blocking=False):
            raise Overloaded

    def __exit__(self, *_: object) -> None:
        if self._free is not None:
            self._free.release()
