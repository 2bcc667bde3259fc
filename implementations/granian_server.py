"""granian, with the settings that its own command line does not take.

That closes idle connections after a minute at most.
"""

import argparse
import sys
from collections.abc import Sequence

from granian import Granian
from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings
from granian.log import LogLevels

# An idle thread that calls the application goes only after this long, the longest granian takes.
_THREAD_IDLE_S = 600


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until SIGTERM; returns 0 after the drain."""
    options = _parse(arguments)
    interface = Interfaces(options.interface)
    server = Granian(
        "implementations.entry_point:build",
        factory=True,
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
        log_level=LogLevels(options.log_level),
        log_access=False,
        respawn_failed_workers=True,
        workers_kill_timeout=options.drain,
    )
    server.serve()
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="implementations.granian_server", description=__doc__)
    parser.add_argument("--interface", choices=["wsgi", "asgi"], required=True)
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--workers", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--keep-alive", type=int, required=True, help="seconds")
    parser.add_argument("--backlog", type=int, required=True)
    parser.add_argument("--log-level", required=True)
    parser.add_argument("--drain", type=int, required=True, help="seconds")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
