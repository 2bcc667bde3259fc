"""Wrong in how JSON is written, and in the header fields that go with it."""

import json
import re
from typing import Any

import orjson

from contract_tests.backends.wsgi_call import Environ
from contract_tests.http.messages import Answer
from tests.contract_tests.wrong_backends.mutation import (
    Serve,
    giving,
    is_operation,
    on_answer,
    path,
    right,
    status,
    text,
    value,
    without,
)
from tests.contract_tests.wrong_backends.wrong_backend import wrong

COUNT, NAME, PREDICT, HEALTH = "/api/count", "/api/letter_count", "/api/predict", "/api/health"


def padded_floats(answer: Answer) -> Answer:
    """17 digits each, as `%.17g` gives them."""
    return text(
        lambda content: re.sub(
            rb"[0-9]+\.[0-9]+(e-[0-9]+)?", lambda found: b"%.17e" % float(found[0]), content
        )
    )(answer)


def spaced(content: bytes) -> bytes:
    return json.dumps(orjson.loads(content), ensure_ascii=False).encode()


def turned(members: dict[str, Any]) -> dict[str, Any]:
    return dict(reversed(members.items()))


def sorted_members(content: bytes) -> bytes:
    return orjson.dumps(orjson.loads(content), option=orjson.OPT_SORT_KEYS)


class Wavering:
    """Every other prediction is made with fewer digits, as by a worker of another kind."""

    def __init__(self) -> None:
        self._odd = False

    def __call__(self, environ: Environ, serve: Serve) -> Answer:
        answer = serve(environ)
        if answer.status != 200 or not is_operation(environ, "predict"):
            return answer
        self._odd = not self._odd
        return rounded(12)(answer) if self._odd else answer


def rounded(digits: int) -> Any:
    """Probabilities with so many digits."""
    return value(
        lambda v: v | {"probabilities": [[round(p, digits) for p in r] for r in v["probabilities"]]}
    )


JSON_OUT_WRONG = (
    wrong(
        "escapes-all",
        "json-out.unescaped",
        on_answer(
            right(NAME), text(lambda c: json.dumps(orjson.loads(c), separators=(",", ":")).encode())
        ),
    ),
    wrong(
        "spaces-tokens",
        "json-out.compact same.bytes",
        on_answer(
            right(NAME), text(lambda c: json.dumps(orjson.loads(c), ensure_ascii=False).encode())
        ),
    ),
    wrong(
        "sorts-members",
        "json-out.member-order",
        on_answer(
            right(NAME), text(lambda c: orjson.dumps(orjson.loads(c), option=orjson.OPT_SORT_KEYS))
        ),
    ),
    wrong("pads-floats", "json-out.floats", on_answer(right(PREDICT), padded_floats)),
    wrong(
        "names-the-charset",
        "json-out.content-type",
        on_answer(right(NAME), giving("Content-Type", "application/json; charset=utf-8")),
    ),
    wrong(
        "declares-no-length",
        "json-out.content-length",
        on_answer(path(NAME), without("Content-Length")),
    ),
    wrong(
        "lets-problems-be-stored",
        "json-out.no-store",
        on_answer(status(404), without("Cache-Control")),
    ),
    wrong(
        "rounds-floats",
        "same.floats",
        on_answer(
            right(PREDICT),
            value(
                lambda v: (
                    v | {"probabilities": [[round(p, 4) for p in r] for r in v["probabilities"]]}
                )
            ),
        ),
    ),
    wrong(
        "ends-with-a-line-end",
        "json-out.compact",
        on_answer(right(COUNT, PREDICT, HEALTH), text(lambda c: c + b"\n")),
    ),
    wrong("spaces-problems", "json-out.compact", on_answer(status(404, 415, 422), text(spaced))),
    wrong("spaces-other-problems", "json-out.compact", on_answer(status(400, 405), text(spaced))),
    wrong(
        "tells-the-model-last", "json-out.member-order", on_answer(right(PREDICT), value(turned))
    ),
    wrong(
        "tells-the-version-first",
        "json-out.member-order",
        on_answer(right(PREDICT), value(lambda v: v | {"model": turned(v["model"])})),
    ),
    wrong(
        "sorts-members-of-problems",
        "json-out.member-order",
        on_answer(status(404, 422), text(sorted_members)),
    ),
    wrong(
        "names-the-charset-elsewhere",
        "json-out.content-type",
        on_answer(
            right(COUNT, PREDICT, HEALTH),
            giving("Content-Type", "application/json; charset=utf-8"),
        ),
    ),
    wrong(
        "declares-no-length-elsewhere",
        "json-out.content-length",
        on_answer(path(COUNT, PREDICT, HEALTH, "/docs"), without("Content-Length")),
    ),
    wrong(
        "declares-no-length-of-404",
        "json-out.content-length",
        on_answer(status(404), without("Content-Length")),
    ),
    wrong(
        "lets-counts-be-stored",
        "json-out.no-store",
        on_answer(right(COUNT), without("Cache-Control")),
    ),
    wrong(
        "lets-refusals-be-stored",
        "json-out.no-store",
        on_answer(status(405, 415, 422), without("Cache-Control")),
    ),
    wrong(
        "lets-bad-requests-be-stored",
        "json-out.no-store",
        on_answer(status(400), giving("Cache-Control", "no-cache")),
    ),
    wrong(
        "lets-health-be-stored",
        "same.bytes",
        on_answer(right(HEALTH), giving("Cache-Control", "max-age=1")),
    ),
    wrong(
        "names-an-identity",
        "same.bytes",
        on_answer(status(404), giving("Content-Encoding", "identity")),
    ),
    wrong(
        "asks-for-another-try",
        "same.bytes",
        on_answer(status(400), giving("Retry-After", "1")),
    ),
    wrong("wavers", "same.bytes", Wavering()),
)
