"""Wrong in how a refusal is worded, and in which refusal comes first."""

import logging
import threading
from collections.abc import Callable
from typing import Any

from contract_tests.backends.wsgi_call import Environ
from contract_tests.contract.expected import LIMIT_BYTES
from contract_tests.http.messages import Answer
from tests.contract_tests.wrong_backends.mutation import (
    Mutation,
    Serve,
    giving,
    has_content,
    instead,
    is_operation,
    mutated_afresh,
    on_answer,
    read,
    refusal,
    refusing,
    saying,
    status,
    text,
    value,
    without,
)
from tests.contract_tests.wrong_backends.wrong_backend import wrong, wrong_app

Change = Callable[[Answer], Answer]


def is_json(environ: Environ) -> bool:
    return str(environ.get("CONTENT_TYPE", "")).lower().startswith("application/json")


def length_of(environ: Environ) -> int:
    return int(environ.get("CONTENT_LENGTH") or 0)


def errors(change: Callable[[list[Any]], list[Any]]) -> Change:
    """Changes the list of errors."""
    return value(lambda v: v | {"errors": change(v["errors"])})


def first(when: Callable[[Environ], bool], code: int) -> Mutation:
    """Requests of one kind are refused with `code` before all else."""
    return lambda environ, serve: refusal(code) if when(environ) else serve(environ)


def parses_before(expected: Callable[[bytes], bool], code: int) -> Mutation:
    """Content of one kind is refused with `code` before its length is looked at."""

    def mutation(environ: Environ, serve: Serve) -> Answer:
        if not has_content(environ) or not is_json(environ):
            return serve(environ)
        content, asked = read(environ)
        return refusal(code) if expected(content) else serve(asked)

    return mutation


def is_cut_short(content: bytes) -> bool:
    return b'"' in content and not content.rstrip().endswith((b"}", b"]"))


def model_first(environ: Environ, serve: Serve) -> Answer:
    """Says that the model is not there before it looks at the content."""
    health = instead(REQUEST_METHOD="GET", PATH_INFO="/api/health")
    unready = is_operation(environ, "predict") and serve(health(environ)).status == 503
    return refusal(503) if unready else serve(environ)


def names_need_a_model(environ: Environ, serve: Serve) -> Answer:
    """Says that the model is not there where none is needed."""
    health = instead(REQUEST_METHOD="GET", PATH_INFO="/api/health")
    unready = is_operation(environ, "letter_count") and serve(health(environ)).status == 503
    return refusal(503) if unready else serve(environ)


class Silent:
    """Keeps its defects to itself."""

    def __init__(self) -> None:
        self._lock, self._serving, self._before = threading.Lock(), 0, 0

    def __call__(self, environ: Environ, serve: Serve) -> Answer:
        # Only the first of several at once knows what was disabled before.
        with self._lock:
            if not self._serving:
                self._before = logging.root.manager.disable
                logging.disable(logging.CRITICAL)
            self._serving += 1
        try:
            return serve(environ)
        finally:
            with self._lock:
                self._serving -= 1
                if not self._serving:
                    logging.disable(self._before)


SILENT = Silent()
"""One for all, for what is disabled is the whole process's."""


class Brittle:
    """After one defect it answers nothing rightly any more."""

    def __init__(self) -> None:
        self._broken = False

    def __call__(self, environ: Environ, serve: Serve) -> Answer:
        answer = serve(environ)
        self._broken |= answer.status == 500
        return refusal(500) if self._broken else answer


