"""The backends of a run: described before they are opened, and opened one at a time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from contract_tests.backends.base import Backend, Need
from contract_tests.backends.errors import NotOpened
from contract_tests.catalogue.choice import Choice
from contract_tests.errors import ContractTestsError
from contract_tests.http.messages import get
from contract_tests.http.secrets import Secrets
from implementations.errors import ImplementationsError
from reports.check.results import Reason
from shared import contract


@dataclass(frozen=True)
class Source:
    """A backend of a run, not opened yet.

    only : the sentences that it is asked about; None for all.
    secrets : the texts in requests to it that are never written down.
    """

    name: str
    offers: frozenset[Need]
    open: Callable[[], Backend]
    traits: Mapping[str, str] = field(default_factory=dict)
    only: frozenset[str] | None = None
    secrets: Secrets = field(default_factory=Secrets)


SOURCES = pytest.StashKey[Sequence[Source]]()
"""The backends of a run that is started by a program, instead of by options."""

CHOICE = pytest.StashKey[Choice]()
"""The cases of a run that is started by a program; without it all of them."""

SKIPPED = pytest.StashKey[Reason]()
"""The reason why a case of a run is skipped on its backend."""


class OneOpen:
    """Opens backends, one at a time."""

    def __init__(self) -> None:
        self._source: Source | None = None
        self._backend: Backend | None = None
        self._failed: dict[str, Exception] = {}

    def open(self, source: Source) -> Backend:
        """Open a backend and close any other; raises `NotOpened`, each time again."""
        if source.name in self._failed:
            raise NotOpened(source.name, self._failed[source.name])
        if source is not self._source or self._backend is None:
            self.close()
            try:
                self._backend = source.open()
            except (ContractTestsError, ImplementationsError, OSError) as exc:
                self._failed[source.name] = exc
                raise NotOpened(source.name, exc) from exc
            self._source = source
        return self._backend

    def close(self) -> None:
        """Close the backend that is open."""
        if self._backend is not None:
            self._backend.close()
            self._backend = None


def count_once(backend: Backend) -> Backend:
    """Note the first answer of `count`; to be called before all else. Returns the backend."""
    backend.first_count = backend.send(get(contract.COUNT.path))
    return backend
