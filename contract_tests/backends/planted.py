"""A stack with a defect planted into the service that its implementation wraps.

This file is also the `app.py` of that stack's entry: a server process imports it by itself from the
folder that `planted_stack` makes.
"""

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from implementations.catalogue import Stack
from implementations.entry import FILE_NAME, read_entry
from implementations.places import temporary_directory
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
    """Make two requests that the contract takes raise `Planted` inside the operation."""
    letter_count, predict = service.letter_count, service.predict
    predict_async = service.predict_async

    def failing_letter_count(request: LetterCountRequest) -> dict[str, object]:
        if request.name == FAILING_NAME:
            raise Planted(SECRET)
        return letter_count(request)

    def failing_predict(request: PredictRequest) -> dict[str, object]:
        if request.instances == [FAILING_ROW]:
            raise Planted(SECRET)
        return predict(request)

    async def failing_predict_async(request: PredictRequest) -> dict[str, object]:
        if request.instances == [FAILING_ROW]:
            raise Planted(SECRET)
        return await predict_async(request)

    vars(service).update(
        letter_count=failing_letter_count,
        predict=failing_predict,
        predict_async=failing_predict_async,
    )


@contextlib.contextmanager
def planted_stack(stack: Stack) -> Iterator[Stack]:
    """Make an entry from outside: the same server and implementation, with `create_app` between.

    The stack can be launched until the context is left.
    """
    entry = stack.entry
    where = temporary_directory()
    with tempfile.TemporaryDirectory(prefix="podium-planted-", dir=where) as made:
        folder = Path(made)
        (folder / FILE_NAME).write_text(
            f'name = "{entry.name}-planted"\n'
            f'interface = "{entry.interface}"\n'
            f'servers = ["{stack.server.name}"]\n'
            f'model_call = "{entry.model_call}"\n',
            encoding="utf-8",
        )
        (folder / "app.py").symlink_to(__file__)
        (folder / ORIGINAL).symlink_to(entry.directory)
        planted = replace(read_entry(folder), package=entry.package, python=entry.python)
        yield replace(stack, entry=planted)
