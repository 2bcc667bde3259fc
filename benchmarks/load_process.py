"""The process that makes the load: Locust as a library, told what to do line by line.

`python -m benchmarks.load_process [--cores 0,1]` reads one JSON object a line on standard input
and answers each on standard output; `benchmarks.locust_driver` is the other end. Locust's runner
spawns one user a connection; in a slice each user sends its next request when its answer has come
(a closed loop). Only this module and the locustfile import locust, which replaces the standard
library's sockets and threads in the whole process.
"""

# isort: off
import locust  # first of all: it patches
from locust.env import Environment
# isort: on

import argparse
import gc
import json
import logging
import os
import random
import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import cycle
from typing import Any

import gevent
from gevent import joinall
from gevent.fileobject import FileObject
from gevent.queue import Queue

from benchmarks.answers import AnswerCheck, check_of
from benchmarks.connection import Address, Connection, ExchangeFailed
from benchmarks.parentage import die_with_parent
from benchmarks.tally import Tally
from benchmarks.workload import Exchange, Workload, asking_order

# After every connection has answered once, before timing starts.
SETTLE_S = 0.005
# A connection that failed waits this long, so that a dead server is not asked in a busy loop.
AFTER_FAILURE_S = 0.01

Step = Callable[["Caller"], None]


class Service:
    """One target: its address, the caller's connections to it, and the checks of its answers."""

    def __init__(self, url: str) -> None:
        self.address = Address.of(url)
        self.connections: dict[int, Connection] = {}
        self._asked: dict[tuple[str, int], tuple[AnswerCheck, list[tuple[bytes, Exchange]]]] = {}

    def connection(self, number: int) -> Connection:
        """The connection of caller `number`."""
        if number not in self.connections:
            self.connections[number] = Connection(self.address)
        return self.connections[number]

    def asked(self, workload: Workload) -> tuple[AnswerCheck, list[tuple[bytes, Exchange]]]:
        """The check of this operation's answers, and its encoded requests."""
        key = (workload.operation, workload.rows)
        if key not in self._asked:
            requests = [
                (self.address.encode(workload.method, workload.path, exchange.content), exchange)
                for exchange in workload.exchanges
            ]
            self._asked[key] = (check_of(workload), requests)
        return self._asked[key]


class Slice:
    """One slice while it runs: what its callers share."""

    def __init__(self, service: Service, workload: Workload, seed: int) -> None:
        self.service = service
        self.tally = Tally()
        self.idle_closes = 0
        self.ended_ns = 0
        self.deadline_ns = 0
        self._check, requests = service.asked(workload)
        self._requests: Iterator[tuple[bytes, Exchange]] = cycle(
            requests[place] for place in asking_order(workload, seed)
        )

    def warm_up(self, caller: "Caller") -> None:
        """One untimed, checked answer, over a connection opened again if it was closed."""
        connection = self.service.connection(caller.number)
        closed = connection.closed_while_idle()  # other callers run meanwhile
        self.idle_closes += closed
        self._ask(connection)

    def loop(self, caller: "Caller") -> None:
        """Answers until the deadline; what is under way then is waited for and counted."""
        connection, record = self.service.connection(caller.number), self.tally.record
        now = time.perf_counter_ns
        started = now()
        while started < self.deadline_ns:
            if self._ask(connection):
                ended = now()
                record(ended - started)
            else:
                gevent.sleep(AFTER_FAILURE_S)
                ended = now()
            started = ended
        self.ended_ns = max(self.ended_ns, started)

    def _ask(self, connection: Connection) -> bool:
        """One exchange; whether its answer was right."""
        request, exchange = next(self._requests)
        tally = self.tally
        tally.sent += 1
        floor = self._check.highest
        try:
            status, content = connection.exchange(request)
        except ExchangeFailed as failure:
            tally.fail(failure.kind, failure.detail)
            return False
        if status != 200:
            tally.fail("wrong_status", f"{status}: {content[:200].decode(errors='replace')}")
            return False
        why = self._check.why_wrong(exchange, floor, content)
        if why is not None:
            tally.fail("wrong_content", why)
            return False
        return True


class Callers(Environment):
    """Locust's environment, which knows its users in the order they were spawned."""

    def __init__(self) -> None:
        super().__init__(user_classes=[Caller])
        self.callers: list[Caller] = []


