"""A host that a person writes has one outcome on all servers."""

import http.client
import socket

import pytest

from implementations.errors import AddressUnusable
from shared.errors import BadHost

STACKS = ["wsgi:gunicorn", "asgi:uvicorn", "wsgi:granian"]
V4, V6 = "127.0.0.1", "::1"


def answers(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=10)
    try:
        connection.request("GET", "/api/health")
        return connection.getresponse().status == 200
    except ConnectionRefusedError:
        return False
    finally:
        connection.close()


@pytest.mark.parametrize("name", STACKS)
@pytest.mark.parametrize(
    ("host", "printed", "reached"),
    [
        ("localhost", V4, {V4}),
        pytest.param("[::1]", "[::1]", {V6}, marks=pytest.mark.long),
        ("::", "[::1]", {V4, V6}),
        pytest.param("0.0.0.0", V4, {V4}, marks=pytest.mark.long),
    ],
)
def test_each_server_listens_on_the_same_and_is_reached_where_it_says(
    name, host, printed, reached, start
) -> None:
    running = start(name, host=host)
    assert running.url == f"http://{printed}:{running.port}"
    assert {ip for ip in (V4, V6) if answers(ip, running.port)} == reached
    assert running.stop() == 0, running.output()


@pytest.mark.parametrize("name", STACKS)
@pytest.mark.parametrize("host", ["", "no-such-host.invalid", "a..b"])
def test_a_host_that_is_none_is_refused_before_a_server_starts(name, host, start) -> None:
    with pytest.raises(BadHost):
        start(name, host=host)


@pytest.mark.parametrize(
    "name", [pytest.param(one, marks=pytest.mark.long) for one in STACKS[:2]] + STACKS[2:]
)
def test_a_name_with_an_address_of_another_machine_is_served_on_ours(
    name, start, monkeypatch
) -> None:
    resolve = socket.getaddrinfo

    def resolve_name(host, *arguments, **named):
        if host != "name":
            return resolve(host, *arguments, **named)
        found = [(socket.AF_INET6, 1, 6, "", (V6, 0, 0, 0))]
        return [*found, *((socket.AF_INET, 1, 6, "", (ip, 0)) for ip in (V4, "10.255.255.254"))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve_name)
    assert start(name, host="name").host == V4


def test_an_address_of_another_machine_is_refused(start) -> None:
    with pytest.raises(AddressUnusable, match=r"cannot listen on 192\.0\.2\.1"):
        start("wsgi:granian", host="192.0.2.1")
