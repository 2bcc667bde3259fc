"""uvicorn's HTTP/1.1 protocol, where it and httptools leave HTTP.

A request to upgrade is answered as any other by a server that does not upgrade (RFC 9110 section
7.8), as `curl --http2` and Java's client rely on with each first request. httptools takes its
content for another protocol: the application would see none.

Trailer fields come out of httptools like those of the head, and uvicorn adds them to the head's
while the application reads it. And malformed HTTP it refuses at once, though requests that came
whole before it are not answered yet: their answer would be 400.

And when it drains it does not close a connection on which a request has come that was not read yet.
"""

import re

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

# A target in absolute form whose path is empty, which is the path `/` (RFC 9110 section 4.2.3).
_WITHOUT_PATH = re.compile(rb"([^/?]+://[^/?]+)(\?.*)?")


def _waits(last: RequestResponseCycle | None) -> bool:
    """Whether the last request, if there was one, has come whole and is not answered yet."""
    return last is not None and not (last.response_complete or last.more_body)


class HttpProtocol(HttpToolsProtocol):
    """Reads a request to upgrade once more, without its `Upgrade` field; passes over trailers,
    answers in order and drains later.
    """

    _refusal: str | None = None
    """What is said of malformed HTTP, when all that came before it has been answered."""

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
        """After CONNECT, and `close` in a trailer, httptools passes over all that follows."""
        self.cycle.keep_alive = False
        if self.cycle.response_complete:
            self.transport.close()

    def _begins_again(self) -> bool:
        return self.parser.should_upgrade() and not self._is_tunnel()

    def _is_tunnel(self) -> bool:
        """After CONNECT no HTTP follows, whatever its fields say."""
        return self.parser.get_method() == b"CONNECT"

    def _begin_again(self, rest: bytes) -> None:
        version = self.parser.get_http_version().encode()
        lines = [b"%b %b HTTP/%b" % (self.parser.get_method(), self.url, version)]
        lines += [b"%b: %b" % field for field in self.headers if field[0] != b"upgrade"]
        self.parser = httptools.HttpRequestParser(self)
        # As in uvicorn itself: what is pipelined after `close` is passed over.
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self.data_received(b"\r\n".join([*lines, b"", rest]))
