"""A backend's twin whose guard is on, and the keys that its tests use up."""

import itertools
import threading
from abc import abstractmethod
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from contract_tests.backends.base import Backend
from contract_tests.http.messages import Answer, Request

LIMIT = 4
"""Requests that each key may send."""
WINDOW_S = 3600
"""Seconds in which it may: more than any run of the suite takes."""
RATE_LIMIT = f"{LIMIT}/hour"
KEYS = tuple(f"key-{number}.for~the_suite+of/tests==" for number in range(400))


class Guarded:
    """A backend that asks for one of `KEYS` and admits `LIMIT` requests with each."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self._unused: Iterator[str] = iter(KEYS)

    def unused_key(self) -> str:
        """A key that no request has brought yet."""
        return next(self._unused)

    def send(self, request: Request, key: str | None = None) -> Answer:
        """The answer to `request`, with `key` if there is one."""
        return self.backend.send(request if key is None else with_key(key, request))

    def use_up(self, key: str, request: Request) -> list[int]:
        """Send `request` until `key` admits no more; return the statuses of the admitted ones."""
        return [self.send(request, key).status for _ in range(LIMIT)]

    def send_at_once(self, requests: list[Request], clients: int) -> list[Answer]:
        """The answers to requests that several clients begin to send at the same moment."""
        begin = threading.Barrier(clients)

        def send_share(share: list[Request]) -> list[Answer]:
            with self.backend.client() as client:
                begin.wait(self.backend.deadline_s)
                return [client.exchange(request) for request in share]

        shares = [requests[number::clients] for number in range(clients)]
        with ThreadPoolExecutor(clients) as pool:
            return list(itertools.chain.from_iterable(pool.map(send_share, shares)))


class Guardable(Backend):
    """A backend that has such a twin."""

    _guarded: Guarded | None = None

    def guarded(self) -> Guarded:
        """The twin, which is started when it is first asked for, and closed with this one."""
        if self._guarded is None:
            self._guarded = Guarded(self.open_guarded())
            self._guarded.backend.record = self.record
        return self._guarded

    @abstractmethod
    def open_guarded(self) -> Backend:
        """Start the twin."""

    def close(self) -> None:
        """Stop the twin."""
        if self._guarded is not None:
            self._guarded.backend.close()
            self._guarded = None


def with_key(key: str, request: Request) -> Request:
    """Return the same request with a key."""
    return request.with_fields(("Authorization", f"Bearer {key}"))
