"""Wrong in what the operations, the document and its page answer."""

import unicodedata
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from contract_tests.backends.wsgi_call import Environ
from contract_tests.http.messages import Answer
from shared.service import Service
from tests.contract_tests.wrong_backends.mutation import (
    JSON_FIELDS,
    Changed,
    Mutation,
    Serve,
    giving,
    instead,
    is_operation,
    on_answer,
    on_content,
    on_request,
    path,
    read,
    refusal,
    right,
    saying,
    status,
    text,
    value,
    with_service,
)
from tests.contract_tests.wrong_backends.wrong_backend import wrong, wrong_app

COUNT, NAME, PREDICT = "/api/count", "/api/letter_count", "/api/predict"
DOCUMENT, DOCS, HEALTH = "/openapi.json", "/docs", "/api/health"


def units(answer: Answer) -> Answer:
    """Counts what UTF-16 counts."""
    return value(lambda v: v | {"letter_count": len(v["name"].encode("utf-16-le")) // 2})(answer)


def many_rows(environ: Environ, serve: Serve) -> Answer:
    if not is_operation(environ, "predict"):
        return serve(environ)
    content, asked = read(environ)
    return refusal(422) if content.count(b"[") > 1000 else serve(asked)


def ask_for_key(environ: Environ, serve: Serve) -> Answer:
    return refusal(401) if "HTTP_AUTHORIZATION" in environ else serve(environ)


class AlwaysHealthy(Changed):
    """Says that it can answer when it cannot."""

    def health(self) -> dict[str, object]:
        return {"status": "ok"}


class HealthyToTheEnd(Changed):
    """Never notices that it drains."""

    def drain(self) -> None:
        """Does nothing."""


class ReadyAtOnce(Changed):
    """Takes the drain for the end."""

    def prediction_slot(self) -> object:
        self.health()
        return self.service.prediction_slot()


def deaf_to_drains(service: Service) -> HealthyToTheEnd:
    service._draining = False
    return HealthyToTheEnd(service)


def first_row(answer: dict[str, Any]) -> dict[str, Any]:
    """As where a model is asked about one row only."""
    return answer | {
        "predictions": answer["predictions"][:1],
        "probabilities": answer["probabilities"][:1],
    }


def unwrapped(answer: dict[str, Any]) -> dict[str, Any]:
    """As where an array of one is taken for its element."""
    predictions = answer["predictions"]
    return answer | {"predictions": predictions[0] if len(predictions) == 1 else predictions}


def names(change: Callable[[str], str]) -> Mutation:
    """Names are changed before they are counted."""
    return on_answer(
        right(NAME),
        value(lambda v: {"name": change(v["name"]), "letter_count": len(change(v["name"]))}),
    )


OPERATIONS_WRONG = (
    wrong(
        "counts-bytes",
        "letter-count.code-points",
        on_answer(right(NAME), value(lambda v: v | {"letter_count": len(v["name"].encode())})),
    ),
    wrong("ends-names-at-nul", "letter-count.code-points", names(lambda n: n.partition("\0")[0])),
    wrong("strips-names", "letter-count.code-points", names(str.strip)),
    wrong(
        "composes-names",
        "letter-count.code-points",
        names(lambda n: unicodedata.normalize("NFC", n)),
    ),
    wrong(
        "takes-no-empty-name",
        "letter-count.code-points",
        on_content(lambda c: c.replace(b'"name":""', b'"name":null')),
    ),
    wrong(
        "leaves-escapes",
        "letter-count.code-points",
        on_content(lambda c: c.replace(b"\\", b"\\\\")),
    ),
    wrong("predicts-the-first-row", "predict.rows", on_answer(right(PREDICT), value(first_row))),
    wrong("unwraps-one-row", "predict.rows", on_answer(right(PREDICT), value(unwrapped))),
    wrong(
        "finds-every-tag",
        "openapi.not-modified",
        on_request(lambda e: "HTTP_IF_NONE_MATCH" in e, instead(HTTP_IF_NONE_MATCH="*")),
    ),
    wrong(
        "counts-in-words",
        "count.answer",
        on_answer(right(COUNT), text(lambda c: c.replace(b"count", b"counts"))),
    ),
    wrong("counts-utf-16", "letter-count.code-points", on_answer(right(NAME), units)),
    wrong(
        "asks-for-a-name",
        "letter-count.absent-name",
        on_content(lambda c: b"[]" if b'"name"' not in c else c),
    ),
    wrong(
        "gives-no-probabilities",
        "predict.answer",
        on_answer(
            right(PREDICT), value(lambda v: {"model": v["model"], "predictions": v["predictions"]})
        ),
    ),
    wrong("takes-1000-rows", "predict.rows", many_rows),
    wrong(
        "says-it-is-up", "health.ok", on_answer(right(HEALTH), value(lambda _: {"status": "up"}))
    ),
    wrong_app("is-healthy-at-once", "health.loading", with_service(AlwaysHealthy)),
    wrong_app("is-healthy-to-the-end", "health.draining", with_service(deaf_to_drains)),
    wrong_app("answers-nothing-while-draining", "drain.answers", with_service(ReadyAtOnce)),
    wrong(
        "serves-openapi-3.0",
        "openapi.document",
        on_answer(right(DOCUMENT), value(lambda v: v | {"openapi": "3.0.3"})),
    ),
    wrong(
        "documents-less",
        "same.openapi",
        on_answer(
            right(DOCUMENT),
            value(lambda v: v | {"paths": {p: v["paths"][p] for p in v["paths"] if p != DOCS}}),
        ),
    ),
    wrong("has-a-weak-etag", "openapi.etag", on_answer(path(DOCUMENT), giving("ETag", 'W/"1"'))),
    wrong(
        "sends-always",
        "openapi.not-modified",
        on_request(
            lambda e: "HTTP_IF_NONE_MATCH" in e,
            lambda e: {key: e[key] for key in e if key != "HTTP_IF_NONE_MATCH"},
        ),
    ),
    wrong(
        "types-what-is-not-there",
        "openapi.not-modified",
        on_answer(status(304), lambda a: replace(a, fields=(*a.fields, *JSON_FIELDS))),
    ),
    wrong(
        "shows-plain-text",
        "docs.page",
        on_answer(right(DOCS), giving("Content-Type", "text/plain")),
    ),
    wrong("shows-an-empty-page", "docs.page", on_answer(right(DOCS), lambda a: saying(b"<p>", a))),
    wrong(
        "loads-a-script",
        "docs.offline",
        on_answer(
            right(DOCS), text(lambda c: c + b'<script src="https://cdn.example/ui.js"></script>')
        ),
    ),
    wrong("asks-for-a-key", "guard.off", ask_for_key),
)
