"""The process that generates the load of slices: Locust as a library, commanded line by line.

`python -m benchmarks.engine.process [--cores 0,1]` reads one JSON object a line on standard input
and answers each on standard output; `benchmarks.engine.driver` is the other end. A slice is
answered twice: when it has ended, and with its outcome, once that is made of the counts. SIGINT
ends the slice that runs, and its counts so far are its outcome. Locust's runner spawns one user,
which owns the connections to all targets and loads one after another. The process ends with its
parent.
"""

# isort: off
import locust  # first of all: it patches
from locust.env import Environment
# isort: on

import json
import logging
import os
import signal
import sys
import time
import traceback
from collections.abc import Mapping
from typing import Any

import gevent
from gevent.event import Event
from gevent.fileobject import FileObject
from gevent.queue import Queue

from benchmarks.child_process import begin_as_child
from benchmarks.engine.counts.tally import Counted
from benchmarks.engine.errors import EngineError
from benchmarks.engine.loops.arrivals import Arrivals
from benchmarks.engine.loops.slices import run_closed, run_open
from benchmarks.engine.loops.timing import Outcome, settle_memory
from benchmarks.engine.sockets.address import TargetAddress
from benchmarks.engine.sockets.connection import connections_allowed
from benchmarks.engine.sockets.pool import ConnectionPool
from benchmarks.engine.users.stream import WorkloadStream
from benchmarks.workload.workload import ExpectedExchange, Workload

ANSWER_TIMEOUT_S = 10.0
MOST_CONNECTIONS = 1024
ENDED = {"ended": True}

Message = Mapping[str, Any]


class OpenTarget:
    """One target: the connections to it, and its requests for each workload."""

    def __init__(self, url: str) -> None:
        self.pool = ConnectionPool(TargetAddress.of(url), ANSWER_TIMEOUT_S)
        self._streams: dict[tuple[str, int], WorkloadStream] = {}

    def stream(self, workload: Workload) -> WorkloadStream:
        """Return the requests of `workload`, encoded once."""
        key = (workload.operation, workload.rows)
        if key not in self._streams:
            self._streams[key] = WorkloadStream(workload, self.pool.address)
        return self._streams[key]

    def forget(self, workload: Workload) -> None:
        """Forget the requests of an earlier workload of the same operation and rows."""
        self._streams.pop((workload.operation, workload.rows), None)


class SliceUser(locust.User):
    """The Locust user that runs one slice after another, as commanded."""

    commands = Queue()
    results = Queue()
    stopped = Event()

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._workloads: dict[tuple[str, int], Workload] = {}
        self._targets: dict[str, OpenTarget] = {}
        self._ended_at_ns = 0

    @locust.task
    def handle_command(self) -> None:
        """Run the next command and queue its result, or the sentence of its error."""
        message = self.commands.get()
        command = {"workload": self._workload, "open": self._open, "run": self._run}[message["do"]]
        try:
            result = command(message)
        except EngineError as exc:
            result = {"error": str(exc)}
        except Exception:  # a defect ends the process; the other end shows the last line
            traceback.print_exc()
            os._exit(1)
        self.results.put(result)

    def _workload(self, message: Message) -> Message:
        exchanges = tuple(ExpectedExchange(*pair) for pair in message["exchanges"])
        workload = Workload(**{**message["workload"], "exchanges": exchanges})
        self._workloads[workload.operation, workload.rows] = workload
        for target in self._targets.values():
            target.forget(workload)
        return {}

    def _open(self, message: Message) -> Message:
        for target in self._targets.values():
            target.pool.close_all()
        self._targets = {label: OpenTarget(url) for label, url in message["targets"]}
        for target in self._targets.values():
            for workload in self._workloads.values():
                target.stream(workload)
        settle_memory()
        return {}

    def _run(self, message: Message) -> Message:
        target = self._targets[message["label"]]
        stream = target.stream(self._workloads[message["operation"], message["rows"]])
        pool, order, rate = target.pool, stream.order(message["seed"]), message["rate_per_s"]
        connections, duration_s = message["connections"], message["duration_s"]
        everywhere = sum(len(target.pool.connections) for target in self._targets.values())
        others = everywhere - len(pool.connections)
        allowed = connections_allowed(others + connections) - others
        if rate is None:
            outcome = run_closed(
                pool, order, connections, duration_s, stopped=self.stopped.is_set, ended=self._ended
            )
        else:
            arrivals = Arrivals(rate, message["spacing"], message["seed"])
            outcome = run_open(
                pool,
                order,
                connections,
                most=min(MOST_CONNECTIONS, allowed),
                arrivals=arrivals,
                duration_s=duration_s,
                stopped=self.stopped.is_set,
                ended=self._ended,
            )
        started_at_ns = self._ended_at_ns - round(outcome.counted.wall_s * 1e9)
        return {"started_at_ns": started_at_ns, **_encoded(outcome, rate is not None)}

    def _ended(self) -> None:
        self._ended_at_ns = time.time_ns()
        print(json.dumps(ENDED), flush=True)


def _encoded(outcome: Outcome, open_loop: bool) -> Message:
    """Return `outcome` as the members of a `benchmarks.driver.SliceOutcome`.

    A wrong answer before timing started is as wrong as any, so it is among the failures.
    """
    warm = outcome.warm
    counted = outcome.counted + Counted(failures=warm.failures, examples=warm.examples)
    return {
        "duration_s": counted.wall_s,
        "sent": outcome.started,
        "answered": counted.answered,
        "histogram": counted.times.encode(),
        "sum_us": counted.sum_us,
        "failures": counted.failures,
        "examples": {kind: counted.examples[kind] for kind in counted.failures},
        "generator_cpu_s": counted.cpu_s,
        "drain_s": outcome.drain_s,
        "idle_closes": outcome.idle_closes,
        "service_histogram": counted.service.encode() if open_loop else None,
        "on_time_histogram": counted.on_time.encode() if open_loop else None,
        "lag_histogram": counted.lag.encode() if open_loop else None,
        "due": outcome.counted.sent + outcome.counted.unsent if open_loop else None,
        "unsent": outcome.counted.unsent,
        "paused_s": outcome.counted.paused_s,
    }


def read_lines() -> None:
    """Queue the lines of standard input as commands; exit at its end, when the parent is gone."""
    for line in FileObject(sys.stdin.fileno(), "rb", closefd=False):
        SliceUser.commands.put(json.loads(line))
    os._exit(0)


def main() -> None:
    """Print the result of each command until standard input ends."""
    begin_as_child(__doc__)
    signal.signal(signal.SIGINT, lambda *_: SliceUser.stopped.set())
    logging.getLogger("locust").setLevel(logging.ERROR)
    runner = Environment(user_classes=[SliceUser], catch_exceptions=False).create_local_runner()
    runner.start(1, spawn_rate=1)
    gevent.spawn(read_lines)
    print(json.dumps({"ready": True}), flush=True)
    while True:
        print(json.dumps(SliceUser.results.get()), flush=True)


if __name__ == "__main__":
    main()
