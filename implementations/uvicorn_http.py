"""uvicorn's HTTP/1.1 protocol, without what httptools makes of a request to upgrade.

Such a request is answered as any other by a server that does not upgrade (RFC 9110 section 7.8), as
`curl --http2` and Java's client rely on with each first request. httptools takes its content for
another protocol: the application would see none.

And without closing, when it drains, a connection on which a request has come that was not read yet.
"""

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class HttpProtocol(HttpToolsProtocol):
    """Reads a request to upgrade once more, without its `Upgrade` field, and drains later."""

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            if not self._is_tunnel():
                self._begin_again(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self.send_400_response("Invalid HTTP request received.")

    def on_headers_complete(self) -> None:
        if self.parser.get_http_version() == "1.0":
            # Whoever speaks HTTP/1.0 does not know 100 (RFC 9110 section 10.1.1).
            self.expect_100_continue = False
        if not self._begins_again():
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        if not self._begins_again():
            super().on_message_complete()

    def shutdown(self) -> None:
        # While the event loop was busy, requests may have come; it reads them before this is run.
        self.loop.call_soon(super().shutdown)

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
