"""The backends that a run names: implementations in process, stacks, and URLs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from contract_tests.backends.base import DEADLINE_S, Backend, Need
from contract_tests.backends.in_process import AsgiBackend, InProcessBackend, WsgiBackend
from contract_tests.backends.launched import LaunchedBackend
from contract_tests.backends.opening import Source, count_once
from contract_tests.backends.served import ServedBackend
from contract_tests.backends.services import ready_service
from contract_tests.http.access import DIRECT, Access, tls_settings
from contract_tests.http.sample import IRIS
from implementations import catalogue
from implementations.catalogue import Entry, Stack
from implementations.errors import CannotRunHere
from shared.address import Address, parse_address
from shared.sample import Sample
from shared.settings import Settings

ALL = "all"
_IN_PROCESS: Mapping[str, type[InProcessBackend]] = {"wsgi": WsgiBackend, "asgi": AsgiBackend}


def in_process(extra: Sequence[Path] = ()) -> list[Source]:
    """Return every implementation, also those in the folders `extra`, inside this process."""
    return [_entry_source(entry) for entry in catalogue.entries(extra)]


def stacks(
    names: Sequence[str],
    extra: Sequence[Path] = (),
    settings: Settings | None = None,
    sample: Sample = IRIS,
) -> list[Source]:
    """Return the stacks of these names, or with `all` every one that can run here.

    `extra` : folders of further entries. `settings` : of the services, with the model that has the
    `sample`. Raises what `find_stack` raises, and `CannotRunHere`.
    """
    settings = settings or Settings()
    chosen: dict[str, Stack] = {}
    for name in names:
        if name == ALL:
            known = catalogue.all_stacks(extra)
            found = [stack for stack in known if not catalogue.find_obstacle(stack)]
        else:
            stack = catalogue.equipped(catalogue.find_stack(name, extra), settings)
            found = [_runnable(stack)]
        chosen.update((stack.name, stack) for stack in found)
    return [_stack_source(stack, settings, sample) for stack in chosen.values()]


def urls(
    addresses: Sequence[str], access: Access = DIRECT, deadline_s: float = DEADLINE_S
) -> list[Source]:
    """Return backends that run already, named by their address with its prefix.

    The access's own prefix goes after that of each address. Raises `BadUrl`.
    """
    found = [parse_address(address, access.prefix) for address in addresses]
    return [_url_source(address, access, deadline_s) for address in dict.fromkeys(found)]


def _runnable(stack: Stack) -> Stack:
    if reason := catalogue.find_obstacle(stack):
        raise CannotRunHere(stack.name, str(reason))
    return stack


def _entry_source(entry: Entry) -> Source:
    kind = _IN_PROCESS[entry.interface]
    traits = {"implementation": entry.name, "interface": entry.interface}

    def make() -> Backend:
        return count_once(kind(entry.name, entry.create_app, ready_service()))

    return Source(entry.name, kind.offers, make, traits)


def _stack_source(stack: Stack, settings: Settings, sample: Sample) -> Source:
    traits = {
        "implementation": stack.entry.name,
        "interface": stack.entry.interface,
        "server": stack.server.name,
    }

    def make() -> Backend:
        return count_once(LaunchedBackend(stack, traits, settings, sample))

    # Several workers would need Redis to keep one limit.
    needs_redis: frozenset[Need] = frozenset({"guarded"} if stack.workers > 1 else ())
    lacking = needs_redis | _lacking(Access(sample=sample))
    if settings.engine != "auto":
        lacking |= {"iris"}  # its last digits are another engine's
    if sample is not IRIS:
        lacking |= {"planted"}  # the planted defects are asked for with flowers
    return Source(stack.name, LaunchedBackend.offers - lacking, make, traits)


def _url_source(address: Address, access: Access, deadline_s: float) -> Source:
    access = replace(
        access,
        prefix=address.prefix,
        tls=(access.tls or tls_settings()) if address.scheme == "https" else None,
    )

    def make() -> Backend:
        backend = ServedBackend(str(address), str(address), None, deadline_s, access, adaptive=True)
        backend.check_reachable()
        return backend

    offers = ServedBackend.offers - _lacking(access)
    return Source(str(address), offers, make, secrets=access.secrets)


def _lacking(access: Access) -> frozenset[Need]:
    """Return the needs that a backend with this access does not offer."""
    sample = access.sample
    lacking: dict[Need, bool] = {
        "iris": sample is not IRIS,
        "classes": any(not isinstance(predicted, str) for predicted in sample.predictions or ())
        or (sample.model is not None and sample.probabilities is None),
        "four_features": sample.features < IRIS.features or not sample.numbers,
        "keyless": any(name.lower() == "authorization" for name, _ in access.fields),
    }
    return frozenset(need for need, lacks in lacking.items() if lacks)
