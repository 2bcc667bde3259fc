"""Ports: free before the start, refused when in use, kept while a server starts."""

import socket

import pytest

from implementations.errors import AddressUnusable, PortBusy
from implementations.launching.port import reserved_port

HOST = "127.0.0.1"


def test_any_port_is_free() -> None:
    with reserved_port(HOST, None) as (_, port), socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((HOST, port))
        server.listen()
        with socket.create_connection((HOST, port)):
            pass


def test_two_reservations_get_two_ports() -> None:
    with reserved_port(HOST, None) as one, reserved_port(HOST, None) as two:
        assert one != two


@pytest.mark.parametrize("shared", [False, True], ids=["alone", "SO_REUSEPORT"])
def test_a_port_with_a_listener_is_busy(shared: bool) -> None:
    with socket.socket() as other:
        if shared:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind((HOST, 0))
        other.listen()
        port = other.getsockname()[1]
        expected = pytest.raises(PortBusy, match=f"port {port} on {HOST} is in use")
        with expected, reserved_port(HOST, port):
            pass


def test_a_listener_on_all_addresses_makes_the_port_busy() -> None:
    with socket.socket() as other:
        other.bind(("0.0.0.0", 0))
        other.listen()
        with pytest.raises(PortBusy), reserved_port(HOST, other.getsockname()[1]):
            pass


def test_a_port_whose_last_connections_still_time_out_is_free() -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind((HOST, 0))
        other.listen()
        port = other.getsockname()[1]
        with socket.create_connection((HOST, port)) as client:
            other.accept()[0].close()  # the server closes first: TIME_WAIT is on its side
            assert client.recv(1) == b""
    with reserved_port(HOST, port) as reserved:
        assert reserved == (HOST, port)


@pytest.mark.parametrize(("host", "port"), [("192.0.2.1", 8080), (HOST, 70000)])
def test_an_address_that_is_not_ours_is_told(host: str, port: int) -> None:
    expected = pytest.raises(AddressUnusable, match=f"cannot listen on {host}, port {port}")
    with expected, reserved_port(host, port):
        pass


@pytest.mark.parametrize("host", ["224.0.0.1", "255.255.255.255", "127.255.255.255"])
def test_an_address_that_no_client_can_connect_to_is_refused(host: str) -> None:
    with pytest.raises(AddressUnusable), reserved_port(host, None):
        pass


def test_a_name_is_listened_on_where_this_machine_has_its_address(monkeypatch) -> None:
    found = [(socket.AF_INET, 1, 6, "", (ip, 0)) for ip in ("127.0.0.1", "10.255.255.254")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with reserved_port("name", None) as (host, _):
        assert host == "127.0.0.1"
