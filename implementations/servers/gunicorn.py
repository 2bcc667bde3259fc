"""gunicorn's worker class (`--worker-class`) and server hooks (`--config`)."""

import socket
from typing import Any

from gunicorn import util
from gunicorn.workers.gthread import ThreadWorker

HTTP_1_1 = (1, 1)


def pre_request(_: Any, request: Any) -> None:
    """Correct a request's version and its `close` before the application is called.

    gunicorn answers in the version that it was asked in, up to HTTP/1.9, and knows `close` only
    where no other connection option stands beside it (RFC 9110 section 2.5, RFC 9112 section 9.6).
    """
    request.version = min(request.version, HTTP_1_1)
    for name, value in request.headers:
        if name == "CONNECTION" and "close" in value.lower().replace(" ", "").split(","):
            request.force_close()


class Worker(ThreadWorker):  # type: ignore[misc]  # has no types
    """A threaded worker that performs the lingering close (RFC 9112 section 9.6) in its threads.

    gunicorn performs it in the main thread: for up to 2 s it waits until the client, too, closes
    the connection. Meanwhile it accepts nobody and notices no request on a kept connection; and
    after SIGTERM the service is gone before its turn comes.
    """

    def handle(self, conn: Any) -> Any:
        """Handle a request; return False if the connection has ended with it."""
        outcome = super().handle(conn)
        if outcome is False:
            util.close_graceful(conn.sock)
            # The main thread counts connections that it closes: it gets one that was never open.
            conn.sock = socket.socket()
        return outcome
