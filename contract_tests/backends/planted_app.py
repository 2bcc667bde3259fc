"""`app.py` of an entry with a defect: another entry's application over a service that can fail.

A server process imports it from the folder that `contract_tests.backends.planted` makes.
"""

from pathlib import Path
from typing import Any

from implementations.entry import read_entry
from shared.schemas import LetterCountRequest, PredictRequest
from shared.service import Service

FAILING_NAME = "raise"
FAILING_ROW = [-4711, 0, 0, 0]
SECRET = "planted-defect-4711"  # noqa: S105 - no secret
ORIGINAL = "original"
"""Beside this file: the folder of the other entry."""


class Planted(Exception):
    """A defect that no implementation can know of."""


def create_app(service: Service) -> Any:
    """The other entry's application, over the service with the defect."""
    plant(service)
    return read_entry(Path(__file__).parent / ORIGINAL).create_app(service)


def plant(service: Service) -> None:
    """Lets two requests that the contract takes raise `Planted` inside the operation."""
    letter_count, predict = service.letter_count, service.predict

    def failing_letter_count(request: LetterCountRequest) -> dict[str, object]:
        if request.name == FAILING_NAME:
            raise Planted(SECRET)
        return letter_count(request)

    def failing_predict(request: PredictRequest) -> dict[str, object]:
        if request.instances == [FAILING_ROW]:
            raise Planted(SECRET)
        return predict(request)

    vars(service).update(letter_count=failing_letter_count, predict=failing_predict)
