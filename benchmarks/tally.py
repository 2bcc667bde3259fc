"""What is counted while a slice runs: each time in microseconds, each failure by kind."""

from collections import Counter

from benchmarks import histogram

EXAMPLE_LENGTH = 500


class Tally:
    """The counts of one slice. Failures never enter the times."""

    def __init__(self) -> None:
        self.sent = 0
        self.answered = 0
        self.sum_us = 0
        self.failures: Counter[str] = Counter()
        self.examples: dict[str, str] = {}
        self._times_us: Counter[int] = Counter()

    def record(self, elapsed_ns: int) -> None:
        """One right answer."""
        elapsed_us = (elapsed_ns + 500) // 1000
        self._times_us[elapsed_us] += 1
        self.sum_us += elapsed_us
        self.answered += 1

    def fail(self, kind: str, detail: str) -> None:
        """One request without a right answer; the first of each kind is kept as an example."""
        self.failures[kind] += 1
        self.examples.setdefault(kind, detail[:EXAMPLE_LENGTH])

    def histogram(self) -> str:
        """The times so far, encoded."""
        return histogram.encode(histogram.from_counts(self._times_us))
