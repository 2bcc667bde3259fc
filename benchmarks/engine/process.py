"""The process that makes the load of slices: Locust as a library, told what to do line by line.

`python -m benchmarks.engine.process [--cores 0,1]` reads one JSON object a line on standard input
and answers each on standard output; `benchmarks.engine.driver` is the other end. Locust's runner
spawns one user, which owns the connections to all targets and goes from one to the next. The
process ends with its parent.
"""

# isort: off
import locust  # first of all: it patches
from locust.env import Environment
# isort: on

import json
import logging
import os
import sys
import time
import traceback
from collections.abc import Mapping
from typing import Any

import gevent
from gevent.fileobject import FileObject
from gevent.queue import Queue

from benchmarks.child_process import begin_as_child
from benchmarks.engine.counts.tally import Counted
from benchmarks.engine.errors import EngineError
from benchmarks.engine.loops.arrivals import Arrivals
from benchmarks.engine.loops.slices import run_closed, run_open
from benchmarks.engine.loops.timing import Outcome
from benchmarks.engine.sockets.address import Address
from benchmarks.engine.sockets.connection import connections_allowed
from benchmarks.engine.sockets.pool import Wire
from benchmarks.engine.users.stream import WorkloadStream
from benchmarks.workload.workload import Exchange, Workload

ANSWER_TIMEOUT_S = 10.0
MOST_CONNECTIONS = 1024

Message = Mapping[str, Any]


class Service:
    """One target: the connections to it, and its requests for each workload."""

    def __init__(self, url: str) -> None:
        self.wire = Wire(Address.of(url), ANSWER_TIMEOUT_S)
        self._streams: dict[tuple[str, int], WorkloadStream] = {}

    def stream(self, workload: Workload) -> WorkloadStream:
        """The requests of `workload`, encoded once."""
        key = (workload.operation, workload.rows)
        if key not in self._streams:
            self._streams[key] = WorkloadStream(workload, self.wire.address)
        return self._streams[key]


class SliceUser(locust.User):
    """The Locust user that makes one slice after another, as it is told."""

    orders = Queue()
    answers = Queue()

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._workloads: dict[tuple[str, int], Workload] = {}
        self._services: dict[str, Service] = {}

    @locust.task
    def obey(self) -> None:
        """Takes one order and answers it, with the sentence of the error if there is one."""
        message = self.orders.get()
        verb = {"workload": self._workload, "open": self._open, "run": self._run}[message["do"]]
        try:
            answer = verb(message)
        except EngineError as exc:
            answer = {"error": str(exc)}
        except Exception:
            traceback.print_exc()
            os._exit(1)  # the other end shows the last line
        self.answers.put(answer)

    def _workload(self, message: Message) -> Message:
        exchanges = tuple(Exchange(*pair) for pair in message["exchanges"])
        workload = Workload(**{**message["workload"], "exchanges": exchanges})
        self._workloads[workload.operation, workload.rows] = workload
        return {}

    def _open(self, message: Message) -> Message:
        for service in self._services.values():
            service.wire.close_all()
        self._services = {label: Service(url) for label, url in message["targets"]}
        return {}

    def _run(self, message: Message) -> Message:
        service = self._services[message["label"]]
        stream = service.stream(self._workloads[message["operation"], message["rows"]])
        wire, order, rate = service.wire, stream.order(message["seed"]), message["rate_per_s"]
        connections, duration_s = message["connections"], message["duration_s"]
        others = sum(len(one.wire.connections) for one in self._services.values()) - len(
            wire.connections
        )
        allowed = connections_allowed(others + connections) - others
        if rate is None:
            outcome = run_closed(wire, order, connections, duration_s)
        else:
            arrivals = Arrivals(rate, message["spacing"], message["seed"])
            outcome = run_open(
                wire,
                order,
                connections,
                most=min(MOST_CONNECTIONS, allowed),
                arrivals=arrivals,
                duration_s=duration_s,
            )
        repeated = stream.count_check.repeated() if stream.count_check else 0
        started_at_ns = time.time_ns() - round(outcome.counted.wall_s * 1e9)
        return {"started_at_ns": started_at_ns, **_encoded(outcome, rate is not None, repeated)}


def _encoded(outcome: Outcome, open_loop: bool, repeated: int) -> Message:
    """`outcome` as the members of a `benchmarks.driver.SliceOutcome`.

    A wrong answer before timing started is as wrong as any, so it is among the failures.
    """
    counted = outcome.counted + Counted(
        failures={
            **outcome.warm.failures,
            "wrong_content": outcome.warm.failures.get("wrong_content", 0) + repeated,
        },
        examples={
            "wrong_content": f"{repeated} counts were answered twice",
            **outcome.warm.examples,
        },
    )
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
        "lag_histogram": counted.lag.encode() if open_loop else None,
        "due": outcome.counted.sent + outcome.counted.unsent if open_loop else None,
        "unsent": outcome.counted.unsent,
    }


def read_lines() -> None:
    """Hands on the lines of standard input; at its end the parent is gone, and so are we."""
    for line in FileObject(sys.stdin.fileno(), "rb", closefd=False):
        SliceUser.orders.put(json.loads(line))
    os._exit(0)


def main() -> None:
    """Answers line by line until standard input ends."""
    begin_as_child(__doc__)
    logging.getLogger("locust").setLevel(logging.ERROR)
    runner = Environment(user_classes=[SliceUser], catch_exceptions=False).create_local_runner()
    runner.start(1, spawn_rate=1)
    gevent.spawn(read_lines)
    print(json.dumps({"ready": True}), flush=True)
    while True:
        print(json.dumps(SliceUser.answers.get()), flush=True)


if __name__ == "__main__":
    main()
