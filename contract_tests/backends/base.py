"""Backends under test: the requests that they can be sent, and the needs that they offer."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack, nullcontext
from types import TracebackType
from typing import Literal, Protocol

from contract_tests.http.errors import ClosedEarly, ExchangeError
from contract_tests.http.messages import Answer, Request
from contract_tests.http.record import Record
from contract_tests.http.sample import IRIS
from shared.sample import Sample

Need = Literal[
    "socket",
    "fresh",
    "in_process",
    "launched",
    "workers",
    "guarded",
    "planted",
    "iris",
    "classes",
    "four_features",
    "keyless",
]
"""A need of a case, beyond a backend that answers requests.

`socket`      bytes can be sent to it as they are
`fresh`       it was started for this run, so what it answered first is known
`in_process`  its service can be made, and planted with a defect, by the test
`launched`    its processes are ours to start and to signal
`workers`     it can be started with several worker processes, which are ours to kill
`guarded`     it can be had a second time, with its guard on
`planted`     what it gives as `apart` has the defect of `backends.planted`, and a log

What all have but those that are reached with a sample of their model's rows, or with a key:

`iris`           its model is the suite's own, so what it answers is known
`classes`        its model predicts classes, with probabilities
`four_features`  its model's rows are four numbers or more, of which none may be missing
`keyless`        it is asked without a key
"""

USUAL: frozenset[Need] = frozenset({"iris", "classes", "four_features", "keyless"})

# The contract allows 5 s where it names a time at all; a busy machine may take twice that.
DEADLINE_S = 10.0


class Client(Protocol):
    """Sends requests one after the other, on one connection where there are connections."""

    def exchange(self, request: Request) -> Answer:
        """The answer to `request`; raises an `ExchangeError` if there is no whole one."""


class Backend(ABC):
    """One backend under test; `traits` say what it is made of, such as its server program."""

    offers: frozenset[Need] = frozenset()
    sample: Sample = IRIS
    """Rows that its model takes, and what it predicts for them."""

    def __init__(
        self, name: str, traits: Mapping[str, str], deadline_s: float = DEADLINE_S
    ) -> None:
        self.name = name
        self.traits = traits
        self.deadline_s = deadline_s
        self.first_count: Answer | None = None
        self.record = Record()

    def send(self, request: Request) -> Answer:
        """The answer to `request`, which arrives on a connection of its own."""
        with self.client() as client:
            return client.exchange(request)

    def case(self, name: str, kind: str) -> AbstractContextManager[None]:
        """Surround each case that it is asked; `kind` is the same for the cases of one test."""
        return nullcontext()

    @abstractmethod
    def client(self) -> AbstractContextManager[Client]:
        """A client; leaving it checks that nothing follows the last answer."""

    @abstractmethod
    def send_head(self, request: Request) -> Answer:
        """The answer to a request whose content is announced and never comes.

        Raises `Silent` if the backend waits for the content.
        """

    @abstractmethod
    def send_cut(self, request: Request, sent_bytes: int) -> Answer | None:
        """The answer to a request of whose framed content only `sent_bytes` come, then the end.

        None where the backend closes without an answer.
        """

    @abstractmethod
    def close(self) -> None:
        """Stop what this backend runs."""


class KeptClient:
    """Sends one request after the other; a server may close between two (RFC 9112 section 9.3)."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._opened = ExitStack()
        self._client: Client | None = None

    def __enter__(self) -> "KeptClient":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._leave(error)

    def exchange(self, request: Request) -> Answer:
        """Return the answer; after an `ExchangeError` the next request has a new connection."""
        try:
            return self._exchange(request)
        except ExchangeError as exc:
            self._leave(exc)
            raise

    def _exchange(self, request: Request) -> Answer:
        if self._client is not None:
            try:
                return self._client.exchange(request)
            except ClosedEarly as exc:
                if exc.received:
                    raise
                self._leave(exc)
        self._client = self._opened.enter_context(self._backend.client())
        return self._client.exchange(request)

    def _leave(self, error: BaseException | None) -> None:
        """Close the connection; without an error, check that nothing followed."""
        self._client = None
        kind = None if error is None else type(error)
        self._opened.__exit__(kind, error, None if error is None else error.__traceback__)
