"""What a run counted: right answers by time, and what went wrong by kind."""

from dataclasses import dataclass, field

from benchmarks.engine.histogram import Histogram, empty_counts

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
    """Counts that grow while a run goes on.

    Three histograms, in microseconds, of right answers only: `times` from when a request was due,
    `service` from when it was sent, and `lag`, how long after its due time each request was
    started. In a closed loop a request is due when it is sent, so only `times` is kept. The hot
    path adds to the lists itself.
    """

    __slots__ = ("content_bytes", "examples", "failures", "lag", "service", "sum_ns", "times")

    def __init__(self) -> None:
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

    @property
    def failed(self) -> int:
        return sum(self.failures.values())

    @property
    def answered(self) -> int:
        return sum(self.times)


@dataclass(frozen=True)
class Outcome:
    """One slice or run, from when timing started to when nothing was in flight.

    `duration_s` includes the drain. `sent` = `answered` + all `failures`, always. `unsent` counts
    what was due in an open loop and never sent. `warm_failures` went wrong before timing started
    and are not in `failures`; `started` counts the requests before it too. `generator_cpu_s` is
    the process's CPU time, polling excluded; `paused_s` is what it spent outside of its loop
    (gevent, garbage collection).
    """

    duration_s: float
    sent: int
    answered: int
    failures: dict[str, int]
    examples: dict[str, str]
    times: Histogram
    service: Histogram
    lag: Histogram
    sum_us: int
    generator_cpu_s: float
    drain_s: float
    idle_closes: int
    unsent: int = 0
    most_connections: int = 0
    paused_s: float = 0.0
    longest_pause_s: float = 0.0
    warm_failures: dict[str, int] = field(default_factory=dict)
    warm_examples: dict[str, str] = field(default_factory=dict)
    started: int = 0
