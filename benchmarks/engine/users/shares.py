"""Shares of an open loop's arrivals, when several Locust workers generate the load."""

from typing import Any

from gevent.event import AsyncResult
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner

REQUEST = "wire_share_wanted"
REPLY = "wire_share"
PATIENCE_S = 10.0


class Shares:
    """One share for each worker: the master numbers workers as they ask for one.

    A worker takes every n-th arrival from its number, where n workers get users.
    `of(environment)` finds or makes an environment's.
    """

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._given = 0
        self._answer: AsyncResult = AsyncResult()
        runner = environment.runner
        if isinstance(runner, MasterRunner):
            events: Any = environment.events
            events.test_start.add_listener(self._restart)
            runner.register_message(REQUEST, self._give)
        elif isinstance(runner, WorkerRunner):
            runner.register_message(REPLY, self._take)

    @classmethod
    def of(cls, environment: Any) -> "Shares":
        """Return the shares of `environment`, which handles messages from the first call on."""
        shares: Shares | None = getattr(environment, "wire_shares", None)
        if shares is None:
            shares = environment.wire_shares = cls(environment)
        return shares

    def ask(self) -> tuple[int, int]:
        """Return the number of this process and how many there are; (0, 1) without a master.

        Raises `gevent.Timeout` if the master does not answer.
        """
        runner = self._environment.runner
        if not isinstance(runner, WorkerRunner):
            return 0, 1
        self._answer = AsyncResult()
        runner.send_message(REQUEST)
        share, shares = self._answer.get(timeout=PATIENCE_S)
        return share, shares

    def _restart(self, **_: Any) -> None:
        self._given = 0

    def _give(self, environment: Any, msg: Any, **_: Any) -> None:
        runner = environment.runner
        workers = max(1, min(runner.target_user_count, runner.worker_count))
        share = [self._given % workers, workers]
        self._given += 1
        runner.send_message(REPLY, share, client_id=msg.node_id)

    def _take(self, environment: Any, msg: Any, **_: Any) -> None:
        self._answer.set(tuple(msg.data))
