"""`WireUser`: the Locust user that is not the limit."""

import logging
import signal
from collections.abc import Iterable
from functools import cached_property
from itertools import cycle
from pathlib import Path
from time import perf_counter_ns as clock_ns
from typing import Any

import gevent
from locust import User, events, task
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment
from locust.exception import StopUser
from locust.runners import LocalRunner, WorkerRunner
from locust.stats import CSV_STATS_INTERVAL_SEC
from locust.user.task import LOCUST_STATE_RUNNING

from benchmarks.engine.counts.tally import Counted
from benchmarks.engine.errors import EngineError, NoExchanges, OneUserClass
from benchmarks.engine.loops.arrivals import Arrivals, Spacing
from benchmarks.engine.loops.closed_loop import ClosedLoop
from benchmarks.engine.loops.loop import Loop
from benchmarks.engine.loops.open_loop import OpenLoop
from benchmarks.engine.sockets.address import TargetAddress
from benchmarks.engine.sockets.connection import connections_allowed
from benchmarks.engine.sockets.pool import ConnectionPool
from benchmarks.engine.sockets.request import Check, EncodedExchange
from benchmarks.engine.users.results import Results
from benchmarks.engine.users.shares import Shares
from benchmarks.engine.users.statistics import add_to_statistics
from benchmarks.engine.users.team import Team

logger = logging.getLogger(__name__)

LOOK_S = 0.05

SETTLE_NS = 100_000_000
"""Time between opening the first connections of an open loop and its first due request."""


class WireUser(User):
    """A Locust user that owns many keep-alive connections and drives them with one epoll loop.

    It sends a hundred requests where `HttpUser` sends one or two, reads and compares every answer,
    and keeps every time, to the microsecond. Define its requests:

        from benchmarks.engine.users.user import WireUser

        class LetterCount(WireUser):
            connections = 16

            def exchanges(self):
                for name in ("Alice", "Bob"):
                    yield self.post(
                        "/api/letter_count",
                        content=b'{"name":"%s"}' % name.encode(),
                        expected=b'{"name":"%s","letter_count":%d}' % (name.encode(), len(name)),
                    )

    and run it as any locustfile: `locust -f FILE --host http://127.0.0.1:5000 --headless -u 1 -t
    30s`, with the web page, `--csv`, `--processes`, master and workers as usual. Each user adds
    `connections` connections, so `-u 4` opens four times as many; the users of a class in one
    process share one loop. Only one subclass may run in a process, because two loops would block
    each other.

    Without a rate it is a *closed loop*: a connection sends its next request when its answer has
    come. With `rate_per_s` it is an *open loop*: that many requests a second, over all users and
    workers together, are due at times fixed by `seed` whatever the server does; response times
    count from when a request was due. If no connection is free, more are opened, up to
    `most_connections` in each process; beyond that, due requests wait, and the wait counts.

    An answer is right if its status and content are as expected. Everything else is counted by
    kind (`FAILURE_KINDS` of `counts.tally`) and appears among Locust's failures without a
    time. Locust's own tables are fed a few times a second; exact percentiles over all workers are
    logged at the end, and `--hdr FILE` writes them as an HdrHistogram log. An open loop polls
    busily when its next start is near, so Locust's warning of a busy core means less there: look
    at the start lag instead.
    """

    abstract = True

    connections = 16
    """Connections of each user."""
    most_connections = 1024
    """Open loop: the most connections of a process, if the system allows."""
    rate_per_s: float | None = None
    """Requests per second over all users and workers (open loop); `None` for a closed loop."""
    spacing: Spacing = "poisson"
    """Open loop: spacing of the arrivals, `poisson` or `even`."""
    seed = 0
    """Open loop: seed of the arrivals."""
    timeout_s = 10.0
    """Time-out of an answer, from when its request was sent; at most 60."""
    patience_s = 0.25
    """Time to wait for answers when Locust stops the last user; requests unanswered then are
    `unfinished`."""
    name: str | None = None
    """The row in Locust's tables; by default the path of the first exchange."""

    def exchanges(self) -> Iterable[EncodedExchange]:
        """Return the requests and right answers, made by `get` and `post`.

        It is called once; the requests are sent in this order again and again.
        """
        raise NotImplementedError

    @cached_property
    def _address(self) -> TargetAddress:
        return TargetAddress.of(self.host or "")

    def get(
        self, path: str, *, expected: bytes | None, check: Check | None = None
    ) -> EncodedExchange:
        """Return a GET without content; see `EncodedExchange` for `expected` and `check`."""
        return EncodedExchange(self._encode("GET", path, None), expected, check)

    def post(
        self, path: str, *, content: bytes, expected: bytes | None, check: Check | None = None
    ) -> EncodedExchange:
        """Return a POST of JSON `content`; see `EncodedExchange` for `expected` and `check`."""
        return EncodedExchange(self._encode("POST", path, content), expected, check)

    @task
    def make_load(self) -> None:
        """Take part in the load of this process until Locust stops this user."""
        try:
            team = self._team()
        except EngineError as exc:
            raise self._stopped(exc) from exc
        team.join(self.connections)
        try:
            while self._state == LOCUST_STATE_RUNNING:
                gevent.sleep(LOOK_S)
                team.check()
        except EngineError as exc:
            raise self._stopped(exc) from exc
        finally:
            team.leave(self.connections)

    def _stopped(self, why: EngineError) -> StopUser:
        """Show the error and return `StopUser`: Locust would restart a task that fails.

        As an error of a user it is among the exceptions of the web page, also from a worker.
        """
        logger.error("%s", why)
        hooks: Any = self.environment.events
        hooks.user_error.fire(user_instance=self, exception=why, tb=why.__traceback__)
        self.environment.process_exit_code = 2
        return StopUser()

    def _team(self) -> Team:
        """Return the team of this process; a new one if there is none or the last one has ended."""
        environment = self.environment
        team: Team | None = getattr(environment, "wire_team", None)
        if team is not None:
            team.join_end()
            if team.running and team.name != self.fullname():
                raise OneUserClass(team.name, self.fullname())
            if team.running:
                return team
        exchanges = list(self.exchanges())
        if not exchanges:
            raise NoExchanges(self.fullname())
        results = Results.of(environment)
        method, path = exchanges[0].request.split(b" ", 2)[:2]
        row = method.decode(), self.name or path.decode()

        def feed(counted: Counted) -> None:
            add_to_statistics(environment.stats, *row, counted)
            results.collect()

        team = Team(self.fullname(), self._loop(exchanges), feed, self.patience_s)
        environment.wire_team = team
        results.add_source(team.name, team)
        return team

    def _loop(self, exchanges: list[EncodedExchange]) -> Loop:
        allowed = connections_allowed(self.connections)
        pool = ConnectionPool(self._address, self.timeout_s)
        if self.rate_per_s is None:
            return ClosedLoop(pool, cycle(exchanges), 0)
        loop = OpenLoop(pool, cycle(exchanges), 0, min(self.most_connections, allowed))
        share, shares = Shares.of(self.environment).ask()
        arrivals = Arrivals(self.rate_per_s, self.spacing, self.seed, share, shares)
        loop.schedule(arrivals.offsets_ns(), clock_ns() + SETTLE_NS)
        return loop

    def _encode(self, method: str, path: str, content: bytes | None) -> bytes:
        return self._address.encode(method, path, content)


