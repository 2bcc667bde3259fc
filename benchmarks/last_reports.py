"""The last report of each Locust worker, and the workers that never sent one.

Locust waits half a second for last reports, and a worker that was killed is a line in its log: the
run ends with 0, and its tables lack what that worker had not reported. With these, the master asks
for last reports and waits, and a lost worker is an exception of the run: in the log, the web page,
the CSV files and the exit code.
"""

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import gevent
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner
from locust.stats import CSV_STATS_INTERVAL_SEC

logger = logging.getLogger(__name__)

END = "podium_end"
ENDED = "podium_ended"
PATIENCE_S = 10.0
POLL_S = 0.02


class LastReports:
    """The workers' last reports, on the master and on each worker; nothing without workers.

    `of(environment)` finds or makes the one of an environment. `endings` : called on a worker
    before its last report.
    """

    def __init__(self, environment: Environment) -> None:
        self.endings: list[Callable[[], None]] = []
        self._environment = environment
        self._reported: Counter[str] = Counter()
        self._ended_workers: set[str] = set()
        self._ended = False
        events: Any = environment.events
        events.report_to_master.add_listener(self._mark)
        events.worker_report.add_listener(self._receive)
        events.test_start.add_listener(self._restart)
        events.test_stop.add_listener(lambda **_: self._ask())
        events.quitting.add_listener(lambda **_: self._quit())
        if isinstance(environment.runner, WorkerRunner):
            environment.runner.register_message(END, lambda **_: self._end())

    @classmethod
    def of(cls, environment: Any) -> "LastReports":
        """Return those of `environment`, which handle its events from the first call on."""
        found: LastReports | None = getattr(environment, "podium_last_reports", None)
        if found is None:
            found = environment.podium_last_reports = cls(environment)
        return found

    @property
    def lost(self) -> Mapping[str, int]:
        """The workers that ended without a last report, with the requests that they reported."""
        runner = self._environment.runner
        known = {*self._reported}
        if isinstance(runner, MasterRunner):
            known |= {client.id for client in runner.clients.missing}
        return {worker: self._reported[worker] for worker in sorted(known - self._ended_workers)}

    def sentences(self) -> list[str]:
        """Return a sentence for each lost worker."""
        return [
            f"Worker {worker} was lost: the {requests} requests that it had reported are counted, "
            f"and none after them."
            for worker, requests in self.lost.items()
        ]

    def _ask(self) -> None:
        """Ask all living workers for their last reports and wait for them, on the master."""
        runner = self._environment.runner
        if not isinstance(runner, MasterRunner):
            return
        runner.send_message(END)
        with gevent.Timeout(PATIENCE_S, False):
            while any(client.id not in self._ended_workers for client in _living(runner)):
                gevent.sleep(POLL_S)

    def _end(self) -> None:
        """Report for the last time, on a worker."""
        for end in self.endings:
            end()
        self._ended = True
        runner = self._environment.runner
        if isinstance(runner, WorkerRunner):
            runner._send_stats()  # the only way to report before the interval is over

    def _quit(self) -> None:
        """Have every worker report, then let the run fail by each that was lost."""
        runner = self._environment.runner
        if isinstance(runner, WorkerRunner):
            self._end()
        if not isinstance(runner, MasterRunner):
            return
        self._ask()
        for worker, sentence in zip(self.lost, self.sentences(), strict=True):
            logger.error("%s", sentence)
            runner.log_exception(worker, sentence, worker)
            self._environment.process_exit_code = self._environment.process_exit_code or 1
        if self.lost and getattr(self._environment.parsed_options, "csv_prefix", None):
            gevent.sleep(CSV_STATS_INTERVAL_SEC + POLL_S)  # Locust writes its files once a second

    def _mark(self, client_id: str, data: dict[str, Any]) -> None:
        data[ENDED] = self._ended

    def _receive(self, client_id: str, data: Mapping[str, Any]) -> None:
        self._reported[client_id] += data["stats_total"]["num_requests"]
        if data.get(ENDED):
            self._ended_workers.add(client_id)

    def _restart(self, **_: Any) -> None:
        self._ended = False
        self._reported.clear()
        self._ended_workers.clear()


def _living(runner: MasterRunner) -> list[Any]:
    clients = runner.clients
    return [*clients.ready, *clients.spawning, *clients.running]
