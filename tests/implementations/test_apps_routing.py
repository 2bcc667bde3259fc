"""Each framework's own router holds exactly the contract's routes, one handler an operation."""

from collections.abc import Mapping
from typing import Any

import falcon.inspect
import pytest
from fastapi.routing import APIRoute

from implementations.catalogue import entries
from shared.contract import ROUTES
from shared.counter import MemoryCounter
from shared.service import Service
from shared.settings import Settings

LONGEST_APP_LINES = 200

Routing = Mapping[tuple[str, str], Any]


def flask_routing(app: Any) -> Routing:
    assert not any(rule.arguments for rule in app.url_map.iter_rules())
    return {
        (rule.rule, method): app.view_functions[rule.endpoint]
        for rule in app.url_map.iter_rules()
        for method in rule.methods
    }


def fastapi_routing(app: Any) -> Routing:
    assert all(isinstance(route, APIRoute) for route in app.routes)
    assert not any(route.param_convertors for route in app.routes)
    return {
        (route.path, method): route.endpoint for route in app.routes for method in route.methods
    }


def falcon_routing(app: Any) -> Routing:
    assert not falcon.inspect.inspect_sinks(app)
    assert not falcon.inspect.inspect_static_routes(app)
    return {
        (route.path, method.method): method.source_info
        for route in falcon.inspect.inspect_routes(app)
        for method in route.methods
        if not method.internal
    }


def floor_routing(app: Any) -> Routing:
    return {
        (path, method): handler
        for path, handlers in app.routes.items()
        for method, handler in handlers.items()
    }


# Framework (its package; None is no framework) -> reads its router. A framework without a reader
# is an implementation all the same: what its routes answer is for the contract suite to say.
READERS = {
    "flask": flask_routing,
    "fastapi": fastapi_routing,
    "falcon": falcon_routing,
    None: floor_routing,
}
READABLE = [entry for entry in entries() if entry.package in READERS]


@pytest.fixture(params=READABLE, ids=lambda entry: entry.name)
def routing(request) -> Routing:
    entry = request.param
    return READERS[entry.package](entry.create_app(Service(Settings(), MemoryCounter())))


def test_every_reader_reads_an_implementation():
    assert set(READERS) == {entry.package for entry in READABLE}


def test_router_has_the_contracts_paths_and_methods_and_no_others(routing):
    assert set(routing) == {(route.path, method) for route in ROUTES for method in route.methods}


def test_each_path_has_one_handler_of_its_own(routing):
    handlers = {
        route.path: {routing[route.path, method] for method in route.methods if method != "OPTIONS"}
        for route in ROUTES
    }
    assert all(len(found) == 1 for found in handlers.values())
    assert len(set.union(*handlers.values())) == len(ROUTES)


def test_app_is_short_enough_to_be_read_as_a_lesson(entry):
    lines = (entry.directory / "app.py").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= LONGEST_APP_LINES
