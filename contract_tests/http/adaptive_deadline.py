"""The deadline for a backend that has been silent, and the cases that it is no longer asked.

One that always answers gets all of its deadline for each answer, however slow it is. One that was
silent for all of it in several cases is from then on waited for as long as its own answers justify.
What has not come by then might have come later, so such a case is not failed: it is undecided.
"""

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator

from contract_tests.http.errors import CutShort, NoLongerAnswers, NotAsked, Silent

WAITED_FOR = 3
"""Silent cases that are waited for to the end of the deadline."""
IN_A_ROW = 3
"""Silent cases in a row after which is found out whether the backend is still there."""
OF_A_KIND = 5
"""Silent cases in a row of one kind, after which no more of that kind are asked."""

# Parts of the deadline: for a kind of case that was answered so far, and for one that was not.
_FIRST, _AGAIN = 1 / 4, 1 / 20
# By how much an answer may be slower than the slowest so far.
_SLOWER = 10


class AdaptiveDeadline:
    """The record of one backend's silence.

    find_failure : sends the backend plain requests; returns the error if it answers none.
    """

    def __init__(self, deadline_s: float, find_failure: Callable[[], Exception | None]) -> None:
        self.deadline_s = deadline_s
        self._find_failure = find_failure
        self._failure: Exception | None = None
        self._slowest_s = 0.0
        self._silent_cases = 0
        self._in_a_row = 0
        self._of_kind: Counter[str] = Counter()
        self._answered_last = ""
        self._begin("", "")

    @contextlib.contextmanager
    def case(self, name: str, kind: str) -> Iterator[None]:
        """Surround a case; raise `NoLongerAnswers` or `NotAsked` where it should not be run."""
        self._find_out()
        if self._of_kind[kind] >= OF_A_KIND:
            raise NotAsked(self._of_kind[kind])
        self._begin(name, kind)
        try:
            yield
        finally:
            self._end()

    @property
    def wait_s(self) -> float:
        """The seconds that the backend is waited for in this case."""
        if self._silent_cases < WAITED_FOR:
            return self.deadline_s
        part = _AGAIN if self._of_kind[self._kind] else _FIRST
        return min(self.deadline_s, max(part * self.deadline_s, _SLOWER * self._slowest_s))

    def note_received(self, took_s: float) -> None:
        """Note bytes from the backend, and the seconds since our last bytes."""
        self._slowest_s = max(self._slowest_s, took_s)
        self._answered_last = self._name

    def note_lost(self) -> None:
        """Note that the backend took no connection."""
        self._lost = True

    def silence(self, waited_s: float, received: bytes) -> Silent:
        """The error for a backend that said no more than `received`."""
        self._silent = True
        if waited_s < self.deadline_s:
            return CutShort(
                waited_s,
                received,
                silent_cases=self._silent_cases,
                deadline_s=self.deadline_s,
            )
        return Silent(waited_s, received)

    def _begin(self, name: str, kind: str) -> None:
        self._name, self._kind = name, kind
        self._silent = self._lost = False

    def _end(self) -> None:
        if self._silent:
            self._silent_cases += 1
            self._in_a_row += 1
            self._of_kind[self._kind] += 1
        elif not self._lost:
            self._in_a_row = 0
            self._of_kind[self._kind] = 0

    def _find_out(self) -> None:
        """Raise `NoLongerAnswers` if the backend is gone."""
        if self._failure is None and (self._lost or self._in_a_row >= IN_A_ROW):
            self._failure = self._find_failure()
            self._in_a_row, self._lost = 0, False
        if self._failure is not None:
            raise NoLongerAnswers(self._failure, self._answered_last)
