"""An event loop of uvloop that accepts waiting connections in batches.

uvloop itself accepts one connection in each turn of the loop (libuv does since 1.45). A hundred
clients that connect while each turn computes a prediction for every client before them would wait a
hundred such turns, and a health check behind them.
"""

import asyncio
import errno
import socket
from collections.abc import Callable, Sequence
from typing import Any

import uvloop
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_A_TURN = 64
"""Connections accepted in one turn; the rest is left to the next, or to another worker."""

RETRY_S = 1.0
"""Pause where the process or system has no room for another connection."""

NO_ROOM = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class AcceptingLoop(uvloop.Loop):
    """uvloop's event loop, whose TCP servers accept in batches."""

    async def create_server(  # type: ignore[override]
        self,
        protocol_factory: Callable[[], HttpToolsProtocol],
        *,
        sock: socket.socket,
        backlog: int,
        **_: Any,
    ) -> "Listener":
        """Listen on a bound socket; see `asyncio.loop.create_server`."""
        return Listener(self, protocol_factory, sock, backlog)


class Listener:
    """A listening socket, with the methods of `asyncio.Server` that uvicorn uses."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        protocol_factory: Callable[[], HttpToolsProtocol],
        sock: socket.socket,
        backlog: int,
    ) -> None:
        self._loop = loop
        self._protocol_factory = protocol_factory
        self._socket = sock
        self._accepting: set[asyncio.Task[Any]] = set()
        sock.setblocking(False)
        sock.listen(backlog)
        self._listen()

    @property
    def sockets(self) -> Sequence[socket.socket]:
        """The listening socket."""
        return [self._socket]

    def close(self) -> None:
        """Accept no more connections."""
        self._loop.remove_reader(self._socket)
        self._socket.close()

    async def wait_closed(self) -> None:
        """Return at once: uvicorn has waited for the connections itself."""

    def _listen(self) -> None:
        if self._socket.fileno() >= 0:
            self._loop.add_reader(self._socket, self._accept)

    def _accept(self) -> None:
        for _ in range(MOST_A_TURN):
            try:
                connection, _address = self._socket.accept()
            except (BlockingIOError, InterruptedError):
                return
            except ConnectionAbortedError:
                continue
            except OSError as exc:
                if exc.errno not in NO_ROOM:
                    raise
                self._loop.remove_reader(self._socket)
                self._loop.call_later(RETRY_S, self._listen)
                return
            connection.setblocking(False)
            task = self._loop.create_task(self._serve(connection))
            # A loop holds its tasks by weak references only.
            self._accepting.add(task)
            task.add_done_callback(self._accepting.discard)

    async def _serve(self, connection: socket.socket) -> None:
        try:
            _, protocol = await self._loop.connect_accepted_socket(
                self._protocol_factory, connection
            )
        except OSError:  # the client has gone
            connection.close()
            return
        if self._socket.fileno() < 0:
            # Closed meanwhile: uvicorn did not know of this connection when it drained the others.
            protocol.shutdown()
