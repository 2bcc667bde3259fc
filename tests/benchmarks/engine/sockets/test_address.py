"""The address of a target whose name has several."""

import socket
from contextlib import closing

import pytest

from benchmarks.engine.sockets import address
from benchmarks.engine.sockets.address import TargetAddress


@pytest.mark.parametrize("turned", [False, True], ids=["first", "last"])
def test_of_several_addresses_the_one_that_takes_connections_is_loaded(turned, monkeypatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        found = [
            (socket.AF_INET6, 1, 6, "", ("::1", port, 0, 0)),
            (socket.AF_INET, 1, 6, "", ("127.0.0.2", port)),
            (socket.AF_INET, 1, 6, "", ("127.0.0.1", port)),
        ]
        resolve = lambda *_, **__: found[::-1] if turned else found  # noqa: E731
        monkeypatch.setattr(address, "original_getaddrinfo", resolve)
        target = TargetAddress.of(f"http://name:{port}/v1/")
    assert target.socket_address == ("127.0.0.1", port)
    assert target.encode("GET", "/api/count") == (
        f"GET /v1/api/count HTTP/1.1\r\nHost: name:{port}\r\n\r\n".encode()
    )


def test_where_none_takes_connections_the_first_is_loaded_and_the_run_says_so(monkeypatch) -> None:
    with closing(socket.socket()) as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        found = [(socket.AF_INET, 1, 6, "", (ip, port)) for ip in ("127.0.0.1", "127.0.0.2")]
        monkeypatch.setattr(address, "original_getaddrinfo", lambda *_, **__: found)
        assert TargetAddress.of(f"http://name:{port}").socket_address == ("127.0.0.1", port)
