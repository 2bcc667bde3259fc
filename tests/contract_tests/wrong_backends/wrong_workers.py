"""Wrong in what they do when a worker dies: services of two workers, in processes of their own."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import psutil

from contract_tests.backends import base as backends
from contract_tests.backends.base import Need
from contract_tests.backends.launched import WorkerService
from contract_tests.backends.opening import Source
from contract_tests.backends.served import ServedBackend
from tests.contract_tests.wrong_backends.started_program import StartedProgram
from tests.contract_tests.wrong_backends.wrong_backend import DEADLINE_S, asked_only

PROGRAM = Path(__file__).with_name("worker_service.py")


class WorkersService(StartedProgram):
    """The program, whose workers are its children."""

    def close(self) -> None:
        """Lets it end its workers, and waits for it."""
        self.process.terminate()
        self.process.communicate()

    def worker_pids(self) -> tuple[int, ...]:
        """The workers that live."""
        return tuple(
            worker.pid
            for worker in psutil.Process(self.process.pid).children()
            if worker.status() != psutil.STATUS_ZOMBIE
        )


class WorkersBackend(ServedBackend):
    """The program as a backend; it can do no more than count with its workers."""

    offers: frozenset[Need] = frozenset({"workers"})

    def __init__(self, name: str, fault: str, deadline_s: float) -> None:
        self._fault = fault
        super().__init__(name, "http://127.0.0.1:9", deadline_s=deadline_s)

    @contextlib.contextmanager
    def launch_workers(self, number: int) -> Iterator[WorkerService]:
        """The program, for one test alone."""
        with WorkersService(PROGRAM, self._fault) as service:
            assert len(service.worker_pids()) == number
            yield service


def workers_source(
    name: str, fault: str = "none", deadline_s: float = backends.DEADLINE_S
) -> Source:
    """The program with this fault; right, unless there is one."""
    return Source(name, WorkersBackend.offers, lambda: WorkersBackend(name, fault, deadline_s))


def wrong_workers(fault: str, breaks: str) -> Source:
    """The program with a fault."""
    return asked_only(breaks, workers_source(fault, fault, DEADLINE_S))


WORKERS_WRONG = (
    wrong_workers("forgets-with-the-dead", "counter.worker-replaced"),
    wrong_workers("counts-the-dead", "counter.worker-replaced"),
    wrong_workers("replaces-nobody", "counter.worker-replaced"),
)
