"""Wrong in how they frame content: the tiny server, each with one fault."""

import re
from dataclasses import replace

from contract_tests.contract.expected import LIMIT_BYTES
from contract_tests.http.messages import Answer
from tests.contract_tests.wrong_backends.tiny_server import (
    Content,
    Head,
    Incoming,
    Malformed,
    TinyServer,
)
from tests.contract_tests.wrong_backends.wrong_backend import wrong_server


class NoExpectations(TinyServer):
    """Takes every expectation for one that it does not know."""

    def understand(
        self, method: str, target: str, minor: str, fields: list[tuple[str, str]]
    ) -> Head:
        if any(name.lower() == "expect" for name, _ in fields):
            raise Malformed
        return super().understand(method, target, minor, fields)


class ReadsAll(TinyServer):
    """Reads content to its end before the application sees the first of it, and keeps a part."""

    def answer(self, incoming: Incoming, head: Head) -> tuple[Answer, Content]:
        if head.length is None:
            content = Content(incoming, head, lambda: None)
            kept = content.read(2 * LIMIT_BYTES)
            while content.read(64 * 1024):
                pass
            incoming.buffer[:0] = b"%x\r\n%b\r\n0\r\n\r\n" % (len(kept), kept)
        return super().answer(incoming, head)


class OneReadOfChunks(TinyServer):
    """Takes what one read gives for all the chunks."""

    def answer(self, incoming: Incoming, head: Head) -> tuple[Answer, Content]:
        if head.length is None and b"0\r\n\r\n" not in incoming.buffer:
            incoming.buffer += b"0\r\n\r\n"
        return super().answer(incoming, head)


class Plain(Content):
    """Knows chunks without extensions."""

    chunk_line = re.compile(rb"([0-9A-Fa-f]{1,8})\r\n")


class Decimal(Content):
    """Takes sizes of chunks for decimal numbers without leading zeros."""

    chunk_line = re.compile(rb"(0|[1-9][0-9]{0,7})(?:;[\x20-\x7e]*)?\r\n")


class Untrailed(Content):
    """Knows nothing between the last chunk and the end."""

    trailer_line = re.compile(b"(?!)")


class PlainChunks(TinyServer):
    """Refuses extensions of chunks."""

    content_type = Plain


class DecimalChunks(TinyServer):
    """Misreads sizes of chunks."""

    content_type = Decimal


class NoTrailers(TinyServer):
    """Refuses trailers."""

    content_type = Untrailed


class MergesTrailers(TinyServer):
    """Takes trailer fields for header fields."""

    def answer(self, incoming: Incoming, head: Head) -> tuple[Answer, Content]:
        for name, value in re.findall(rb"\r\n0\r\n(.+?): (.+?)\r\n", incoming.buffer):
            field = (name.decode("ascii"), value.decode("latin-1"))
            head = replace(head, fields=(*head.fields, field))
        return super().answer(incoming, head)


class RefusesInHaste(TinyServer):
    """Looks for what is malformed in all that has come, and answers nothing before it."""

    def serve_request(self, incoming: Incoming) -> bool:
        if not incoming.buffer:
            incoming.fill()
        if re.search(rb"\x00|(: |\r\n)ten\r\n", incoming.buffer):
            self.refuse(incoming)
            return False
        return super().serve_request(incoming)


class LeavesOpen(TinyServer):
    """Closes when its client has closed, and no sooner."""

    def serve_connection(self, incoming: Incoming) -> None:
        super().serve_connection(incoming)
        while True:
            incoming.fill()


class FailsOnCutChunks(TinyServer):
    """Takes chunks that break off for a defect of its own."""

    def answer(self, incoming: Incoming, head: Head) -> tuple[Answer, Content]:
        answer, content = super().answer(incoming, head)
        if content.broken and head.length is None:
            content.broken = False
            return Answer(500, (("Content-Length", "0"),), b""), content
        return answer, content


FRAMING_WRONG = (
    wrong_server("knows-no-expectation", "http.expect-continue", NoExpectations),
    wrong_server("reads-all-first", "limit.found-while-reading", ReadsAll),
    wrong_server("reads-chunks-once", "http.byte-by-byte", OneReadOfChunks),
    wrong_server("knows-no-extension", "http.chunked", PlainChunks),
    wrong_server("reads-decimal-sizes", "http.chunked", DecimalChunks),
    wrong_server("knows-no-trailer", "http.chunked", NoTrailers),
    wrong_server("merges-trailers", "same.rfc", MergesTrailers),
    wrong_server("refuses-in-haste", "http.pipelined", RefusesInHaste),
    wrong_server("leaves-connections-open", "malformed.in-time", LeavesOpen),
    wrong_server("fails-on-cut-chunks", "http.cut-short", FailsOnCutChunks),
)
