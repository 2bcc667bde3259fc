"""Wrong in the header fields that they listen to, behind a server or as one."""

import gzip
from collections.abc import Callable
from dataclasses import replace

from contract_tests.backends.wsgi_call import Environ
from contract_tests.http.messages import Answer
from tests.contract_tests.wrong_backends.mutation import (
    Mutation,
    giving,
    on_request,
    refusal,
    saying,
)
from tests.contract_tests.wrong_backends.tiny_server import (
    Content,
    Head,
    Incoming,
    Malformed,
    TinyServer,
)
from tests.contract_tests.wrong_backends.wrong_backend import wrong_served, wrong_server

FieldList = list[tuple[str, str]]
REFUSED, REDIRECTED = refusal(403), giving("Location", "https://127.0.0.1/")(refusal(307))


def where(field: str, change: Callable[[str, Answer], Answer]) -> Mutation:
    """Answers are changed where the request has this field; `change` is given its value too."""
    key = "HTTP_" + field.upper().replace("-", "_")
    return lambda environ, serve: (
        change(environ[key], serve(environ)) if key in environ else serve(environ)
    )


def part(_: str, answer: Answer) -> Answer:
    return saying(answer.content[:2], replace(answer, status=206))


def packed(accepted: str, answer: Answer) -> Answer:
    if "gzip" not in accepted:
        return answer
    return giving("Content-Encoding", "gzip")(saying(gzip.compress(answer.content), answer))


def of_type(accepted: str, answer: Answer) -> Answer:
    return answer if "json" in accepted or "*" in accepted else refusal(406)


def of_charset(charset: str, answer: Answer) -> Answer:
    return giving("Content-Type", f"application/json; charset={charset}")(answer)


def below(environ: Environ) -> Environ:
    return {**environ, "PATH_INFO": environ["HTTP_SCRIPT_NAME"] + environ["PATH_INFO"]}


def reading(change: Callable[[FieldList], FieldList]) -> type[TinyServer]:
    """A server that changes fields before it understands them; `change` may raise `Malformed`."""

    class Reading(TinyServer):
        def understand(self, method: str, target: str, minor: str, fields: FieldList) -> Head:
            return super().understand(method, target, minor, change(fields))

    return Reading


def unless(wrong: Callable[[FieldList], bool]) -> type[TinyServer]:
    """A server that takes requests with some fields for malformed."""

    def change(fields: FieldList) -> FieldList:
        if wrong(fields):
            raise Malformed
        return fields

    return reading(change)


class AsksOldClients(TinyServer):
    """Tells clients to go on that have never heard of it."""

    def answer(self, incoming: Incoming, head: Head) -> tuple[Answer, Content]:
        if not head.keep and any(name.lower() == "expect" for name, _ in head.fields):
            self.ask_for_content(incoming)
        return super().answer(incoming, head)


FIELDS_WRONG = (
    wrong_served("gives-a-part", "same.rfc", where("Range", part)),
    wrong_served("packs-answers", "same.rfc", where("Accept-Encoding", packed)),
    wrong_served("negotiates-types", "same.rfc", where("Accept", of_type)),
    wrong_served("negotiates-charsets", "same.rfc", where("Accept-Charset", of_charset)),
    wrong_served(
        "redirects-to-https", "same.rfc", where("X-Forwarded-Proto", lambda *_: REDIRECTED)
    ),
    wrong_served(
        "believes-a-prefix", "same.rfc", on_request(lambda e: "HTTP_SCRIPT_NAME" in e, below)
    ),
    wrong_served("refuses-other-origins", "same.rfc", where("Origin", lambda *_: REFUSED)),
    wrong_served("refuses-to-upgrade", "same.rfc", where("Upgrade", lambda *_: refusal(501))),
    wrong_server("wants-ascii", "same.rfc", unless(lambda fs: not all(v.isascii() for _, v in fs))),
    wrong_server("wants-values", "same.rfc", unless(lambda fs: not all(v for _, v in fs))),
    wrong_server("takes-50-fields", "same.rfc", unless(lambda fs: len(fs) > 50)),
    wrong_server(
        "passes-over-small-letters",
        "same.rfc",
        reading(lambda fs: [f for f in fs if not f[0].islower()]),
    ),
    wrong_server("asks-old-clients", "same.rfc", AsksOldClients),
)
