"""Wrong in how they end: services in processes of their own, told to stop with SIGTERM."""

import contextlib
import signal
from collections.abc import Iterator
from pathlib import Path

from contract_tests.backends import base as backends
from contract_tests.backends.base import Need
from contract_tests.backends.launched import GRACE_S, FreshService
from contract_tests.backends.opening import Source
from contract_tests.backends.served import ServedBackend
from tests.contract_tests.wrong_backends.started_program import StartedProgram
from tests.contract_tests.wrong_backends.wrong_backend import DEADLINE_S, asked_only

PROGRAM = Path(__file__).with_name("draining_service.py")


class DrainedService(StartedProgram):
    """The program, which is told to end."""

    def terminate(self) -> None:
        """Sends SIGTERM."""
        self.process.send_signal(signal.SIGTERM)

    def wait(self) -> int:
        """The exit status."""
        return self.process.wait(GRACE_S)


class DrainedBackend(ServedBackend):
    """The program as a backend; it can do no more than start and end."""

    offers: frozenset[Need] = frozenset({"launched"})

    def __init__(self, name: str, fault: str, deadline_s: float) -> None:
        self._fault = fault
        self._service = DrainedService(PROGRAM, fault)
        super().__init__(name, f"http://127.0.0.1:{self._service.port}", deadline_s=deadline_s)

    @contextlib.contextmanager
    def launch_fresh(self) -> Iterator[FreshService]:
        """The program once more, for one test alone."""
        with DrainedService(PROGRAM, self._fault) as service:
            yield service

    def close(self) -> None:
        self._service.close()


def drain_source(name: str, fault: str = "none", deadline_s: float = backends.DEADLINE_S) -> Source:
    """The program with this fault; right, unless there is one."""
    return Source(name, DrainedBackend.offers, lambda: DrainedBackend(name, fault, deadline_s))


def wrong_drain(fault: str, breaks: str) -> Source:
    """The program with a fault."""
    return asked_only(breaks, drain_source(fault, fault, DEADLINE_S))


DRAINS_WRONG = (
    wrong_drain("keeps-accepting", "drain.refuses"),
    wrong_drain("drops-connections", "drain.answers"),
    wrong_drain("exits-with-1", "drain.exit"),
)
