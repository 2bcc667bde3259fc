"""Wrong in how they speak HTTP: the tiny server, each with one fault."""

import io
import re
from dataclasses import replace

from contract_tests.backends.wsgi_call import call_environ, environ_of
from contract_tests.http.messages import Answer, Request
from tests.contract_tests.wrong_backends.tiny_server import (
    Content,
    Gone,
    Head,
    Incoming,
    Malformed,
    TinyServer,
)
from tests.contract_tests.wrong_backends.wrong_backend import wrong_server


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


class NeverCloses(TinyServer):
    """Keeps a connection open though its client has asked for the end of it."""

    def serve_request(self, incoming: Incoming) -> bool:
        super().serve_request(incoming)
        return True


class ExtraByte(TinyServer):
    """Sends a line end more where it has found nothing."""

    def encode(self, head: Head, answer: Answer) -> bytes:
        return super().encode(head, answer) + b"\r\n" * (answer.status == 404)


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


class Undrained(TinyServer):
    """Takes content that the application left unread for the next request."""

    def answer(self, incoming: Incoming, head: Head) -> tuple[Answer, Content]:
        answer, _ = super().answer(incoming, head)
        return answer, Content(incoming, replace(head, length=0), lambda: None)


class Dying(TinyServer):
    """Dies of what is malformed, cut short or unusual; the next whole request that finds it dead
    has its keeper start it again.
    """

    unusual = re.compile(
        rb"^\S+ (http:|\S*(#|%z))|^\S{1000}|\nHost:(\r| \S+ )|\nUpgrade: ", re.MULTILINE
    )
    dead = False

    def serve_request(self, incoming: Incoming) -> bool:
        # Whoever goes between two requests kills nobody.
        if not incoming.buffer:
            incoming.fill()
        kills = self.unusual.search(incoming.buffer) is not None
        try:
            keep = super().serve_request(incoming)
        except Gone:
            kills = True
            raise
        finally:
            self.dead = self.dead or kills
        return keep

    def refuse(self, incoming: Incoming) -> None:
        self.dead = True
        super().refuse(incoming)

    def write(self, incoming: Incoming, head: Head, answer: Answer) -> None:
        if self.dead:
            self.dead = False
            raise ConnectionAbortedError
        super().write(incoming, head, answer)


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


class Recounting(TinyServer):
    """Has what is malformed counted twice."""

    def refuse(self, incoming: Incoming) -> None:
        for _ in range(2):
            call_environ(self.app, environ_of(Request("GET", "/api/count"), io.BytesIO()))
        super().refuse(incoming)


class LikeH11(TinyServer):
    """Passes over a length beside a coding, and serves what follows."""

    def understand(
        self, method: str, target: str, minor: str, fields: list[tuple[str, str]]
    ) -> Head:
        coded = any(name.lower() == "transfer-encoding" for name, _ in fields)
        framed = [f for f in fields if not coded or f[0].lower() != "content-length"]
        return super().understand(method, target, minor, framed)


class Dateless(TinyServer):
    """Does not say when it answered."""

    def encode(self, head: Head, answer: Answer) -> bytes:
        date, _, rest = super().encode(head, answer).partition(b"\r\nDate: ")
        return date + b"\r\n" + rest.partition(b"\r\n")[2]


class Literal(TinyServer):
    """Takes an absolute target, and an empty line, as they are."""

    def request_line(self, incoming: Incoming) -> bytes:
        line = incoming.line()
        if b" http://" in line:
            raise Malformed
        return line


class Upgrading(TinyServer):
    """Takes the content of a request to upgrade for something else, and refuses it without content;
    closes never.
    """

    def understand(
        self, method: str, target: str, minor: str, fields: list[tuple[str, str]]
    ) -> Head:
        head = super().understand(method, target, minor, fields)
        upgrades = any(name.lower() == "upgrade" for name, _ in fields)
        if upgrades and head.length == 0:
            raise Malformed
        return replace(head, length=0 if upgrades else head.length, keep=True)


class Fussy(TinyServer):
    """Refuses fields that it does not know."""

    known = frozenset({"host", "content-type", "content-length"})

    def understand(
        self, method: str, target: str, minor: str, fields: list[tuple[str, str]]
    ) -> Head:
        if {name.lower() for name, _ in fields} - self.known:
            raise Malformed
        return super().understand(method, target, minor, fields)


class Obedient(TinyServer):
    """Does what fields say that nobody should listen to, and asks whoever cannot understand it."""

    def understand(
        self, method: str, target: str, minor: str, fields: list[tuple[str, str]]
    ) -> Head:
        head = super().understand(method, target, minor, fields)
        values = dict(fields)
        return replace(
            head,
            method=values.get("X-HTTP-Method-Override", method),
            target=values.get("X-Forwarded-Prefix", "") + target,
            expects_continue="Expect" in values,
        )


SERVERS_WRONG = (
    wrong_server("reads-once", "http.byte-by-byte", OneRead),
    wrong_server("never-says-100", "http.expect-continue", NeverAsks),
    wrong_server("closes-each-time", "http.keep-alive", OneAnswer),
    wrong_server("never-closes", "http.keep-alive", NeverCloses),
    wrong_server("sends-a-byte-more", "http.keep-alive http.pipelined", ExtraByte),
    wrong_server("forgets-the-next", "http.pipelined", Forgetful),
    wrong_server("knows-only-1.1", "http.http-1.0", Only11),
    wrong_server("takes-cut-chunks", "http.cut-short", Truncating),
    wrong_server("fails-on-malformed-http", "malformed.status", Failing),
    wrong_server("goes-on-after-malformed-http", "malformed.no-second-request", Smuggling),
    wrong_server("serves-unread-content", "malformed.no-second-request", Undrained),
    wrong_server("dies-of-malformed-http", "malformed.next-served", Dying),
    wrong_server("waits-after-malformed-http", "malformed.in-time", Patient),
    wrong_server("counts-malformed-http-twice", "counter.broken-framing", Recounting),
    wrong_server("serves-what-is-smuggled", "malformed.parsers-out", LikeH11),
    wrong_server("has-no-clock", "same.rfc", Dateless),
    wrong_server("reads-targets-as-they-are", "same.rfc", Literal),
    wrong_server("begins-to-upgrade", "same.rfc", Upgrading),
    wrong_server("listens-to-every-field", "same.rfc", Obedient),
    wrong_server("refuses-what-it-does-not-know", "same.rfc", Fussy),
)
