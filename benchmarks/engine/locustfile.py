"""Locust users of the engine for the three operations; they look at every answer.

Start a backend (`podium serve flask`), then load one of its operations for 30 seconds:

    locust -f benchmarks/engine/locustfile.py Predict --host http://127.0.0.1:5000 --headless -t 30s

That is a closed loop over 16 connections. `--rate 500` makes it an open loop: 500 requests a second
are due, whatever the backend does. `--hdr times.hlog` keeps the exact times.

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

from benchmarks import locustfile  # brings its options, and has the banks ready
from benchmarks.engine.sockets.address import Address
from benchmarks.engine.sockets.request import Exchange
from benchmarks.engine.users.stream import WorkloadStream
from benchmarks.engine.users.user import WireUser
from benchmarks.workload.answer_check import CountCheck
from shared.contract import OperationName


class OperationUser(WireUser):
    """Asks one operation, as the bank has it."""

    abstract = True
    operation: OperationName

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.rate_per_s = environment.parsed_options.rate if environment.parsed_options else None

    def exchanges(self) -> Iterable[Exchange]:
        """The bank once, in its seeded order."""
        environment: Any = self.environment
        asked: locustfile.Asked = environment.asked[self.operation]
        stream = WorkloadStream(asked.workload, Address.of(self.host or ""))
        order = stream.order(environment.parsed_options.seed)
        return islice(order, len(asked.workload.exchanges))


class Count(OperationUser):
    """Asks `GET /api/count`; every answer must be above all that were known."""

    operation: OperationName = "count"

    def exchanges(self) -> Iterable[Exchange]:
        """The one request, with a check that needs no memory of all answers."""
        check = CountCheck(distinct=False)
        return [replace(exchange, check=check) for exchange in super().exchanges()]


class LetterCount(OperationUser):
    """Asks `POST /api/letter_count` with names in many scripts."""

    operation: OperationName = "letter_count"


class Predict(OperationUser):
    """Asks `POST /api/predict` with `--rows` irises a request."""

    operation: OperationName = "predict"


@events.init_command_line_parser.add_listener  # type: ignore[untyped-decorator]  # locust's
def add_rate(parser: ArgumentParser) -> None:
    """Locust's own hook for further options."""
    parser.add_argument("--rate", type=float, help="open loop: so many requests a second are due")
