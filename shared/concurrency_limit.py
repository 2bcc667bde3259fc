"""A bounded queue without a line: so many may be inside at once, and who comes then is refused."""

import threading
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType

from shared.problems import Overloaded

Place = AbstractContextManager[None]


def places(number: int | None) -> Place:
    """Places for `number` threads or tasks of this process at once; without end where it is None.

    Each `with` takes one place and gives it back; it raises `Overloaded` where none is left.
    """
    return nullcontext() if number is None else _Places(number)


class _Places:
    def __init__(self, number: int) -> None:
        self._left = threading.BoundedSemaphore(number)

    def __enter__(self) -> None:
        if not self._left.acquire(blocking=False):
            raise Overloaded

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._left.release()
