"""The backends that are asked, each over its own kept connection, and what each of them replied."""

import contextlib
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from contract_tests.backends.base import DEADLINE_S
from contract_tests.fuzz.sent import Raw, Sent, WellFormed
from contract_tests.http.access import tls_settings
from contract_tests.http.answer_reader import AnswerReader
from contract_tests.http.errors import BrokenAnswer, ClosedEarly, ExchangeError, Silent
from contract_tests.http.messages import LISTED_FIELDS, Answer
from contract_tests.http.transport import open_transport
from shared.address import Address, host_field

BROKEN_OFF = "closed within the answer"
_LISTED = {name.lower(): name for name in LISTED_FIELDS}


class View(NamedTuple):
    """What is compared of an answer; `fields` are the listed ones, sorted by name."""

    status: int
    fields: tuple[tuple[str, str], ...]
    content: bytes


class Reply(NamedTuple):
    """The answers to what was sent; `fault` says what was wrong where they are not whole."""

    answers: tuple[View, ...]
    fault: str = ""


class Party:
    """One backend; `traits` say what it is made of.

    reopened : how often it had closed a connection of which it had not read the last content.
    """

    def __init__(self, name: str, address: Address, traits: Mapping[str, str]) -> None:
        self.name = name
        self.traits = traits
        self.reopened = 0
        self._address = address
        self._link: _Link | None = None
        self._may_be_closed = False

    def write(self, sent: WellFormed) -> None:
        """Sends requests on the connection that is open; `read` must follow."""
        link = self._open()
        for data in sent.writes(host_field(self._address.host, self._address.port)):
            link.send(data)

    def read(self, sent: WellFormed) -> Reply:
        """What came back; the connection goes where it cannot be used again."""
        may_be_closed, self._may_be_closed = self._may_be_closed, False
        answers: list[Answer] = []
        reader = self._open().reader
        try:
            for request in sent.requests:
                answers.append(reader.read_answer(request.method))  # noqa: PERF401 (may break off)
        except ExchangeError as exc:
            self.hang_up()
            closed = isinstance(exc, ClosedEarly) and not exc.received
            if may_be_closed and closed and not answers:
                # A server may close what it did not read to the end (RFC 9112 section 9.3).
                self.reopened += 1
                self.write(sent)
                return self.read(sent)
            return Reply(tuple(map(view, answers)), fault_of(exc))
        if sent.ends_connection or any(map(_closes, answers)):
            self.hang_up()
        else:
            self._may_be_closed = sent.may_be_unread([answer.status for answer in answers])
        return Reply(tuple(map(view, answers)))

    def write_raw(self, sent: Raw) -> None:
        """Sends bytes on a new connection and closes its sending side; `read_all` must follow."""
        self.hang_up()
        link = self._open()
        link.send(sent.data)
        link.half_close()

    def read_all(self) -> Reply:
        """All answers until the backend closes."""
        reader = self._open().reader
        answers: list[Answer] = []
        try:
            while not reader.at_end():
                answers.append(reader.read_answer("POST"))
        except ClosedEarly:
            # Something of the answer has come, though it may all have been read.
            return Reply(tuple(map(view, answers)), BROKEN_OFF)
        except ExchangeError as exc:
            return Reply(tuple(map(view, answers)), fault_of(exc))
        finally:
            self.hang_up()
        return Reply(tuple(map(view, answers)))

    def hang_up(self) -> None:
        """Closes the connection; what is sent next opens another."""
        if self._link is not None:
            self._link.close()
            self._link = None
        self._may_be_closed = False

    def _open(self) -> "_Link":
        if self._link is None:
            self._link = _Link(self._address)
        return self._link


class _Link:
    """A connection of which nothing is recorded: it carries a million answers."""

    def __init__(self, address: Address) -> None:
        tls = tls_settings() if address.scheme == "https" else None
        self._transport = open_transport(address.host, address.port, tls, DEADLINE_S)
        self._ends_at = 0.0
        self.reader = AnswerReader(self._receive)

    def send(self, data: bytes) -> None:
        self._ends_at = time.monotonic() + DEADLINE_S
        # That the backend has closed, or takes no more, is told by what is read next.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError, TimeoutError):
            self._transport.send(data, DEADLINE_S)

    def half_close(self) -> None:
        self._transport.half_close()

    def close(self) -> None:
        self._transport.close()

    def _receive(self) -> bytes:
        left_s = self._ends_at - time.monotonic()
        try:
            return self._transport.receive(max(left_s, 0.001))
        except TimeoutError as exc:
            raise Silent(DEADLINE_S, self.reader.unread) from exc
        except ConnectionResetError:
            # A close with unread content behind it arrives as a reset: the end all the same.
            return b""


def ask_all(parties: Sequence[Party], sent: Sent) -> list[Reply]:
    """The replies of all parties, which work on it at the same time.

    Raises `OSError` where one takes no connection.
    """
    if isinstance(sent, Raw):
        for party in parties:
            party.write_raw(sent)
        return [party.read_all() for party in parties]
    for party in parties:
        party.write(sent)
    return [party.read(sent) for party in parties]


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
        return BROKEN_OFF if error.received else "closed without an answer"
    if isinstance(error, Silent):
        return "silent"
    return f"broken: {error.fault}" if isinstance(error, BrokenAnswer) else str(error)


def _closes(answer: Answer) -> bool:
    """Whether the backend says that it closes the connection (RFC 9112 section 9.6)."""
    return any(n.lower() == "connection" and "close" in v.lower() for n, v in answer.fields)
