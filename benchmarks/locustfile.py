"""Locust users for the three operations; they check every answer.

Start a backend (`podium serve flask`), then, with Locust's web page on http://localhost:8089:

    locust -f benchmarks/locustfile.py --host http://127.0.0.1:5000

Without the page, 16 users for 30 seconds, and one operation only:

    locust -f benchmarks/locustfile.py --host http://127.0.0.1:5000 --headless -u 16 -t 30s
    locust -f benchmarks/locustfile.py Predict --host http://127.0.0.1:5000 --headless -u 16 -t 30s

On several cores, `--processes 4`; on several machines, `--master` on one and `--worker
--master-host ADDRESS` on the others.

Each user sends its next request when it has its answer, so u users are u connections in a closed
loop. A wrong answer is a failure in Locust's tables, its first example is in the log, and a run
with any failure or a lost worker exits with 1. Requests are drawn from `--seed`; predictions are
compared with those of podium's own model. With `--any-model`, the answers of a backend that names
another model are only checked for consistency.

To compare stacks use `podium compare`: these users cost Locust some 0.1 ms a request, and its
percentiles are rounded. A user of your own is a class like those below; it may also be one of
Locust's `HttpUser`, wait between its requests (`wait_time`), or be spawned more often (`weight`).
"""

import logging
from argparse import ArgumentParser
from functools import cache
from typing import Any

from locust import FastHttpUser, events
from locust.env import Environment
from locust.runners import WorkerRunner

from benchmarks.last_reports import LastReports
from benchmarks.ranges import integer
from benchmarks.workload.answer_check import AnswerCheck, check_of
from benchmarks.workload.workload import ExpectedExchange, Workload, asking_order, build_workload
from shared.address import parse_address
from shared.contract import MAX_ROWS, OperationName
from shared.errors import BadUrl
from shared.model.model import sample_of
from shared.sample import Sample

JSON_FIELDS = {"Content-Type": "application/json"}


class OperationState:
    """The state that all users of one operation in this process share."""

    def __init__(self, workload: Workload, seed: int) -> None:
        self.workload = workload
        self.check: AnswerCheck = check_of(workload)
        self._order = asking_order(workload, seed)
        self._number = 0
        self._shown: set[str] = set()

    def next(self) -> ExpectedExchange:
        """Return the next request: the request set in its seeded order, again and again."""
        self._number += 1
        return self.workload.exchanges[self._order[self._number % len(self._order)]]

    def show_first(self, kind: str, example: str) -> None:
        """Log the first example of each kind of failure; Locust's tables hold the numbers."""
        if kind not in self._shown:
            self._shown.add(kind)
            logging.getLogger(__name__).warning("%s: %s", kind, example)


def ask(user: Any) -> None:
    """Send one request and check its answer: the task of all users."""
    state: OperationState = user.environment.operation_states[user.operation]
    exchange, floor = state.next(), state.check.highest
    with user.client.request(
        state.workload.method,
        state.workload.path,
        data=None if exchange.content is None else exchange.content.encode(),
        headers={} if exchange.content is None else JSON_FIELDS,
        catch_response=True,
        allow_redirects=False,
    ) as response:
        if response.status_code == 0:
            return  # no answer: Locust knows the failure already
        content = response.content or b""
        if response.status_code != 200:
            response.failure(f"wrong status {response.status_code}")
            state.show_first("wrong status", f"{response.status_code} {content[:200]!r}")
            return
        why = state.check.find_fault(exchange, floor, content)
        if why is not None:
            response.failure("wrong content")
            state.show_first("wrong content", why)


class Count(FastHttpUser):
    """Sends `GET /api/count`; every answer must be new, and above all known ones."""

    operation: OperationName = "count"
    tasks = [ask]  # noqa: RUF012 (Locust's own way)


class LetterCount(FastHttpUser):
    """Sends `POST /api/letter_count` with names in many scripts."""

    operation: OperationName = "letter_count"
    tasks = [ask]  # noqa: RUF012


class Predict(FastHttpUser):
    """Sends `POST /api/predict` with `--rows` irises a request."""

    operation: OperationName = "predict"
    tasks = [ask]  # noqa: RUF012


@events.init_command_line_parser.add_listener  # type: ignore[untyped-decorator]  # locust's
def add_arguments(parser: ArgumentParser) -> None:
    """Add these options to Locust's; a master passes them on to its workers."""
    parser.add_argument(
        "--rows", type=integer(1, MAX_ROWS), default=1, help="rows in each predict request"
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of the requests")
    parser.add_argument("--model", help="its rows are sent: NAME or NAME@VERSION; default iris")
    parser.add_argument("--any-model", action="store_true", help="the backend has its own model")


@events.init.add_listener  # type: ignore[untyped-decorator]  # locust's
def watch_workers(environment: Environment, **_: Any) -> None:
    """Have a run fail that has lost a worker."""
    LastReports.of(environment)


@events.init.add_listener  # type: ignore[untyped-decorator]
@events.test_start.add_listener  # type: ignore[untyped-decorator]
def prepare(environment: Environment, **_: Any) -> None:
    """Understand the host, build the request sets before the run's time counts, make new checks."""
    options = environment.parsed_options
    if options is None:
        return
    kinds = environment.user_classes
    if environment.host:
        # The engine's users speak no TLS.
        plain = not all(issubclass(kind, FastHttpUser) for kind in kinds)
        environment.host = _understood(environment.host, plain=plain)
    environment.operation_states = {  # type: ignore[attr-defined]  # users find it by their environment
        operation: OperationState(
            build_workload(
                operation,
                seed=options.seed,
                rows=options.rows,
                sample=_sample(options.model) if operation == "predict" else None,
                any_model=options.any_model,
            ),
            options.seed,
        )
        for operation in sorted({kind.operation for kind in kinds if hasattr(kind, "operation")})
    }


@cache
def _sample(model: str | None) -> Sample:
    """Return the rows to send, read once: the second time would be taken from the run's time."""
    return sample_of(model)


def _understood(host: str, *, plain: bool) -> str:
    """Return the host as a URL to put paths behind; end the process if it cannot be used."""
    try:
        return str(parse_address(host, plain=plain))
    except BadUrl as exc:
        logging.getLogger(__name__).error("%s", exc)  # noqa: TRY400 (one sentence, no traceback)
        raise SystemExit(2) from exc


@events.quitting.add_listener  # type: ignore[untyped-decorator]
def fail_if_empty(environment: Environment, **_: Any) -> None:
    """Fail a run without a single request: it has shown nothing."""
    if not isinstance(environment.runner, WorkerRunner) and not environment.stats.num_requests:
        environment.process_exit_code = 1
