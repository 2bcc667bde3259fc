"""gunicorn's threaded worker, which waits for no client in its main thread.

gunicorn says goodbye to a client there (RFC 9112 section 9.6): for up to 2 s it waits until the
client, too, closes the connection. Meanwhile it accepts nobody and notices no request on a kept
connection; and after SIGTERM the service is gone before its turn comes.
"""

import socket
from typing import Any

from gunicorn import util
from gunicorn.workers.gthread import ThreadWorker


class Worker(ThreadWorker):  # type: ignore[misc]  # has no types
    """Says goodbye in the thread that answered; for `--worker-class`."""

    def handle(self, conn: Any) -> Any:
        """What becomes of a connection after a request; False where it ends."""
        outcome = super().handle(conn)
        if outcome is False:
            util.close_graceful(conn.sock)
            # The main thread counts connections that it closes: it gets one that was never open.
            conn.sock = socket.socket()
        return outcome
