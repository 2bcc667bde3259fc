"""Which backends a run of the suite is about, and how each of them is opened."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest

from contract_tests.backends.base import DEADLINE_S, Backend, Need
from contract_tests.backends.errors import NotOpened, NotReadyInTime
from contract_tests.backends.in_process import AsgiBackend, InProcessBackend, WsgiBackend
from contract_tests.backends.launched import LaunchedBackend
from contract_tests.backends.served import ServedBackend
from contract_tests.catalogue.choice import Choice
from contract_tests.errors import ContractTestsError
from contract_tests.http.access import DIRECT, Access, tls_settings
from contract_tests.http.messages import get
from contract_tests.http.sample import IRIS
from contract_tests.http.secrets import Secrets
from implementations import catalogue
from implementations.catalogue import Entry, Stack
from implementations.errors import CannotRunHere, ImplementationsError
from reports.check.results import Reason
from shared import contract
from shared.address import Address, parse_address
from shared.counter import MemoryCounter
from shared.service import Service
from shared.settings import Settings

ALL = "all"
_LOADING_S = 60.0
_IN_PROCESS: Mapping[str, type[InProcessBackend]] = {"wsgi": WsgiBackend, "asgi": AsgiBackend}


@dataclass(frozen=True)
class Source:
    """A backend that a run is about, not opened yet.

    only : the sentences that it is asked about; None for all.
    secrets : what is never written down of what is sent to it.
    """

    name: str
    offers: frozenset[Need]
    open: Callable[[], Backend]
    traits: Mapping[str, str] = field(default_factory=dict)
    only: frozenset[str] | None = None
    secrets: Secrets = field(default_factory=Secrets)


SOURCES = pytest.StashKey[Sequence[Source]]()
"""Where whoever runs the suite may put the backends, instead of naming them by options."""

CHOICE = pytest.StashKey[Choice]()
"""Where whoever runs the suite may say which cases; without it all of them."""

SKIPPED = pytest.StashKey[Reason]()
"""Why a case that is left out of a run cannot be asked of its backend."""


class OneOpen:
    """Opens backends, one at a time."""

    def __init__(self) -> None:
        self._source: Source | None = None
        self._backend: Backend | None = None
        self._failed: dict[str, Exception] = {}

    def open(self, source: Source) -> Backend:
        """The backend; whatever else is open is closed. Raises `NotOpened`, each time again."""
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
        """Closes what is open."""
        if self._backend is not None:
            self._backend.close()
            self._backend = None


def in_process() -> list[Source]:
    """Every implementation, inside this process."""
    return [_entry_source(entry) for entry in catalogue.entries()]


def stacks(names: Sequence[str]) -> list[Source]:
    """The stacks called so, or with `all` every one that can run here.

    Raises `UnknownStack` and `CannotRunHere`.
    """
    chosen: dict[str, Stack] = {}
    for name in names:
        if name == ALL:
            found = [stack for stack in catalogue.all_stacks() if not catalogue.why_not(stack)]
        else:
            found = [_runnable(catalogue.find_stack(name))]
        chosen.update((stack.name, stack) for stack in found)
    return [_stack_source(stack) for stack in chosen.values()]


def urls(
    addresses: Sequence[str], access: Access = DIRECT, deadline_s: float = DEADLINE_S
) -> list[Source]:
    """Backends that run already, named by their address with its prefix.

    The access's own prefix goes after that of each address. Raises `BadUrl`.
    """
    found = [parse_address(address, access.prefix) for address in addresses]
    return [_url_source(address, access, deadline_s) for address in dict.fromkeys(found)]


def ready_service(service: Service | None = None) -> Service:
    """A service in this process whose model answers; raises `NotReadyInTime`."""
    service = service if service is not None else new_service()
    service.start_loading()
    if not service.wait_ready(_LOADING_S):
        raise NotReadyInTime(_LOADING_S)
    return service


def new_service(settings: Settings | None = None) -> Service:
    """A service in this process, counting in memory, that has not begun to load its model."""
    return Service(settings if settings is not None else Settings(), MemoryCounter())


def count_once(backend: Backend) -> Backend:
    """The backend, with the first answer of `count` noted; to be called before all else."""
    backend.first_count = backend.send(get(contract.COUNT.path))
    return backend


def _runnable(stack: Stack) -> Stack:
    if reason := catalogue.why_not(stack):
        raise CannotRunHere(stack.name, reason)
    return stack


def _entry_source(entry: Entry) -> Source:
    kind = _IN_PROCESS[entry.interface]
    traits = {"implementation": entry.name, "interface": entry.interface}

    def make() -> Backend:
        return count_once(kind(entry.name, entry.create_app, ready_service()))

    return Source(entry.name, kind.offers, make, traits)


def _stack_source(stack: Stack) -> Source:
    traits = {
        "implementation": stack.entry.name,
        "interface": stack.entry.interface,
        "server": stack.server.name,
    }

    def make() -> Backend:
        return count_once(LaunchedBackend(stack, traits))

    # Several workers would need Redis to keep one limit.
    needs_redis: frozenset[Need] = frozenset({"guarded"} if stack.workers > 1 else ())
    return Source(stack.name, LaunchedBackend.offers - needs_redis, make, traits)


def _url_source(address: Address, access: Access, deadline_s: float) -> Source:
    access = replace(
        access,
        prefix=address.prefix,
        tls=(access.tls or tls_settings()) if address.scheme == "https" else None,
    )

    def make() -> Backend:
        backend = ServedBackend(str(address), str(address), None, deadline_s, access, patient=False)
        backend.check_reachable()
        return backend

    offers = ServedBackend.offers - _lacking(access)
    return Source(str(address), offers, make, secrets=access.secrets)


def _lacking(access: Access) -> frozenset[Need]:
    """What a backend that is reached so does not offer."""
    sample = access.sample
    lacking: dict[Need, bool] = {
        "iris": sample is not IRIS,
        "classes": any(not isinstance(told, str) for told in sample.predictions or ()),
        "four_features": sample.features < IRIS.features,
        "keyless": any(name.lower() == "authorization" for name, _ in access.fields),
    }
    return frozenset(need for need, lacks in lacking.items() if lacks)