PROBLEMS_WRONG = (
    wrong(
        "gives-no-code",
        "problem.document",
        on_answer(status(404, 422), value(lambda v: {m: v[m] for m in v if m != "code"})),
    ),
    wrong(
        "types-problems-as-json",
        "problem.media-type",
        on_answer(status(400), giving("Content-Type", "application/json")),
    ),
    wrong(
        "types-other-problems-as-json",
        "problem.media-type",
        on_answer(status(404, 405), giving("Content-Type", "application/json")),
    ),
    wrong(
        "names-the-charset-of-problems",
        "problem.media-type",
        on_answer(
            status(415, 422), giving("Content-Type", "application/problem+json; charset=utf-8")
        ),
    ),
    wrong(
        "declares-no-length-of-bad-requests",
        "json-out.content-length",
        on_answer(status(400, 415, 422), without("Content-Length")),
    ),
    wrong(
        "declares-no-length-of-405",
        "json-out.content-length",
        on_answer(status(405), without("Content-Length")),
    ),
    wrong("needs-a-model-for-names", "problem.503-not-ready", names_need_a_model),
    wrong(
        "finds-nothing-in-html",
        "problem.404",
        on_answer(status(404), lambda a: saying(b"<h1>Not Found</h1>", a)),
    ),
    wrong("allows-without-saying-what", "problem.405", on_answer(status(405), without("Allow"))),
    wrong("takes-types-for-bad-requests", "problem.415", on_answer(status(415), refusing(400))),
    wrong("takes-length-for-a-bad-request", "problem.413", on_answer(status(413), refusing(400))),
    wrong("takes-bad-json-for-bad-values", "problem.400", on_answer(status(400), refusing(422))),
    wrong("takes-bad-values-for-bad-json", "problem.422", on_answer(status(422), refusing(400))),
    wrong(
        "does-not-say-when", "problem.503-not-ready", on_answer(status(503), without("Retry-After"))
    ),
    wrong(
        "tells-its-defects",
        "problem.500",
        on_answer(status(500), text(lambda c: c[:-1] + b',"cause":"planted"}')),
    ),
    wrong("logs-nothing", "problem.500-logged", SILENT),
    wrong_app("never-recovers", "problem.500-next-served", mutated_afresh(Brittle)),
    wrong(
        "lists-the-last-error-first",
        "errors.order",
        on_answer(status(422), errors(lambda e: e[::-1])),
    ),
    wrong("lists-10-errors", "errors.at-most-20", on_answer(status(422), errors(lambda e: e[:10]))),
    wrong(
        "words-errors-itself",
        "errors.sentences",
        on_answer(status(422), text(lambda c: c.replace(b"must be", b"should be"))),
    ),
    wrong(
        "adds-an-error-for-the-length",
        "errors.container",
        on_answer(
            status(422), errors(lambda e: [*e, *e][:20] if "must have" in e[0]["detail"] else e)
        ),
    ),
    wrong(
        "blames-the-first-number",
        "errors.range",
        on_answer(
            status(422), text(lambda c: c.replace(b"is out of the model's range", b"is too large"))
        ),
    ),
    wrong(
        "looks-at-types-first",
        "precedence.404-first",
        first(lambda e: e["REQUEST_METHOD"] == "POST" and not is_json(e), 415),
    ),
    wrong(
        "looks-at-types-before-methods",
        "precedence.405-before-content",
        first(lambda e: e["REQUEST_METHOD"] == "PUT" and not is_json(e), 415),
    ),
    wrong(
        "looks-at-length-before-types",
        "precedence.415-before-413",
        first(lambda e: has_content(e) and length_of(e) > LIMIT_BYTES, 413),
    ),
    wrong(
        "parses-whatever-it-is",
        "precedence.415-before-400",
        first(lambda e: has_content(e) and not is_json(e) and length_of(e) < 2, 400),
    ),
    wrong(
        "parses-while-it-reads",
        "precedence.413-before-400",
        parses_before(lambda content: content.startswith(b"{{"), 400),
    ),
    wrong("guesses-what-is-meant", "precedence.400-before-422", parses_before(is_cut_short, 422)),
    wrong("looks-at-the-model-first", "precedence.400-before-503", model_first),
    wrong(
        "looks-at-the-model-last",
        "precedence.503-before-422",
        on_answer(status(503), refusing(422)),
    ),
)
