"""The backends that are fuzzed, each over a kept connection of its own, and their replies."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from contract_tests.backends.base import DEADLINE_S
from contract_tests.fuzz.sent import Raw, Sent, WellFormed
from contract_tests.http.access import DIRECT, Access, tls_settings
from contract_tests.http.connection import Connection
from contract_tests.http.errors import BrokenAnswer, ClosedEarly, ExchangeError, Silent
from contract_tests.http.messages import LISTED_FIELDS, Answer
from shared.address import Address

BROKEN_OFF = "closed within the answer"
_LISTED = {name.lower(): name for name in LISTED_FIELDS}


class View(NamedTuple):
    """The parts of an answer that are compared; `fields` are the listed ones, sorted by name."""

    status: int
    fields: tuple[tuple[str, str], ...]
    content: bytes


class Reply(NamedTuple):
    """The answers to one exchange; `fault` names the fault where they are not whole."""

    answers: tuple[View, ...]
    fault: str = ""


class FuzzTarget:
    """One backend; `traits` say what it is made of, `access` what requests to it get.

    reopened : how often it had closed a connection of which it had not read the last content.
    """

    def __init__(
        self, name: str, address: Address, traits: Mapping[str, str], access: Access = DIRECT
    ) -> None:
        self.name = name
        self.traits = traits
        self.reopened = 0
        self._address = address
        self._access = replace(access, prefix=address.prefix)
        self._secrets = access.secrets
        self._tls = Access(tls=tls_settings()) if address.scheme == "https" else DIRECT
        self._connection: Connection | None = None
        self._may_be_closed = False

    def write(self, sent: WellFormed) -> None:
        """Send requests on the connection that is open; `read` must follow."""
        connection = self._connect()
        for data in sent.writes(connection.host_field, self._access):
            _send(connection, data)

    def read(self, sent: WellFormed) -> Reply:
        """Return the reply; close the connection where it cannot be used again."""
        may_be_closed, self._may_be_closed = self._may_be_closed, False
        answers: list[Answer] = []
        connection = self._connect()
        try:
            for request in sent.requests:
                answers.append(connection.read_answer(request.method))  # noqa: PERF401 (may break off)
        except ExchangeError as exc:
            self.close()
            closed = isinstance(exc, ClosedEarly) and not exc.received
            if may_be_closed and closed and not answers:
                # A server may close what it did not read to the end (RFC 9112 section 9.3).
                self.reopened += 1
                self.write(sent)
                return self.read(sent)
            return self._reply(answers, fault_of(exc))
        if sent.ends_connection or any(map(_closes, answers)):
            self.close()
        else:
            self._may_be_closed = sent.may_be_unread([answer.status for answer in answers])
        return self._reply(answers)

    def write_raw(self, sent: Raw) -> None:
        """Send bytes on a new connection and close its sending side; `read_all` must follow."""
        self.close()
        connection = self._connect()
        _send(connection, self._access.outgoing(sent.data))
        connection.half_close()

    def read_all(self) -> Reply:
        """Return all answers until the backend closes."""
        connection = self._connect()
        answers: list[Answer] = []
        try:
            while (answer := connection.read_answer_or_end("POST")) is not None:
                answers.append(answer)
        except ClosedEarly:
            # Something of the answer has come, though it may all have been read.
            return self._reply(answers, BROKEN_OFF)
        except ExchangeError as exc:
            return self._reply(answers, fault_of(exc))
        finally:
            self.close()
        return self._reply(answers)

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._may_be_closed = False

    def _reply(self, answers: Sequence[Answer], fault: str = "") -> Reply:
        """Return the reply, without the secrets that a backend may have given back."""
        hide = self._secrets.hide_bytes
        found = map(view, answers)
        return Reply(tuple(one._replace(content=hide(one.content)) for one in found), fault)

    def _connect(self) -> Connection:
        if self._connection is None:
            self._connection = Connection(
                self._address.host, self._address.port, DEADLINE_S, None, self._tls
            )
        return self._connection


def send_all(targets: Sequence[FuzzTarget], sent: Sent) -> list[Reply]:
    """Send the same to all targets at once and return their replies.

    Raises `OSError` where one takes no connection.
    """
    if isinstance(sent, Raw):
        for target in targets:
            target.write_raw(sent)
        return [target.read_all() for target in targets]
    for target in targets:
        target.write(sent)
    return [target.read(sent) for target in targets]


def _send(connection: Connection, data: bytes) -> None:
    # A backend that takes no more bytes is noticed when its answer is read.
    with contextlib.suppress(Silent):
        connection.send(data)


def view(answer: Answer) -> View:
    """Return the parts of an answer that are compared."""
    found: dict[str, str] = {}
    for name, value in answer.fields:
        if (listed := _LISTED.get(name.lower())) is not None:
            found[listed] = f"{found[listed]}, {value}" if listed in found else value
    return View(answer.status, tuple(sorted(found.items())), answer.content)


def fault_of(error: ExchangeError) -> str:
    """Return a short name of the fault, equal each time it occurs."""
    if isinstance(error, ClosedEarly):
        return BROKEN_OFF if error.received else "closed without an answer"
    if isinstance(error, Silent):
        return "silent"
    return f"broken: {error.fault}" if isinstance(error, BrokenAnswer) else str(error)


def _closes(answer: Answer) -> bool:
    """Whether the backend says that it closes the connection (RFC 9112 section 9.6)."""
    return any(n.lower() == "connection" and "close" in v.lower() for n, v in answer.fields)
