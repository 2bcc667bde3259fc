"""Wrong in how they bear many bad clients: the tiny server, each with one fault."""

import socket
import threading
import time

from contract_tests.backends.wsgi_call import WsgiApp
from tests.contract_tests.wrong_backends.tiny_server import Gone, Incoming, TinyServer
from tests.contract_tests.wrong_backends.wrong_backend import wrong_server

_PLACES = 100
_LOOK_UP_S = 0.1
# Longer than anybody is waited for, so that its faults are seen.
_RESTARTED_AFTER_S = 3.0


class OneAtATime(TinyServer):
    """Serves a connection to its end before it accepts the next."""

    def take(self, connection: socket.socket) -> None:
        self.serve(connection)


class LosingPlaces(TinyServer):
    """Has places for so many connections, and gets none back from a request that goes wrong; when
    there has been none for long, its keeper starts it again.
    """

    def __init__(self, app: WsgiApp) -> None:
        self._places = threading.Semaphore(_PLACES)
        super().__init__(app)

    def serve_connection(self, incoming: Incoming) -> None:
        came_at = time.monotonic()
        while not self._places.acquire(timeout=_LOOK_UP_S):
            if self.closing.is_set():
                return
            if time.monotonic() > came_at + _RESTARTED_AFTER_S:
                self._places = threading.Semaphore(_PLACES)
        super().serve_connection(incoming)
        self._places.release()

    def refuse(self, incoming: Incoming) -> None:
        super().refuse(incoming)
        raise Gone


CROWDS_WRONG = (
    wrong_server(
        "serves-one-at-a-time",
        "hostile.silent hostile.slow-head hostile.slow-body hostile.abandoned hostile.lingering",
        OneAtATime,
    ),
    wrong_server("loses-places", "hostile.abandoned hostile.huge-fields", LosingPlaces),
)
