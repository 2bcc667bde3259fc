"""Counts under load: each number once, and above all that was known when it was asked for."""

import numpy as np

REMEMBERED = 200_000
"""How many of the numbers last answered are looked through for one that comes twice."""


class CountCheck:
    """Checks the `count` answers of one service over any number of slices.

    Every answer is looked at as it comes (`__call__`, an `exchange.Check`); whether a number came
    twice is looked for in bulk by `repeated`, off the hot path.
    """

    def __init__(self) -> None:
        self.highest = 0
        self._floors: dict[int, int] = {}
        self._new: list[int] = []
        self._seen = np.zeros(0, np.int64)

    def __call__(self, connection: int, content: bytes) -> str | None:
        """What is wrong with `content`, or `None`.

        A connection's next request is sent after its last answer was taken, so what was the
        highest number then is a floor for the next.
        """
        digits = content[9:-1]
        if content[:9] != b'{"count":' or content[-1:] != b"}" or not digits.isdigit():
            return f"not a count: {content[:120]!r}"
        number = int(digits)
        floor = self._floors.get(connection, 0)
        if number <= floor:
            return f"the count went from {floor} back to {number}"
        self.highest = max(self.highest, number)
        self._floors[connection] = self.highest
        self._new.append(number)
        return None

    def repeated(self) -> int:
        """How many of the numbers since the last call had been answered before."""
        if not self._new:
            return 0
        known = np.sort(np.concatenate([self._seen, np.array(self._new, np.int64)]))
        self._new.clear()
        repeated = int((np.diff(known) == 0).sum())
        self._seen = np.unique(known)[-REMEMBERED:]
        return repeated
