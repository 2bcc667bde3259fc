"""The transports of a connection: TCP, or TLS over it."""

import contextlib
import select
import socket
import ssl
import struct
import time
from typing import Protocol

_PIECE_BYTES = 256 * 1024


class Transport(Protocol):
    """Sends and receives bytes."""

    def send(self, data: bytes, timeout_s: float) -> None:
        """Send all of `data`; raise `TimeoutError` and `OSError`."""

    def receive(self, timeout_s: float) -> bytes:
        """Some bytes, or none at the end; raises `TimeoutError` and `OSError`."""

    def is_readable(self) -> bool:
        """Whether bytes, or the end, have come; does not wait."""

    def half_close(self) -> None:
        """Tell the other side that nothing more will be sent."""

    def close(self) -> None:
        """Close at once."""

    def reset(self) -> None:
        """End the connection with a reset, as a client that crashed does."""


def open_transport(host: str, port: int, tls: ssl.SSLContext | None, timeout_s: float) -> Transport:
    """A connection to this host, with TLS where its settings are given; raises `OSError`."""
    made = socket.create_connection((host, port), timeout=timeout_s)
    # Without it the kernel holds small writes back, and byte by byte would not be that.
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if tls is None:
        return Tcp(made)
    try:
        return Tls(made, tls, host, timeout_s)
    except BaseException:
        made.close()
        raise


class Tcp:
    """Bytes as they are."""

    def __init__(self, made: socket.socket) -> None:
        self._socket = made

    def send(self, data: bytes, timeout_s: float) -> None:
        self._socket.settimeout(timeout_s)
        self._socket.sendall(data)

    def receive(self, timeout_s: float) -> bytes:
        self._socket.settimeout(timeout_s)
        return self._socket.recv(_PIECE_BYTES)

    def is_readable(self) -> bool:
        readable, _, _ = select.select([self._socket], [], [], 0)
        return bool(readable)

    def half_close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self._socket.close()

    def reset(self) -> None:
        _reset(self._socket)


class Tls:
    """TLS, kept apart from the socket: Python's own can close only both directions at once."""

    def __init__(
        self, made: socket.socket, context: ssl.SSLContext, host: str, timeout_s: float
    ) -> None:
        self._socket = made
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self._unread = b""
        self._ended = False
        self._shake_hands(time.monotonic() + timeout_s)

    def send(self, data: bytes, timeout_s: float) -> None:
        self._tls.write(data)
        self._flush(timeout_s)

    def receive(self, timeout_s: float) -> bytes:
        ends_at = time.monotonic() + timeout_s
        while not self._unread and not self._ended:
            self._unread = self._decrypted()
            if not self._unread and not self._ended:
                self._fill(ends_at)
        taken, self._unread = self._unread, b""
        return taken

    def is_readable(self) -> bool:
        with contextlib.suppress(TimeoutError):
            self._unread = self.receive(0.0)
        return bool(self._unread) or self._ended

    def half_close(self) -> None:
        """Send `close_notify`; what the other side still sends can be read (RFC 8446, 6.1)."""
        # To OpenSSL data that has come and was not read is an error here.
        while piece := self._decrypted():
            self._unread += piece
        with contextlib.suppress(ssl.SSLError):
            self._tls.unwrap()
        with contextlib.suppress(OSError):
            self._flush(1.0)

    def close(self) -> None:
        self._socket.close()

    def reset(self) -> None:
        _reset(self._socket)

    def _shake_hands(self, ends_at: float) -> None:
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self._fill(ends_at)
            else:
                break
            finally:
                # The other side gets the alert too.
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    self._flush(max(ends_at - time.monotonic(), 0.001))

    def _decrypted(self) -> bytes:
        """Return the bytes that can be read without waiting; note the end, a cut-off one too."""
        try:
            piece = self._tls.read(_PIECE_BYTES)
        except ssl.SSLWantReadError:
            return b""
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            piece = b""
        self._ended = not piece
        return piece

    def _fill(self, ends_at: float) -> None:
        self._flush(max(ends_at - time.monotonic(), 0.001))
        self._socket.settimeout(max(ends_at - time.monotonic(), 0.0))
        try:
            received = self._socket.recv(_PIECE_BYTES)
        except BlockingIOError as exc:
            raise TimeoutError from exc
        if received:
            self._incoming.write(received)
        else:
            self._incoming.write_eof()

    def _flush(self, timeout_s: float) -> None:
        if self._outgoing.pending:
            self._socket.settimeout(timeout_s)
            self._socket.sendall(self._outgoing.read())


def _reset(connection: socket.socket) -> None:
    """Close with SO_LINGER (socket(7)) on, and no time to linger."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
