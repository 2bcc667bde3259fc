"""What a run counts while it goes on."""

from benchmarks.engine.counts.counted import Counted
from reports.study.histogram import Histogram, empty_counts

FAILURE_KINDS = (
    "refused",  # no connection
    "reset",  # closed or reset before any of the answer had come
    "timeout",  # no whole answer in time
    "wrong_status",
    "wrong_content",  # not what is expected, or not HTTP
    "short",  # closed or reset before the answer was whole
    "unfinished",  # the run was stopped before the answer had come
)


class Tally:
    """Counts that grow; see `Counted` for what they mean. The hot path adds to the lists itself.

    `service` and `lag` are for open loops; the histograms of a snapshot are empty without.
    """

    __slots__ = (
        "content_bytes",
        "examples",
        "failures",
        "lag",
        "open_loop",
        "service",
        "sum_ns",
        "times",
    )

    def __init__(self, *, open_loop: bool = False) -> None:
        self.open_loop = open_loop
        self.times = empty_counts()
        self.service = empty_counts()
        self.lag = empty_counts()
        self.sum_ns = 0
        self.content_bytes = 0
        self.failures: dict[str, int] = {}
        self.examples: dict[str, str] = {}

    def fail(self, kind: str, example: str) -> None:
        """Count one failure of `kind`; the first of a kind is its example."""
        self.failures[kind] = self.failures.get(kind, 0) + 1
        self.examples.setdefault(kind, example)

    def counted(self, unsent: int = 0, cpu_s: float = 0.0, wall_s: float = 0.0) -> Counted:
        """A snapshot, with what the loop knows."""
        return Counted(
            Histogram(self.times),
            Histogram(self.service if self.open_loop else None),
            Histogram(self.lag if self.open_loop else None),
            self.sum_ns // 1000,
            self.content_bytes,
            dict(self.failures),
            dict(self.examples),
            unsent,
            cpu_s,
            wall_s,
        )
