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


def when_ready(server: Any) -> None:
    """Have SIGTTIN add no worker that would count apart from those that are there."""
    add_worker = server.handle_ttin

    def handle_ttin() -> None:
        # Slow to import, and mostly not needed.
        from shared.errors import SettingsError  # noqa: PLC0415
        from shared.settings import read_settings  # noqa: PLC0415

        try:
            settings = read_settings()
            settings.require_counter_for(server.num_workers + 1)
            settings.require_redis_for(server.num_workers + 1)
        except SettingsError as exc:
            server.log.error("podium: no worker is added. %s", exc)  # noqa: TRY400 (one line is enough)
        else:
            add_worker()

    server.handle_ttin = handle_ttin


class Worker(ThreadWorker):  # type: ignore[misc]  # has no types
    """A threaded worker that performs the lingering close (RFC 9112 section 9.6) in its threads.

    gunicorn performs it in the main thread: for up to 2 s it waits until the client, too, closes
    the connection. Meanwhile it accepts nobody and notices no request on a kept connection; and
    after SIGTERM the service is gone before its turn comes.
    """

    def load_wsgi(self) -> None:
        """Make the application, of which with `--preload` only the model is there yet."""
        super().load_wsgi()
        if self.cfg.preload_app:
            self.wsgi: Any = self.wsgi()

    def handle(self, conn: Any) -> Any:
        """Handle a request; return False if the connection has ended with it."""
        outcome = super().handle(conn)
        if outcome is False:
            util.close_graceful(conn.sock)
            # The main thread counts connections that it closes: it gets one that was never open.
            conn.sock = socket.socket()
        return outcome