class Caller(locust.User):
    """A Locust user that owns one connection to each target and does one step after another."""

    def __init__(self, environment: Callers) -> None:
        super().__init__(environment)
        self.steps: Queue = Queue()
        self.done: Queue = Queue()
        self.number = len(environment.callers)
        environment.callers.append(self)

    @locust.task
    def next_step(self) -> None:
        """Waits for a step, does it, and hands on what went wrong with ourselves, if anything."""
        step: Step = self.steps.get()
        try:
            step(self)
        except Exception as exc:
            self.done.put(exc)
        else:
            self.done.put(None)


class LoadProcess:
    """Does what the lines say; one method a verb."""

    def __init__(self) -> None:
        self._environment = Callers()
        self._runner = self._environment.create_local_runner()
        self._workloads: dict[tuple[str, int], Workload] = {}
        self._services: dict[str, Service] = {}

    def do(self, message: Mapping[str, Any]) -> Mapping[str, Any]:
        """The answer to one message."""
        verb = {"workload": self._workload, "open": self._open, "run": self._run}[message["do"]]
        return verb(message)

    def _workload(self, message: Mapping[str, Any]) -> Mapping[str, Any]:
        exchanges = tuple(Exchange(*pair) for pair in message["exchanges"])
        workload = Workload(**{**message["workload"], "exchanges": exchanges})
        self._workloads[workload.operation, workload.rows] = workload
        return {}

    def _open(self, message: Mapping[str, Any]) -> Mapping[str, Any]:
        for service in self._services.values():
            for connection in service.connections.values():
                connection.close()
        self._services = {label: Service(url) for label, url in message["targets"]}
        gc.collect()
        gc.freeze()
        return {}

    def _run(self, message: Mapping[str, Any]) -> Mapping[str, Any]:
        workload = self._workloads[message["operation"], message["rows"]]
        callers = self._callers(message["connections"])
        piece = Slice(self._services[message["label"]], workload, message["seed"])
        all_do(callers, piece.warm_up)
        gevent.sleep(SETTLE_S)
        cpu_ns, started_at_ns = time.process_time_ns(), time.time_ns()
        started_ns = time.perf_counter_ns()
        piece.deadline_ns = started_ns + round(message["duration_s"] * 1e9)
        all_do(callers, piece.loop)
        tally = piece.tally
        return {
            "started_at_ns": started_at_ns,
            "duration_s": (piece.ended_ns - started_ns) / 1e9,
            "sent": tally.sent,
            "answered": tally.answered,
            "histogram": tally.histogram(),
            "sum_us": tally.sum_us,
            "failures": dict(tally.failures),
            "examples": tally.examples,
            "generator_cpu_s": (time.process_time_ns() - cpu_ns) / 1e9,
            "drain_s": max(0.0, (piece.ended_ns - piece.deadline_ns) / 1e9),
            "idle_closes": piece.idle_closes,
        }

    def _callers(self, connections: int) -> list[Caller]:
        """That many users, spawned by Locust's runner when more are wanted than there are."""
        callers = self._environment.callers
        if len(callers) < connections:
            self._runner.start(connections, spawn_rate=connections)
            joinall([self._runner.spawning_greenlet])
        return callers[:connections]


def all_do(callers: list[Caller], step: Step) -> None:
    """Has all callers do one step at once and waits for them; raises what one of them raised."""
    for caller in callers:
        caller.steps.put(step)
    for outcome in [caller.done.get() for caller in callers]:
        if outcome is not None:
            raise outcome


def read_lines(lines: Queue) -> None:
    """Hands on the lines of standard input; at its end the parent is gone, and so are we."""
    for line in FileObject(sys.stdin.fileno(), "rb", closefd=False):
        lines.put(line)
    os._exit(0)


def main() -> None:
    """Answers line by line until standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cores", help="run on these cores only, such as 0,2")
    cores = parser.parse_args().cores
    if cores:
        os.sched_setaffinity(0, {int(core) for core in cores.split(",")})
    die_with_parent()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # a descriptor a connection
    logging.getLogger("locust").setLevel(logging.ERROR)
    random.seed(0)  # the dispatcher's order of users, all alike
    process = LoadProcess()
    lines: Queue = Queue()
    gevent.spawn(read_lines, lines)
    print(json.dumps({"ready": True}), flush=True)
    while True:
        answer = process.do(json.loads(lines.get()))
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
