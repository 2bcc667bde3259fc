"""Wrong backends, made and opened, and the right ones that they are made of."""

from dataclasses import replace

from contract_tests.backends import base as backends
from contract_tests.backends.base import Backend
from contract_tests.backends.in_process import WsgiBackend
from contract_tests.backends.opening import Source, count_once
from contract_tests.backends.served import ServedBackend
from contract_tests.backends.services import ready_service
from tests.contract_tests.wrong_backends.mutation import (
    CreateApp,
    Mutation,
    create_right_app,
    mutated,
)
from tests.contract_tests.wrong_backends.tiny_server import TinyServer

# Whoever waits for a wrong backend need not wait long: to be late is a failure as well.
DEADLINE_S = 0.5


class TinyBackend(ServedBackend):
    """A tiny server with the right application behind it."""

    def __init__(self, name: str, server: TinyServer, deadline_s: float) -> None:
        super().__init__(name, server.url, deadline_s=deadline_s)
        self._server = server

    def close(self) -> None:
        self._server.close()


def asked_only(sentences: str, source: Source) -> Source:
    """A backend that is asked about these sentences alone: ids, with spaces between.

    A wrong one is asked about those that it breaks.
    """
    return replace(source, only=frozenset(sentences.split()))


def wrong_app(name: str, breaks: str, create_app: CreateApp) -> Source:
    """One whose application is wrong, run in process."""
    return asked_only(breaks, app_source(name, create_app, DEADLINE_S))


def wrong(name: str, breaks: str, mutation: Mutation) -> Source:
    """One whose application is the right one with `mutation` around it."""
    return wrong_app(name, breaks, mutated(mutation))


def wrong_server(name: str, breaks: str, server: type[TinyServer]) -> Source:
    """One whose application is right, and whose server is not."""
    return asked_only(breaks, server_source(name, server, DEADLINE_S))


def wrong_served(name: str, breaks: str, mutation: Mutation) -> Source:
    """One whose application is wrong, behind a server that is right."""
    source = server_source(name, deadline_s=DEADLINE_S, create_app=mutated(mutation))
    return asked_only(breaks, source)


def app_source(
    name: str,
    create_app: CreateApp = create_right_app,
    deadline_s: float = backends.DEADLINE_S,
) -> Source:
    """An application in process; the right one unless another is given."""

    def make() -> Backend:
        return count_once(WsgiBackend(name, create_app, ready_service(), deadline_s))

    return Source(name, WsgiBackend.offers, make)


def server_source(
    name: str,
    server: type[TinyServer] = TinyServer,
    deadline_s: float = backends.DEADLINE_S,
    create_app: CreateApp = create_right_app,
) -> Source:
    """A tiny server around an application; the right ones unless others are given."""

    def make() -> Backend:
        return TinyBackend(name, server(create_app(ready_service())), deadline_s)

    return Source(name, ServedBackend.offers, make)
