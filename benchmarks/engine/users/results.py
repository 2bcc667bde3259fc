"""The results of a Locust run, exact over all workers.

Workers add their counts to the reports that Locust sends anyway; the master (or a run without
workers) keeps the sum in `Results`. Times are sent as compressed HdrHistograms and merge by adding.
"""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from locust.env import Environment
from locust.runners import WorkerRunner

from benchmarks.engine.counts.hdr_log import write_log
from benchmarks.engine.counts.tally import Counted
from benchmarks.last_reports import LastReports
from benchmarks.machine.control_group import cpu_quota_cores
from reports.analysis.generator_limit import generator_limits
from reports.analysis.generator_trouble import troubles
from reports.analysis.reasons import GeneratorLimited
from reports.study.histogram import Histogram
from reports.wording.reasons import limit_sentence

REPORT = "wire_users"
PERCENTS = (50.0, 90.0, 99.0, 99.9, 100.0)


class Source(Protocol):
    """The users of one class in this process."""

    def take(self) -> tuple[Counted, bool]:
        """Return the counts since the last call, and whether the run has ended properly."""

    def stop(self) -> None:
        """End the run; return when nothing is in flight."""


class Results:
    """The sum of all workers' counts, by user class.

    `of(environment)` finds or makes the one of an environment.
    """

    def __init__(self, environment: Environment) -> None:
        self.counted: dict[str, Counted] = {}
        self._environment = environment
        self._sources: dict[str, Source] = {}
        self._started_s = time.time()
        events: Any = environment.events
        events.report_to_master.add_listener(self._report)
        events.worker_report.add_listener(self._receive)
        events.test_start.add_listener(self._restart)
        self._last_reports = LastReports.of(environment)
        self._last_reports.endings.append(self._stop)

    @classmethod
    def of(cls, environment: Any) -> "Results":
        """Return the results of `environment`, which handle its events from the first call on."""
        results: Results | None = getattr(environment, "wire_results", None)
        if results is None:
            results = environment.wire_results = cls(environment)
        return results

    def add_source(self, user_class: str, source: Source) -> None:
        """Collect the counts of this user class from `source` until it has ended."""
        self._sources[user_class] = source

    def collect(self) -> None:
        """Add the counts of this process, if it has no master to report to."""
        if not isinstance(self._environment.runner, WorkerRunner):
            self._add(self._take())

    def describe(self) -> list[str]:
        """Return sentences for the log: limits of the generator, counts, and lost workers."""
        lines: list[str] = []
        for name, counted in sorted(self.counted.items()):
            lines += [*map(limit_sentence, _limits(counted)), _sentence(name, counted)]
        return lines + self._last_reports.sentences()

    def write_hdr(self, path: Path) -> None:
        """Write the times of all users as an HdrHistogram log, which public tools read."""
        times = sum((counted.times for counted in self.counted.values()), Histogram())
        write_log(
            path,
            times,
            started_at_s=self._started_s,
            duration_s=time.time() - self._started_s,
            remarks=self._last_reports.sentences(),
        )

    def _stop(self) -> None:
        for source in list(self._sources.values()):
            source.stop()

    def _take(self) -> dict[str, Counted]:
        taken = {name: source.take() for name, source in self._sources.items()}
        for name, (_, ended) in taken.items():
            if ended:
                del self._sources[name]
        return {name: counted for name, (counted, _) in taken.items()}

    def _add(self, taken: Mapping[str, Counted]) -> None:
        for name, counted in taken.items():
            self.counted[name] = self.counted.get(name, Counted()) + counted

    def _report(self, client_id: str, data: dict[str, Any]) -> None:
        data[REPORT] = {name: counted.encode() for name, counted in self._take().items()}

    def _receive(self, client_id: str, data: Mapping[str, Any]) -> None:
        reports: Mapping[str, dict[str, Any]] = data.get(REPORT, {})
        self._add({name: Counted.decode(report) for name, report in reports.items()})

    def _restart(self, environment: Environment, **_: Any) -> None:
        if not isinstance(environment.runner, WorkerRunner):
            self.counted.clear()
            self._started_s = time.time()


def _limits(counted: Counted) -> Iterator[GeneratorLimited]:
    return generator_limits(
        trouble=troubles(
            throttled_ratio=_ratio(counted.throttled_s, counted),
            core_taken_ratio=_ratio(counted.core_wait_s, counted),
            paused_ratio=_ratio(counted.paused_s, counted),
            failures=counted.failures,
            quota_cores=cpu_quota_cores(),
        ),
        cpu_ratio=_ratio(counted.cpu_s, counted),
        requests_per_s=None,
        ceiling=None,
        times=counted.times,
        service_times=counted.service,
        lags=counted.lag,
    )


def _ratio(part_s: float, counted: Counted) -> float | None:
    return part_s / counted.wall_s if counted.wall_s else None


def _sentence(name: str, counted: Counted) -> str:
    times = ", ".join(
        f"p{percent:g} {counted.times.percentile_us(percent / 100)}"
        for percent in PERCENTS
        if counted.answered
    )
    failures = ", ".join(f"{number} {kind}" for kind, number in sorted(counted.failures.items()))
    return (
        f"{name}: {counted.sent} sent, {counted.answered} answered, "
        f"{failures or 'no failures'}, {counted.unsent} unsent; {times or 'no times'} (us)."
    )
