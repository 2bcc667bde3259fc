"""granian, with settings that its own command line does not take, and a drain that always begins.

The command line closes idle connections after a minute at the latest, and now and then a WSGI
worker does not notice that it was sent SIGTERM.
"""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence
from typing import Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings
from granian.log import LogLevels

# An idle thread that calls the application goes only after this long, the longest granian takes.
_THREAD_IDLE_S = 600


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM; return 0 after the drain."""
    options = _parse(arguments)
    interface = Interfaces(options.interface)
    server = Granian(
        "implementations.servers.entry_point:build",
        interface=interface,
        address=options.host,
        port=options.port,
        workers=options.workers,
        blocking_threads=options.threads,
        blocking_threads_idle_timeout=_THREAD_IDLE_S,
        loop=Loops.uvloop if interface is Interfaces.ASGI else Loops.asyncio,
        http=HTTPModes.http1,
        # granian waits for the next request of a connection as long as for the rest of one.
        http1_settings=HTTP1Settings(header_read_timeout=options.keep_alive * 1000),
        websockets=False,
        backlog=options.backlog,
        backpressure=options.connections,
        log_level=LogLevels(options.log_level),
        log_access=False,
        respawn_failed_workers=True,
        workers_kill_timeout=options.drain,
    )
    server.serve(
        target_loader=load_wsgi if interface is Interfaces.WSGI else load, wrap_loader=False
    )
    return 0


def load() -> Any:
    """Return the application, in a worker process."""
    from implementations.servers.entry_point import build  # noqa: PLC0415 (of no use to the supervisor)

    return build()


def load_wsgi() -> Any:
    """Return the application, after the worker has made sure to notice SIGTERM."""
    _relay_sigterm()
    return load()


def _relay_sigterm() -> None:
    """Hand the first SIGTERM to the main thread, whichever thread the kernel has given it to.

    granian's main thread waits for a lock, and Python runs signal handlers in that thread only. If
    the kernel delivers the signal to a thread that is just being started, nothing wakes it.
    """
    main_thread = threading.get_ident()
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)

    def relay() -> None:
        while os.read(reader, 1)[0] != signal.SIGTERM:
            pass
        signal.pthread_kill(main_thread, signal.SIGTERM)

    threading.Thread(target=relay, name="relay-sigterm", daemon=True).start()


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="implementations.servers.granian", description=__doc__)
    parser.add_argument("--interface", choices=["wsgi", "asgi"], required=True)
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--workers", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--keep-alive", type=int, required=True, help="seconds")
    parser.add_argument("--backlog", type=int, required=True)
    parser.add_argument("--connections", type=int, required=True, help="at most, of each worker")
    parser.add_argument("--log-level", required=True)
    parser.add_argument("--drain", type=int, required=True, help="seconds")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
