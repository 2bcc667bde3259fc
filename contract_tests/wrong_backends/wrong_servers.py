"""Wrong in how they speak HTTP: the tiny server, each with one fault."""

import socket

from contract_tests.exchange import Answer
from contract_tests.wrong_backends.tiny_server import (
    Content,
    Head,
    Incoming,
    Malformed,
    TinyServer,
)
from contract_tests.wrong_backends.wrong_backend import wrong_server


class OneRead(TinyServer):
    """Takes what one read gives for the whole content."""

    def read_head(self, incoming: Incoming) -> Head:
        head = super().read_head(incoming)
        if head.length and len(incoming.buffer) < head.length:
            incoming.buffer[:] = incoming.buffer.ljust(head.length)
        return head


class NeverAsks(TinyServer):
    """Lets a client wait that wants to be told to go on."""

    def ask_for_content(self, incoming: Incoming) -> None:
        """Says nothing."""


class OneAnswer(TinyServer):
    """Closes after each answer."""

    def serve_connection(self, incoming: Incoming) -> None:
        self.serve_request(incoming)


class ExtraByte(TinyServer):
    """Sends a line end after each answer."""

    def encode(self, head: Head, answer: Answer) -> bytes:
        return super().encode(head, answer) + b"\r\n"


class Forgetful(TinyServer):
    """Forgets what it has received beyond the first request."""

    def serve_request(self, incoming: Incoming) -> bool:
        keep = super().serve_request(incoming)
        incoming.buffer.clear()
        return keep


class Only11(TinyServer):
    """Knows no HTTP/1.0."""

    def understand(
        self, method: str, target: str, minor: str, fields: list[tuple[str, str]]
    ) -> Head:
        if minor == "0":
            raise Malformed
        return super().understand(method, target, minor, fields)


class Failing(TinyServer):
    """Takes what is malformed for a defect of its own."""

    def refuse(self, incoming: Incoming) -> None:
        incoming.connection.sendall(
            b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"
        )


class Smuggling(TinyServer):
    """Goes on after what is malformed, and so takes leftovers for requests."""

    def serve_connection(self, incoming: Incoming) -> None:
        while self.serve_request(incoming) or incoming.buffer:
            pass


class Dying(TinyServer):
    """Stops accepting connections after what is malformed."""

    def refuse(self, incoming: Incoming) -> None:
        super().refuse(incoming)
        self._listener.shutdown(socket.SHUT_RDWR)


class Patient(TinyServer):
    """Waits for more after what is malformed, and so for ever."""

    def refuse(self, incoming: Incoming) -> None:
        self.closing.wait()


class Truncating(TinyServer):
    """Takes chunks that break off as whole."""

    def answer(self, incoming: Incoming, head: Head) -> tuple[Answer, Content]:
        answer, content = super().answer(incoming, head)
        content.broken = False
        return answer, content


SERVERS_WRONG = (
    wrong_server("reads-once", "http.byte-by-byte", OneRead),
    wrong_server("never-says-100", "http.expect-continue", NeverAsks),
    wrong_server("closes-each-time", "http.keep-alive", OneAnswer),
    wrong_server("sends-a-byte-more", "http.keep-alive http.pipelined", ExtraByte),
    wrong_server("forgets-the-next", "http.pipelined", Forgetful),
    wrong_server("knows-only-1.1", "http.http-1.0", Only11),
    wrong_server("takes-cut-chunks", "http.cut-short", Truncating),
    wrong_server("fails-on-malformed-http", "malformed.status", Failing),
    wrong_server("goes-on-after-malformed-http", "malformed.no-second-request", Smuggling),
    wrong_server("dies-of-malformed-http", "malformed.next-served", Dying),
    wrong_server("waits-after-malformed-http", "malformed.in-time", Patient),
)
