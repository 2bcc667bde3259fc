"""Wrong in methods, media types, content limits, and how content arrives."""

from contract_tests.backends.wsgi_call import Environ
from contract_tests.contract.expected import LIMIT_BYTES
from contract_tests.http.messages import Answer
from shared.settings import Settings
from tests.contract_tests.wrong_backends.mutation import (
    Changed,
    Serve,
    carrying,
    giving,
    has_content,
    instead,
    is_operation,
    method_of,
    on_answer,
    on_request,
    read,
    refusal,
    refusing,
    status,
    with_service,
)
from tests.contract_tests.wrong_backends.wrong_backend import wrong, wrong_app


def type_of(environ: Environ) -> str:
    media_type: str = environ.get("CONTENT_TYPE", "")
    return media_type


def is_chunked(environ: Environ) -> bool:
    return "wsgi.input_terminated" in environ


def cut_chunks(environ: Environ, serve: Serve) -> Answer:
    """Chunked content is cut at the limit, as some frameworks do."""
    if not (has_content(environ) and is_chunked(environ)):
        return serve(environ)
    content = environ["wsgi.input"].read(LIMIT_BYTES)
    return serve(carrying(environ, content))


def read_first(environ: Environ, serve: Serve) -> Answer:
    """All content is read before anything is decided."""
    return serve(read(environ)[1])


def act_on_less(environ: Environ, serve: Serve) -> Answer:
    """Content that breaks off is taken as whole."""
    if not has_content(environ) or is_chunked(environ):
        return serve(environ)
    return serve(carrying(environ, environ["wsgi.input"].read()))


def no_chunks(environ: Environ, serve: Serve) -> Answer:
    """Without a length there is no content."""
    return serve(carrying(environ, b"")) if is_chunked(environ) else serve(environ)


def one_less(environ: Environ, serve: Serve) -> Answer:
    """The limit itself is too long."""
    full = has_content(environ) and environ.get("CONTENT_LENGTH") == str(LIMIT_BYTES)
    return refusal(413) if full else serve(environ)


def disbelieve(environ: Environ, serve: Serve) -> Answer:
    """A declared length says nothing: what comes is what counts."""
    if not has_content(environ) or int(environ.get("CONTENT_LENGTH") or 0) <= LIMIT_BYTES:
        return serve(environ)
    return serve(carrying(environ, environ["wsgi.input"].read(LIMIT_BYTES)))


def full_chunks(environ: Environ, serve: Serve) -> Answer:
    """The limit itself is too long, where it is found out while reading."""
    if not (has_content(environ) and is_chunked(environ)):
        return serve(environ)
    content, asked = read(environ)
    return refusal(413) if len(content) == LIMIT_BYTES else serve(asked)


def fail_on_less(environ: Environ, serve: Serve) -> Answer:
    """Content that breaks off is taken for a defect."""
    if not has_content(environ) or is_chunked(environ):
        return serve(environ)
    content, asked = read(environ)
    is_less = len(content) < int(environ.get("CONTENT_LENGTH") or 0)
    return refusal(500) if is_less else serve(asked)


class WithoutSettings(Changed):
    """Has the usual settings, whatever it was told."""

    @property
    def settings(self) -> Settings:
        return Settings()


HTTP_WRONG = (
    wrong(
        "wants-a-charset",
        "media.case",
        on_request(
            lambda e: is_operation(e, "letter_count") and type_of(e) == "application/json",
            instead(CONTENT_TYPE="text/plain"),
        ),
    ),
    wrong(
        "takes-no-parameter",
        "media.charset",
        on_request(lambda e: ";" in type_of(e), instead(CONTENT_TYPE="text/plain")),
    ),
    wrong(
        "knows-no-quotes",
        "media.charset",
        on_request(lambda e: '"' in type_of(e), instead(CONTENT_TYPE="text/plain")),
    ),
    wrong(
        "refuses-every-coding",
        "media.coding",
        on_answer(lambda e, _: "HTTP_CONTENT_ENCODING" in e, refusing(415)),
    ),
    wrong("takes-a-byte-less-in-chunks", "limit.exact", full_chunks),
    wrong(
        "asks-for-a-length",
        "http.chunked",
        lambda environ, serve: refusal(411) if is_chunked(environ) else serve(environ),
    ),
    wrong("fails-on-short-content", "http.cut-short", fail_on_less),
    wrong(
        "wants-small-letters",
        "media.case",
        on_request(lambda e: type_of(e) != type_of(e).lower(), instead(CONTENT_TYPE="text/plain")),
    ),
    wrong(
        "takes-any-parameter",
        "media.charset",
        on_request(
            lambda e: type_of(e).startswith("application/json;"),
            instead(CONTENT_TYPE="application/json"),
        ),
    ),
    wrong(
        "needs-no-media-type",
        "media.missing",
        on_request(lambda e: not type_of(e), instead(CONTENT_TYPE="application/json")),
    ),
    wrong(
        "ignores-codings",
        "media.coding",
        on_request(
            lambda e: "HTTP_CONTENT_ENCODING" in e, instead(HTTP_CONTENT_ENCODING="identity")
        ),
    ),
    wrong_app("has-a-limit-of-its-own", "limit.exact", with_service(WithoutSettings)),
    wrong(
        "serves-one-host",
        "same.rfc",
        on_answer(lambda e, _: e["HTTP_HOST"] != "127.0.0.1", refusing(400)),
    ),
    wrong(
        "tells-of-itself",
        "same.bytes",
        on_answer(lambda _, a: True, giving("X-Powered-By", "a framework")),
    ),
    wrong("takes-one-byte-less", "limit.exact", one_less),
    wrong("believes-no-length", "limit.declared", disbelieve),
    wrong("cuts-chunked-content", "limit.found-while-reading", cut_chunks),
    wrong("reads-all-into-memory", "limit.not-in-memory", read_first),
    wrong("answers-options-with-200", "http.options", on_answer(status(204), refusing(200))),
    wrong(
        "sorts-no-methods",
        "http.allow",
        on_answer(status(204, 405), giving("Allow", "POST, OPTIONS")),
    ),
    wrong("knows-no-chunks", "http.chunked", no_chunks),
    wrong("waits-for-content", "http.early-answers", read_first),
    wrong(
        "refuses-content-of-get",
        "http.get-with-content",
        lambda environ, serve: (
            refusal(400) if method_of(environ) == "GET" and read(environ)[0] else serve(environ)
        ),
    ),
    wrong("acts-on-half-of-it", "http.cut-short", act_on_less),
)
