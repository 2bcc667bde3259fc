"""What a Locust run counted, on the process where it is asked for: exact, over all workers.

Workers add what they counted to the reports that Locust sends anyway; the master (or a run without
workers) keeps the sum in `Results`. Times travel as compressed HdrHistograms and merge by adding.
"""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from locust.env import Environment
from locust.runners import WorkerRunner

from benchmarks.engine.counted import Counted
from benchmarks.engine.histogram import Histogram
from benchmarks.histogram import write_log

REPORT = "wire_users"
LOCAL = "local"
PERCENTS = (50.0, 90.0, 99.0, 99.9, 100.0)

Take = Callable[[], tuple[Counted, bool]]
"""What was counted since the last call, and whether the run has ended properly."""


class Results:
    """The sum of what all workers counted, by user class, and who has not finished.

    `of(environment)` finds or makes the one of an environment.
    """

    def __init__(self, environment: Environment) -> None:
        self.counted: dict[str, Counted] = {}
        self._environment = environment
        self._sources: dict[str, Take] = {}
        self._unfinished: dict[str, int] = {}
        self._started_s = time.time()
        events: Any = environment.events
        events.report_to_master.add_listener(self._report)
        events.worker_report.add_listener(self._receive)
        events.test_start.add_listener(self._restart)

    @classmethod
    def of(cls, environment: Any) -> "Results":
        """The results of `environment`, which listens to its events from the first call on."""
        results: Results | None = getattr(environment, "wire_results", None)
        if results is None:
            results = environment.wire_results = cls(environment)
        return results

    @property
    def missing_workers(self) -> list[str]:
        """Workers that made load and never said that they ended; what they reported is kept."""
        return sorted(worker for worker, running in self._unfinished.items() if running)

    def add_source(self, user_class: str, take: Take) -> None:
        """Have `take` asked for what the users of this class counted, until it says the end."""
        self._sources[user_class] = take

    def collect(self) -> None:
        """Ask the users of this very process, if it has no master to report to."""
        if not isinstance(self._environment.runner, WorkerRunner):
            self._add(LOCAL, self._take())

    def describe(self) -> list[str]:
        """Sentences for the log: counts, exact percentiles, failures, and who is missing."""
        lines = [_sentence(name, counted) for name, counted in sorted(self.counted.items())]
        lines += [
            f"Worker {worker} ended without its last report; what it had reported is counted."
            for worker in self.missing_workers
        ]
        return lines

    def write_hdr(self, path: Path) -> None:
        """The times of all users as an HdrHistogram log, which public tools read."""
        times = sum((counted.times for counted in self.counted.values()), Histogram())
        write_log(
            path,
            times.to_hdr(),
            started_at_s=self._started_s,
            duration_s=time.time() - self._started_s,
        )

    def _take(self) -> dict[str, tuple[Counted, bool]]:
        taken = {name: take() for name, take in self._sources.items()}
        for name, (_, ended) in taken.items():
            if ended:
                del self._sources[name]
        return taken

    def _add(self, worker: str, taken: Mapping[str, tuple[Counted, bool]]) -> None:
        for name, (counted, _) in taken.items():
            self.counted[name] = self.counted.get(name, Counted()) + counted
        if taken:
            self._unfinished[worker] = sum(not ended for _, ended in taken.values())

    def _report(self, client_id: str, data: dict[str, Any]) -> None:
        data[REPORT] = {
            name: {"counted": counted.encode(), "ended": ended}
            for name, (counted, ended) in self._take().items()
        }

    def _receive(self, client_id: str, data: Mapping[str, Any]) -> None:
        reports: Mapping[str, dict[str, Any]] = data.get(REPORT, {})
        self._add(
            client_id,
            {
                name: (Counted.decode(report["counted"]), report["ended"])
                for name, report in reports.items()
            },
        )

    def _restart(self, environment: Environment, **_: Any) -> None:
        if not isinstance(environment.runner, WorkerRunner):
            self.counted.clear()
            self._unfinished.clear()
            self._started_s = time.time()


def _sentence(name: str, counted: Counted) -> str:
    times = ", ".join(
        f"p{percent:g} {counted.times.percentile_us(percent)}"
        for percent in PERCENTS
        if counted.answered
    )
    failures = ", ".join(f"{number} {kind}" for kind, number in sorted(counted.failures.items()))
    return (
        f"{name}: {counted.sent} sent, {counted.answered} answered, "
        f"{failures or 'no failures'}, {counted.unsent} unsent; {times or 'no times'} (us)."
    )
