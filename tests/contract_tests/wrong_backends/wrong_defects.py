"""Wrong in what becomes of a defect while they run: the tiny server around a service with one."""

import io
import logging

from contract_tests.backends import base as backends
from contract_tests.backends.base import Need
from contract_tests.backends.opening import Source
from contract_tests.backends.planted import plant
from contract_tests.backends.services import ready_service
from tests.contract_tests.wrong_backends.mutation import (
    CreateApp,
    Mutation,
    create_right_app,
    mutated,
    on_answer,
    status,
    text,
)
from tests.contract_tests.wrong_backends.tiny_server import TinyServer
from tests.contract_tests.wrong_backends.wrong_backend import DEADLINE_S, TinyBackend, asked_only
from tests.contract_tests.wrong_backends.wrong_problems import SILENT, Brittle


class PlantedTinyBackend(TinyBackend):
    """A tiny server with the planted defect, whose log is kept; asked about nothing else."""

    offers: frozenset[Need] = frozenset({"planted"})

    def __init__(self, name: str, create_app: CreateApp, deadline_s: float) -> None:
        service = ready_service()
        plant(service)
        self._log = io.StringIO()
        self._handler = logging.StreamHandler(self._log)
        logging.getLogger().addHandler(self._handler)
        super().__init__(name, TinyServer(create_app(service)), deadline_s)

    def log(self) -> str:
        return self._log.getvalue()

    def close(self) -> None:
        super().close()
        logging.getLogger().removeHandler(self._handler)


def planted_source(
    name: str,
    create_app: CreateApp = create_right_app,
    deadline_s: float = backends.DEADLINE_S,
) -> Source:
    """A running application with a defect; one that deals with it rightly, unless told."""
    return Source(
        name,
        PlantedTinyBackend.offers,
        lambda: PlantedTinyBackend(name, create_app, deadline_s),
    )


def wrong_defect(name: str, breaks: str, mutation: Mutation) -> Source:
    """One with `mutation` around its application."""
    return asked_only(breaks, planted_source(name, mutated(mutation), DEADLINE_S))


DEFECTS_WRONG = (
    wrong_defect(
        "tells-its-defects-while-running",
        "problem.500",
        on_answer(status(500), text(lambda c: c[:-1] + b',"cause":"planted"}')),
    ),
    wrong_defect("logs-nothing-while-running", "problem.500-logged", SILENT),
    wrong_defect("never-recovers-while-running", "problem.500-next-served", Brittle()),
)
