"""The counts of a run: `Tally` while it goes on, `Counted` as a value to add up and to send."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reports.study.histogram import Histogram, empty_counts
from reports.study.records import GENERATOR_FAILURES

FAILURE_KINDS = (
    "refused",  # no connection
    "reset",  # closed or reset before any of the answer had come
    "timeout",  # no whole answer in time
    "wrong_status",
    "wrong_content",  # not what is expected, or not HTTP
    "short",  # closed or reset before the answer was whole
    "unfinished",  # the run was stopped before the answer had come
    *GENERATOR_FAILURES,  # no connection, and not for anything that the backend did
)


@dataclass(frozen=True)
class Counted:
    """Counts of right answers by time, and of failures by kind.

    Four histograms, in microseconds: `times` of right answers from when a request was due,
    and in an open loop `service` from when it was sent, `on_time`, those of `times` whose request
    was on time (`ConnectionPool.start`), and `lag`, how long after its due time each request was
    started. `sum_us` and `content_bytes` are of right answers.
    `unsent` counts requests that were due in an open loop and never sent; they are not in
    `failures`. All generators together used `cpu_s` of CPU time, polling excluded, in `wall_s`; for
    `paused_s` of it they had work and did not run, for `core_wait_s` they were ready to run and
    others had their cores, and for `throttled_s` quotas stopped their control groups.
    """

    times: Histogram = field(default_factory=Histogram)
    service: Histogram = field(default_factory=Histogram)
    on_time: Histogram = field(default_factory=Histogram)
    lag: Histogram = field(default_factory=Histogram)
    sum_us: int = 0
    content_bytes: int = 0
    failures: Mapping[str, int] = field(default_factory=dict)
    examples: Mapping[str, str] = field(default_factory=dict)
    unsent: int = 0
    cpu_s: float = 0.0
    wall_s: float = 0.0
    paused_s: float = 0.0
    core_wait_s: float = 0.0
    throttled_s: float = 0.0

    @property
    def answered(self) -> int:
        """Right answers."""
        return self.times.total

    @property
    def failed(self) -> int:
        """Failures of all kinds."""
        return sum(self.failures.values())

    @property
    def sent(self) -> int:
        """Requests that ended: `answered` and `failed`."""
        return self.answered + self.failed

    def __add__(self, other: "Counted") -> "Counted":
        return Counted(
            self.times + other.times,
            self.service + other.service,
            self.on_time + other.on_time,
            self.lag + other.lag,
            self.sum_us + other.sum_us,
            self.content_bytes + other.content_bytes,
            dict(Counter(self.failures) + Counter(other.failures)),
            {**other.examples, **self.examples},
            self.unsent + other.unsent,
            self.cpu_s + other.cpu_s,
            self.wall_s + other.wall_s,
            self.paused_s + other.paused_s,
            self.core_wait_s + other.core_wait_s,
            self.throttled_s + other.throttled_s,
        )

    def since(self, earlier: "Counted") -> "Counted":
        """Return the counts after `earlier`, a snapshot of the same tally."""
        return Counted(
            self.times - earlier.times,
            self.service - earlier.service,
            self.on_time - earlier.on_time,
            self.lag - earlier.lag,
            self.sum_us - earlier.sum_us,
            self.content_bytes - earlier.content_bytes,
            dict(Counter(self.failures) - Counter(earlier.failures)),
            self.examples,
            self.unsent - earlier.unsent,
            self.cpu_s - earlier.cpu_s,
            self.wall_s - earlier.wall_s,
            self.paused_s - earlier.paused_s,
            self.core_wait_s - earlier.core_wait_s,
            self.throttled_s - earlier.throttled_s,
        )

    def encode(self) -> dict[str, Any]:
        """Return plain values; histograms in HdrHistogram's compressed encoding."""
        return {
            "times": self.times.encode(),
            "service": self.service.encode(),
            "on_time": self.on_time.encode(),
            "lag": self.lag.encode(),
            "sum_us": self.sum_us,
            "content_bytes": self.content_bytes,
            "failures": dict(self.failures),
            "examples": dict(self.examples),
            "unsent": self.unsent,
            "cpu_s": self.cpu_s,
            "wall_s": self.wall_s,
            "paused_s": self.paused_s,
            "core_wait_s": self.core_wait_s,
            "throttled_s": self.throttled_s,
        }

    @classmethod
    def decode(cls, message: Mapping[str, Any]) -> "Counted":
        """Return the counts that `encode` made `message` of."""
        names = ("times", "service", "on_time", "lag")
        histograms = {name: Histogram.decode(message[name]) for name in names}
        return cls(**{**message, **histograms})


class Tally:
    """Growing counts, with the meanings of `Counted`; the hot path adds to the lists itself.

    `service`, `on_time` and `lag` are for open loops; without one, a snapshot has them empty.
    """

    __slots__ = (
        "content_bytes",
        "examples",
        "failures",
        "lag",
        "on_time",
        "open_loop",
        "service",
        "sum_ns",
        "times",
    )

    def __init__(self, *, open_loop: bool = False) -> None:
        self.open_loop = open_loop
        self.times = empty_counts()
        self.service = empty_counts()
        self.on_time = empty_counts()
        self.lag = empty_counts()
        self.sum_ns = 0
        self.content_bytes = 0
        self.failures: dict[str, int] = {}
        self.examples: dict[str, str] = {}

    def fail(self, kind: str, example: str) -> None:
        """Count one failure of `kind`; the first of a kind is its example."""
        self.failures[kind] = self.failures.get(kind, 0) + 1
        self.examples.setdefault(kind, example)

    def counted(
        self, unsent: int = 0, cpu_s: float = 0.0, wall_s: float = 0.0, paused_s: float = 0.0
    ) -> Counted:
        """Return a snapshot; the arguments are what only the loop knows."""
        return Counted(
            Histogram(self.times),
            Histogram(self.service if self.open_loop else None),
            Histogram(self.on_time if self.open_loop else None),
            Histogram(self.lag if self.open_loop else None),
            self.sum_ns // 1000,
            self.content_bytes,
            dict(self.failures),
            dict(self.examples),
            unsent,
            cpu_s,
            wall_s,
            paused_s,
        )