def attach(environment: Environment) -> None:
    """Have `environment` collect the counts of its `WireUser`s.

    Under Locust's command line this happens by itself. A program that makes an `Environment` with
    workers calls it, on the master too, once the environment has its runner.
    """
    Shares.of(environment)
    Results.of(environment)


def _attach(environment: Environment, **_: Any) -> None:
    attach(environment)
    # Python would raise it within a turn of the loop, which neither counts on nor survives it.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        gevent.signal_handler(signal.SIGINT, _interrupt)
    hooks: Any = environment.events
    hooks.quitting.add_listener(_complete_csv)
    hooks.quit.add_listener(lambda **_: _log_results(environment))


def _interrupt() -> None:
    """Raise `KeyboardInterrupt` in Locust's main greenlet, which ends the run."""
    gevent.get_hub().handle_system_error(KeyboardInterrupt, KeyboardInterrupt())


def _add_option(parser: LocustArgumentParser) -> None:
    parser.add_argument(
        "--hdr",
        metavar="FILE",
        default=None,
        help="Write the exact times of WireUser classes to FILE as an HdrHistogram log",
    )


def _complete_csv(environment: Environment, **_: Any) -> None:
    """Have Locust write its CSV files once more: it writes them once a second, not at the end."""
    csv_prefix = getattr(environment.parsed_options, "csv_prefix", None)
    if csv_prefix and isinstance(environment.runner, LocalRunner):
        environment.runner.quit()
        gevent.sleep(CSV_STATS_INTERVAL_SEC + LOOK_S)


def _log_results(environment: Environment) -> None:
    """Log the results, once all workers have reported for the last time."""
    if isinstance(environment.runner, WorkerRunner):
        return
    results = Results.of(environment)
    for line in results.describe():
        logger.info("%s", line)
    path = getattr(environment.parsed_options, "hdr", None)
    if path:
        results.write_hdr(Path(path))


_hooks: Any = events
_hooks.init.add_listener(_attach)
_hooks.init_command_line_parser.add_listener(_add_option)
