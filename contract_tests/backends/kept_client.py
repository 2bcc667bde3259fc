"""A client for many requests: over one connection, or the next where the backend closes it."""

from contextlib import AbstractContextManager
from types import TracebackType

from contract_tests.backends.base import Backend, Client
from contract_tests.http.errors import ClosedEarly, ExchangeError
from contract_tests.http.messages import Answer, Request


class KeptClient:
    """Sends one request after the other; a server may close between two (RFC 9112 section 9.3)."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._opened: AbstractContextManager[Client] | None = None
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
        """The answer to `request`; after an `ExchangeError` the next one has a new connection."""
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
        self._opened = self._backend.client()
        self._client = self._opened.__enter__()
        return self._client.exchange(request)

    def _leave(self, error: BaseException | None) -> None:
        """Closes the connection; without an error that checks that nothing followed."""
        opened, self._opened, self._client = self._opened, None, None
        if opened is None:
            return
        if error is None:
            opened.__exit__(None, None, None)
        else:
            opened.__exit__(type(error), error, error.__traceback__)
