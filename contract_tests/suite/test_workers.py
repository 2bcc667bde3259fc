"""Several workers: the test starts them for itself, and kills one."""

import os
import signal
import time

import pytest

from contract_tests.backends.base import DEADLINE_S
from contract_tests.backends.launched import LaunchedBackend, WorkerService
from contract_tests.contract.expected import count_answer
from contract_tests.http.connection import Connection
from contract_tests.http.messages import get
from contract_tests.http.record import Record

pytestmark = pytest.mark.needs("workers")

WORKERS = 2
REQUESTS = 10
# Starting a worker imports the framework and loads the model: it may take so many answers' time.
REPLACED_WITHIN_DEADLINES = 3
POLL_S = 0.02


@pytest.mark.holds("counter.worker-replaced", "counter.exact")
def test_the_count_goes_on_where_a_worker_dies(backend: LaunchedBackend) -> None:
    """The count goes on by one a request where a worker dies, whichever worker answers.

    Sends: GET /api/count ten times, kill -9 to one of two workers, then as many more once it was
    replaced
    Wants: 200 with the counts 1 to 20
    """
    with backend.launch_workers(WORKERS) as service:
        expect_counts(service, 1, backend.record)
        replace_one(service, REPLACED_WITHIN_DEADLINES * backend.deadline_s)
        expect_counts(service, 1 + REQUESTS, backend.record)


def expect_counts(service: WorkerService, first: int, record: Record) -> None:
    """Ask for the count, on a new connection each time."""
    for number in range(first, first + REQUESTS):
        with Connection(service.host, service.port, DEADLINE_S, record) as connection:
            assert connection.exchange(get("/api/count")).listed == count_answer(number)


def replace_one(service: WorkerService, within_s: float) -> None:
    """Kill a worker, and wait until another serves in its place."""
    before = service.worker_pids()
    assert len(before) == WORKERS
    os.kill(before[0], signal.SIGKILL)
    deadline = time.monotonic() + within_s
    while before[0] in (now := service.worker_pids()) or len(now) < WORKERS:
        assert time.monotonic() < deadline, "the worker that died was not replaced"
        time.sleep(POLL_S)
