"""What a test knows of a backend: how to send it requests, and what it can be asked to do."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Literal, Protocol

from contract_tests.exchange import Answer, Request

Need = Literal["socket", "fresh", "in_process", "launched"]
"""What a case may need of a backend, beyond answering requests.

`socket`      bytes can be sent to it as they are
`fresh`       it was started for this run, so what it answered first is known
`in_process`  its service can be made, and planted with a defect, by the test
`launched`    its processes are ours to start and to signal
"""

# The contract allows 5 s where it names a time at all; a busy machine may take twice that.
DEADLINE_S = 10.0
_KEPT_LINES = 12


class Client(Protocol):
    """Sends requests one after the other, on one connection where there are connections."""

    def exchange(self, request: Request) -> Answer:
        """The answer to `request`; raises an `ExchangeError` if there is no whole one."""


class Backend(ABC):
    """One backend under test; `traits` say what it is made of, such as its server program."""

    offers: frozenset[Need] = frozenset()

    def __init__(
        self, name: str, traits: Mapping[str, str], deadline_s: float = DEADLINE_S
    ) -> None:
        self.name = name
        self.traits = traits
        self.deadline_s = deadline_s
        self.first_count: Answer | None = None
        self._record: list[str] = []

    def send(self, request: Request) -> Answer:
        """The answer to `request`, which arrives on a connection of its own."""
        with self.client() as client:
            return client.exchange(request)

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
        """Stops what this backend runs."""

    def record(self, line: str) -> None:
        """Notes what was sent or received, to be shown if the test fails."""
        self._record.append(line)
        del self._record[:-_KEPT_LINES]

    def take_record(self) -> list[str]:
        """What was noted since the last call."""
        taken, self._record = self._record, []
        return taken
