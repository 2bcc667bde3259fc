"""Parsing of responses by httptools (llhttp) as they arrive, in pieces of any size."""

from typing import Any

import httptools


class AnswerParser:
    """A parser of one final response (RFC 9112); it skips interim ones (status 1xx).

    `feed` raises `httptools.HttpParserError` for what is not HTTP. `status`, `keep_alive` and
    `content_length` (`None` without the field) are set once `has_head`; `content` is whole once
    `whole`, and `leftover` is set if the server sent more than one answer. `feeds` counts the
    pieces, `fed_bytes` their bytes. `release` ends its use.
    """

    __slots__ = (
        "_parser",
        "_pieces",
        "chunked",
        "content_length",
        "fed_bytes",
        "feeds",
        "has_head",
        "keep_alive",
        "leftover",
        "status",
        "whole",
    )

    def __init__(self) -> None:
        self._parser: Any = httptools.HttpResponseParser(self)
        self.feeds = 0
        self.fed_bytes = 0
        self._restart()

    def _restart(self) -> None:
        self._pieces: list[bytes] = []
        self.status = 0
        self.content_length: int | None = None
        self.chunked = False
        self.has_head = False
        self.keep_alive = False
        self.whole = False
        self.leftover = False

    @property
    def content(self) -> bytes:
        return b"".join(self._pieces)

    @property
    def plain(self) -> bool:
        """Whether the head says where the content ends and that the connection stays open."""
        return self.keep_alive and not self.chunked and self.content_length is not None

    def feed(self, data: bytes) -> None:
        self.feeds += 1
        self.fed_bytes += len(data)
        self._parser.feed_data(data)

    def release(self) -> None:
        """Let go of llhttp, which refers back to this: a run has no garbage collector."""
        self._parser = None

    def end(self) -> bool:
        """Note that the server has closed; return whether the answer is whole (RFC 9112 6.3)."""
        if self.has_head and not self.chunked and self.content_length is None:
            self.whole = True
            self.keep_alive = False
        return self.whole

    # Callbacks of llhttp:

    def on_message_begin(self) -> None:
        if self.whole:
            self.leftover = True

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.whole:
            return
        name = name.lower()
        if name == b"content-length":
            self.content_length = int(value)
        elif name == b"transfer-encoding":
            self.chunked = True

    def on_headers_complete(self) -> None:
        if self.whole:
            return
        self.status = self._parser.get_status_code()
        self.keep_alive = self._parser.should_keep_alive()
        self.has_head = True

    def on_body(self, body: bytes) -> None:
        if not self.whole:
            self._pieces.append(body)

    def on_message_complete(self) -> None:
        if self.whole:
            return
        if 100 <= self.status < 200:
            self._restart()
        else:
            self.whole = True
