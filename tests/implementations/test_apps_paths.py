"""Paths match exactly and methods are told apart, whatever the framework does by itself."""

import pytest

from shared.contract import ROUTES
from shared.problems import MethodNotAllowed, NotFound

UNKNOWN_PATHS = [
    "",
    "/",
    "/api",
    "/api/",
    "//api/count",
    "/api//count",
    "/api/count/",
    "/api/count%0A",
    "/api/count%00",
    "/api/Count",
    "/API/COUNT",
    "/api/count;a=b",
    "/api/./count",
    "/x/../api/count",
    "/api/c%C3%B6unt",
    "/api/%FF",
    "/api/count%3Fa",
    "api/count",
    "*",
    "//openapi.json",
    "/redoc",
    "/docs/oauth2-redirect",
    "/static/app.py",
]


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "BREW", "get"])
@pytest.mark.parametrize("target", UNKNOWN_PATHS)
def test_unknown_paths_are_404_whatever_the_method(backend, method, target):
    backend.ask(method, target, content_follows=False).check(NotFound())


def test_unknown_path_is_told_to_head_without_content(backend):
    backend.ask("HEAD", "/nowhere").check(NotFound(), head=True)


@pytest.mark.parametrize("target", ["/%61pi/count", "/api%2Fcount", "/api/count?a=%FF&b"])
def test_paths_match_after_percent_decoding_and_without_query(backend, target):
    assert backend.ask("GET", target).status == 200


UNKNOWN_METHODS = [
    "PUT",
    "DELETE",
    "TRACE",
    "PROPFIND",
    "BREW",
    "WEBSOCKET",
    "get",
    "Post",
    "options",
]


LACKING = [
    (method, route)
    for route in ROUTES
    for method in ("GET", "HEAD", "POST", *UNKNOWN_METHODS)
    if method not in route.methods
]


@pytest.mark.parametrize(
    ("method", "route"), LACKING, ids=[f"{method}-{route.name}" for method, route in LACKING]
)
def test_methods_that_a_path_lacks_are_405(backend, method, route):
    answer = backend.ask(method, route.path, content_follows=False)
    answer.check(MethodNotAllowed(route.allow), head=method == "HEAD")


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_options_lists_the_methods_and_has_no_content(backend, route):
    answer = backend.ask("OPTIONS", route.path)
    assert (answer.status, answer.headers, answer.content) == (204, {"allow": route.allow}, b"")


@pytest.mark.parametrize("host", ["", "a" * 70 + ".example", "a..b", "[::1]:80", "a_b", "%61"])
def test_host_does_not_matter(backend, host):
    assert backend.ask("GET", "/api/health", headers=(("Host", host),)).status == 200


def test_websocket_handshake_is_an_ordinary_request(backend):
    headers = (("Connection", "Upgrade"), ("Upgrade", "websocket"))
    assert backend.ask("GET", "/api/health", headers=headers).status == 200
