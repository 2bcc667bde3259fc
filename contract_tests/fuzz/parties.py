"""The backends that are asked, each over its own kept connection, and what each of them replied."""

from collections.abc import Mapping
from typing import NamedTuple

from contract_tests.backends import DEADLINE_S
from contract_tests.connection import Connection
from contract_tests.errors import BrokenAnswer, ClosedEarly, ExchangeError, Silent
from contract_tests.exchange import LISTED_FIELDS, Answer
from contract_tests.fuzz.exchanges import Bytes, Exchange
from contract_tests.served import address_of

_LISTED = {name.lower(): name for name in LISTED_FIELDS}


class View(NamedTuple):
    """What is compared of an answer; `fields` are the listed ones, sorted by name."""

    status: int
    fields: tuple[tuple[str, str], ...]
    content: bytes


class Reply(NamedTuple):
    """The answers to one exchange; `fault` says what was wrong where they are not whole."""

    answers: tuple[View, ...]
    fault: str = ""


class Party:
    """One backend; `traits` say what it is made of."""

    def __init__(self, name: str, url: str, traits: Mapping[str, str] | None = None) -> None:
        self.name = name
        self.traits = traits or {}
        self.address = address_of(url)
        self._connection: Connection | None = None
        self._may_be_closed = False
        self.reopened = 0
        """How often the backend had closed a connection whose last content it had not read."""

    def write(self, exchange: Exchange) -> None:
        """Sends an exchange; `read` must follow."""
        connection = self._open()
        for data in exchange.writes(connection.host_field):
            connection.send(data)

    def read(self, exchange: Exchange) -> Reply:
        """What came back; the connection goes where it cannot be used again."""
        may_be_closed, self._may_be_closed = self._may_be_closed, False
        answers: list[Answer] = []
        try:
            for request in exchange.requests:
                answers.append(self._open().read_answer(request.method))
        except ClosedEarly as exc:
            self.hang_up()
            if may_be_closed and not answers and not exc.received:
                # A server may close what it did not read to the end (RFC 9112 section 9.3).
                self.reopened += 1
                self.write(exchange)
                return self.read(exchange)
            return Reply(tuple(map(view, answers)), fault_of(exc))
        except ExchangeError as exc:
            self.hang_up()
            return Reply(tuple(map(view, answers)), fault_of(exc))
        if exchange.ends_connection or any(map(_closes, answers)):
            self.hang_up()
        else:
            self._may_be_closed = exchange.may_be_unread([answer.status for answer in answers])
        return Reply(tuple(map(view, answers)))

    def write_bytes(self, data: bytes) -> None:
        """Sends bytes on a new connection, and closes its sending side; `read_all` must follow."""
        self.hang_up()
        connection = self._open()
        connection.send(data)
        connection.half_close()

    def read_all(self) -> Reply:
        """All answers until the backend closes."""
        try:
            return Reply(tuple(map(view, self._open().read_answers("POST"))))
        except ExchangeError as exc:
            return Reply((), fault_of(exc))
        finally:
            self.hang_up()

    def hang_up(self) -> None:
        """Closes the connection; the next exchange opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> Connection:
        if self._connection is None:
            self._connection = Connection(*self.address, DEADLINE_S)
            self._may_be_closed = False
        return self._connection


def _closes(answer: Answer) -> bool:
    """Whether the backend says that it closes the connection (RFC 9112 section 9.6)."""
    return "close" in (answer.field("Connection") or "").lower()


def view(answer: Answer) -> View:
    """What is compared of an answer."""
    found: dict[str, str] = {}
    for name, value in answer.fields:
        if (listed := _LISTED.get(name.lower())) is not None:
            found[listed] = f"{found[listed]}, {value}" if listed in found else value
    return View(answer.status, tuple(sorted(found.items())), answer.content)


def fault_of(error: ExchangeError) -> str:
    """What went wrong, without what differs from one time to the next."""
    if isinstance(error, ClosedEarly):
        return "closed within the answer" if error.received else "closed without an answer"
    if isinstance(error, Silent):
        return "silent"
    return f"broken: {error.fault}" if isinstance(error, BrokenAnswer) else str(error)


def ask_all(parties: list[Party], sent: Exchange | Bytes) -> list[Reply]:
    """The replies of all parties, which have the request at the same time."""
    if isinstance(sent, Bytes):
        for party in parties:
            party.write_bytes(sent.data)
        return [party.read_all() for party in parties]
    for party in parties:
        party.write(sent)
    return [party.read(sent) for party in parties]
