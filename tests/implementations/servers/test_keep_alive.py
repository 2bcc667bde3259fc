"""Idle connections live as long under every server, as measurement needs it."""

import select
import socket

import pytest

IDLE_S = 119
REQUEST = b"GET /api/health HTTP/1.1\r\nHost: podium\r\n\r\n"


def answer(connection: socket.socket) -> bytes:
    """The answer to a request, read to the end of its content."""
    connection.sendall(REQUEST)
    read = b""
    while not read.endswith(b"}"):
        piece = connection.recv(4096)
        assert piece, f"closed after {read!r}"
        read += piece
    return read


@pytest.mark.long
@pytest.mark.timeout(IDLE_S + 120)
def test_idle_connection_is_kept_for_two_minutes(start) -> None:
    names = ("wsgi:gunicorn", "asgi:uvicorn", "wsgi:granian", "asgi:granian")
    running = {name: start(name) for name in names}
    connections = {
        name: socket.create_connection((stack.host, stack.port)) for name, stack in running.items()
    }
    for connection in connections.values():
        assert answer(connection).startswith(b"HTTP/1.1 200 ")
    closed, _, _ = select.select(list(connections.values()), [], [], IDLE_S)
    assert [name for name, connection in connections.items() if connection in closed] == []
    for connection in connections.values():
        assert answer(connection).startswith(b"HTTP/1.1 200 ")
        connection.close()
