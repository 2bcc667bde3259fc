"""One connection of the load process against servers that behave, and that do not."""

import socket
import struct

import pytest

from benchmarks.connection import Address, Connection, ExchangeFailed
from tests.benchmarks.miniature import Miniature, response, send_right

RIGHT = b'{"count":1}'


def ask(miniature: Miniature, connection: Connection) -> tuple[int, bytes]:
    return connection.exchange(Address.of(miniature.url).encode("GET", "/api/count", None))


def failure_of(send, timeout_s: float = 10.0) -> ExchangeFailed:
    """How the first exchange with a server that sends like this fails."""
    with Miniature(send).running() as miniature:
        connection = Connection(Address.of(miniature.url), timeout_s)
        with pytest.raises(ExchangeFailed) as caught:
            ask(miniature, connection)
        miniature.send = send_right
        # The failed connection is not used again; a new one works.
        assert ask(miniature, connection)[0] == 200
        assert miniature.accepted == 2
        connection.close()
    return caught.value


def test_answers_come_over_one_connection_that_is_kept():
    with Miniature().running() as miniature:
        connection = Connection(Address.of(miniature.url))
        answers = [ask(miniature, connection) for _ in range(20)]
        assert answers == [(200, b'{"count":%d}' % number) for number in range(1, 21)]
        assert miniature.accepted == 1
        assert not connection.closed_while_idle()
        connection.close()


@pytest.mark.parametrize(
    "parts",
    [
        [bytes([byte]) for byte in response(RIGHT)],
        [b"HTTP/1.1 103 Early Hints\r\n\r\n", response(RIGHT)],
        [
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            b'5\r\n{"cou\r\n6\r\nnt":1}\r\n0\r\n\r\n',
        ],
    ],
    ids=["one-byte-pieces", "interim-response", "chunked"],
)
def test_an_answer_may_come_in_any_form_that_http_allows(parts):
    def send(connection: socket.socket, number: int, answer: bytes) -> None:
        for part in parts:
            connection.sendall(part)

    with Miniature(send).running() as miniature:
        connection = Connection(Address.of(miniature.url))
        assert ask(miniature, connection) == (200, RIGHT)
        assert ask(miniature, connection) == (200, RIGHT)
        assert miniature.accepted == 1
        connection.close()


def test_a_connection_that_the_server_ends_with_its_answer_is_opened_again():
    def send(connection: socket.socket, number: int, answer: bytes) -> None:
        connection.sendall(answer.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        connection.close()

    with Miniature(send).running() as miniature:
        connection = Connection(Address.of(miniature.url))
        assert [ask(miniature, connection)[0] for _ in range(3)] == [200, 200, 200]
        assert miniature.accepted == 3
        connection.close()


def test_a_connection_closed_while_idle_is_noticed():
    def send(connection: socket.socket, number: int, answer: bytes) -> None:
        connection.sendall(answer)
        connection.shutdown(socket.SHUT_RDWR)

    with Miniature(send).running() as miniature:
        connection = Connection(Address.of(miniature.url))
        ask(miniature, connection)
        # The server's end of the connection has arrived when this says so.
        connection._socket.settimeout(5)
        assert connection._socket.recv(1, socket.MSG_PEEK) == b""
        assert connection.closed_while_idle()
        assert ask(miniature, connection)[0] == 200
        connection.close()


def test_nobody_listening_is_a_refusal():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = Address.of(f"http://127.0.0.1:{port}")
    with pytest.raises(ExchangeFailed) as caught:
        Connection(address).exchange(address.encode("GET", "/api/count", None))
    assert caught.value.kind == "refused"


def test_a_connection_cut_in_the_middle_of_the_content_is_short():
    def send(connection: socket.socket, number: int, answer: bytes) -> None:
        connection.sendall(answer[:-3])
        connection.shutdown(socket.SHUT_RDWR)

    failure = failure_of(send)
    assert failure.kind == "short"
    assert "8 bytes" in failure.detail


def test_a_connection_closed_without_an_answer_is_a_reset():
    def send(connection: socket.socket, number: int, answer: bytes) -> None:
        connection.shutdown(socket.SHUT_RDWR)

    assert failure_of(send).kind == "reset"


def test_a_connection_reset_is_a_reset():
    def send(connection: socket.socket, number: int, answer: bytes) -> None:
        linger_not = struct.pack("ii", 1, 0)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_not)
        connection.close()

    assert failure_of(send).kind == "reset"


def test_an_answer_that_never_comes_is_a_timeout():
    assert failure_of(lambda connection, number, answer: None, timeout_s=0.2).kind == "timeout"


def test_an_answer_that_trickles_forever_is_a_timeout():
    def send(connection: socket.socket, number: int, answer: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:  # until the client closes
            connection.sendall(b"X: y\r\n")

    assert failure_of(send, timeout_s=0.2).kind in ("timeout", "wrong_content")


@pytest.mark.parametrize(
    "answer", [b"nonsense\r\n\r\n", response(RIGHT) + b"HTTP/1.1 200 OK\r\n", response(b"") + b"x"]
)
def test_what_is_not_one_http_response_is_wrong_content(answer):
    def send(connection: socket.socket, number: int, _: bytes) -> None:
        connection.sendall(answer)

    assert failure_of(send).kind == "wrong_content"


def test_a_request_names_the_host_and_keeps_the_urls_path():
    address = Address.of("https://user:secret@example.org:8443/base/")
    assert (address.host, address.port, address.tls) == ("example.org", 8443, True)
    assert address.encode("POST", "/api/predict", '{"é":1}') == (
        b"POST /base/api/predict HTTP/1.1\r\nHost: example.org:8443\r\n"
        b"Content-Type: application/json\r\nContent-Length: 8\r\n\r\n" + '{"é":1}'.encode()
    )
    assert Address.of("http://[::1]:80").host == "::1"
