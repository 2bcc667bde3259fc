"""uvicorn, so that it exits with 0 after a drain.

Its own command line, with one worker, ends by the signal that it was sent.
"""

import argparse
import signal
import sys
from collections.abc import Sequence

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from implementations.servers.uvicorn_http import HttpProtocol


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until SIGTERM; returns 0 after the drain, or uvicorn's status of a failed start."""
    options = _parse(arguments)
    config = uvicorn.Config(
        "implementations.servers.entry_point:build",
        factory=True,
        interface="asgi3",
        host=options.host,
        port=options.port,
        workers=options.workers,
        http=HttpProtocol,
        loop="uvloop",
        ws="none",
        # Wraps the application to believe a proxy's header fields; no other server does.
        proxy_headers=False,
        access_log=False,
        log_level=options.log_level,
        backlog=options.backlog,
        timeout_keep_alive=options.keep_alive,
        timeout_graceful_shutdown=options.drain,
    )
    # uvicorn raises the signal again when it has drained; before it serves, there is nothing to.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if options.workers > 1:
        supervisor = Multiprocess(config, sockets=[config.bind_socket()])
        supervisor.run()
        failed = any(worker.exitcode == STARTUP_FAILURE for worker in supervisor.processes)
        return STARTUP_FAILURE if failed else 0
    server = uvicorn.Server(config)
    server.run()
    return 0 if server.started else STARTUP_FAILURE


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="implementations.servers.uvicorn_server", description=__doc__
    )
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--workers", type=int, required=True)
    parser.add_argument("--keep-alive", type=int, required=True, help="seconds")
    parser.add_argument("--backlog", type=int, required=True)
    parser.add_argument("--log-level", required=True)
    parser.add_argument("--drain", type=int, required=True, help="seconds")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
