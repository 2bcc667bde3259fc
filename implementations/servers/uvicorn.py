"""uvicorn with a stricter HTTP/1.1 protocol, exiting with 0 after a drain.

Its own command line, with one worker, ends by the signal that it was sent.
"""

import argparse
import re
import signal
import sys
from collections.abc import Sequence

import httptools
import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.supervisors import Multiprocess

# A target in absolute form whose path is empty, which is the path `/` (RFC 9110 section 4.2.3).
_WITHOUT_PATH = re.compile(rb"([^/?]+://[^/?]+)(\?.*)?")


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM; return 0 after the drain, or uvicorn's status of a failed start."""
    options = _parse(arguments)
    config = uvicorn.Config(
        "implementations.servers.entry_point:build",
        factory=True,
        interface="asgi3",
        host=options.host,
        port=options.port,
        workers=options.workers,
        http=HttpProtocol,
        loop="implementations.servers.accepting_loop:AcceptingLoop",
        ws="none",
        # Wraps the application to believe a proxy's header fields; no other server does.
        proxy_headers=False,
        access_log=False,
        log_level=options.log_level,
        backlog=options.backlog,
        limit_concurrency=options.connections,
        timeout_keep_alive=options.keep_alive,
        timeout_graceful_shutdown=options.drain,
    )
    # uvicorn raises the signal again when it has drained; before it serves, there is nothing to.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    # Bound by itself, one worker's socket for `::` would be deaf to IPv4, unlike everybody else's.
    sockets = [config.bind_socket()]
    if options.workers > 1:
        supervisor = Multiprocess(config, sockets=sockets)
        supervisor.run()
        failed = any(worker.exitcode == STARTUP_FAILURE for worker in supervisor.processes)
        return STARTUP_FAILURE if failed else 0
    server = uvicorn.Server(config)
    server.run(sockets)
    return 0 if server.started else STARTUP_FAILURE


class HttpProtocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1 protocol, corrected where it and httptools leave HTTP.

    A request to upgrade is answered as any other by a server that does not upgrade (RFC 9110
    section 7.8), as `curl --http2` and Java's client rely on with each first request. httptools
    takes its content for another protocol, so the application would see none: the request is read
    once more, without its `Upgrade` field.

    Trailer fields come out of httptools like those of the head, and uvicorn adds them to the head's
    while the application reads it. Malformed HTTP it refuses at once, though requests that came
    whole before it are not answered yet: their answer would be 400. And when it drains, it does not
    close a connection on which a request has come that was not read yet.
    """

    _refusal: str | None = None
    """The text of the 400 that is due when all that came before it has been answered."""

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            if self._is_tunnel():
                self._close_after_answer()
            else:
                self._begin_again(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self.send_400_response("Invalid HTTP request received.")

    def on_headers_complete(self) -> None:
        if self.parser.get_http_version() == "1.0":
            # Whoever speaks HTTP/1.0 does not know 100 (RFC 9110 section 10.1.1).
            self.expect_100_continue = False
        if not self._begins_again():
            # uvicorn fails where httptools finds no path.
            if without_path := _WITHOUT_PATH.fullmatch(self.url):
                self.url = b"/".join([without_path[1], without_path[2] or b""])
            super().on_headers_complete()
            # Not the list that the application reads (RFC 9110 section 6.5.1).
            self.headers = []

    def on_message_complete(self) -> None:
        if not self._begins_again():
            super().on_message_complete()
            if self.cycle.keep_alive and not self.parser.should_keep_alive():
                self._close_after_answer()

    def send_400_response(self, msg: str) -> None:
        if self._refusal is not None:
            return
        if self.pipeline and self.cycle.more_body:
            # What is malformed is the content of the last in the queue, which waits for its turn.
            self.pipeline.popleft()
            self._refusal = msg
        elif _waits(self.cycle):
            self._refusal = msg
        else:
            super().send_400_response(msg)

    def on_response_complete(self) -> None:
        is_last = not self.pipeline
        super().on_response_complete()
        if self._refusal is not None and is_last and not self.transport.is_closing():
            super().send_400_response(self._refusal)

    def shutdown(self) -> None:
        # While the event loop was busy, requests may have come; it reads them before this is run.
        self.loop.call_soon(super().shutdown)

    def _close_after_answer(self) -> None:
        """Close after the answer: httptools ignores what follows CONNECT or a trailer `close`."""
        self.cycle.keep_alive = False
        if self.cycle.response_complete:
            self.transport.close()

    def _begins_again(self) -> bool:
        return self.parser.should_upgrade() and not self._is_tunnel()

    def _is_tunnel(self) -> bool:
        """Whether the request is CONNECT, after which no HTTP follows."""
        return self.parser.get_method() == b"CONNECT"

    def _begin_again(self, rest: bytes) -> None:
        version = self.parser.get_http_version().encode()
        lines = [b"%b %b HTTP/%b" % (self.parser.get_method(), self.url, version)]
        lines += [b"%b: %b" % field for field in self.headers if field[0] != b"upgrade"]
        self.parser = httptools.HttpRequestParser(self)
        # As in uvicorn itself: what is pipelined after `close` is passed over.
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self.data_received(b"\r\n".join([*lines, b"", rest]))


def _waits(last: RequestResponseCycle | None) -> bool:
    """Whether the last request, if there was one, has come whole and is not answered yet."""
    return last is not None and not (last.response_complete or last.more_body)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="implementations.servers.uvicorn", description=__doc__)
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--workers", type=int, required=True)
    parser.add_argument("--keep-alive", type=int, required=True, help="seconds")
    parser.add_argument("--backlog", type=int, required=True)
    parser.add_argument("--connections", type=int, required=True, help="at most, of each worker")
    parser.add_argument("--log-level", required=True)
    parser.add_argument("--drain", type=int, required=True, help="seconds")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
