"""Locust users of the engine for the three operations; they check every answer.

Start a backend (`podium serve flask`), then load one of its operations for 30 seconds:

    locust -f benchmarks/engine/locustfile.py Predict --host http://127.0.0.1:5000 --headless -t 30s

That is a closed loop over 16 connections. `--rate 500` makes it an open loop: 500 requests per
second are due, however fast the backend answers. `--hdr times.hlog` writes the exact times.

Each user brings 16 connections; a process drives one class of users, so name it. `--rows`,
`--seed` and `--any-model` are those of `benchmarks/locustfile.py`, whose users are Locust's own.
"""

from argparse import ArgumentParser
from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from typing import Any

from locust import events
from locust.env import Environment

from benchmarks import locustfile  # adds its options and builds the request sets
from benchmarks.engine.sockets.request import EncodedExchange
from benchmarks.engine.users.stream import WorkloadStream
from benchmarks.engine.users.user import WireUser
from benchmarks.ranges import HIGHEST_RATE_PER_S, finite
from benchmarks.workload.answer_check import CountCheck
from shared.contract import OperationName


class OperationUser(WireUser):
    """Sends the requests of one operation."""

    abstract = True
    operation: OperationName

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.rate_per_s = environment.parsed_options.rate if environment.parsed_options else None

    def exchanges(self) -> Iterable[EncodedExchange]:
        """Return the request set once, in its seeded order."""
        environment: Any = self.environment
        state: locustfile.OperationState = environment.operation_states[self.operation]
        stream = WorkloadStream(state.workload, self._address)
        order = stream.order(environment.parsed_options.seed)
        return islice(order, len(state.workload.exchanges))


class Count(OperationUser):
    """Sends `GET /api/count`; every answer must be above all known ones."""

    operation: OperationName = "count"

    def exchanges(self) -> Iterable[EncodedExchange]:
        """Return the one request, with a check that does not remember all answers."""
        check = CountCheck(distinct=False)
        return [replace(exchange, check=check) for exchange in super().exchanges()]


class LetterCount(OperationUser):
    """Sends `POST /api/letter_count` with names in many scripts."""

    operation: OperationName = "letter_count"


class Predict(OperationUser):
    """Sends `POST /api/predict` with `--rows` irises a request."""

    operation: OperationName = "predict"


@events.init_command_line_parser.add_listener  # type: ignore[untyped-decorator]  # locust's
def add_rate(parser: ArgumentParser) -> None:
    """Add `--rate` to Locust's options."""
    parser.add_argument(
        "--rate",
        type=finite(0, HIGHEST_RATE_PER_S),
        metavar="R",
        help="Open loop: send R requests per second",
    )
