"""Wrong in one place only: right at the path, and with the field, that one thinks of first."""

import gzip
from typing import Any

from contract_tests.backends.wsgi_call import Environ, WsgiApp
from contract_tests.contract.expected import LIMIT_BYTES
from contract_tests.http.messages import Answer
from shared.service import Service
from tests.contract_tests.wrong_backends.mutation import (
    Serve,
    create_right_app,
    giving,
    instead,
    is_operation,
    method_of,
    mutated_afresh,
    on_answer,
    on_request,
    path,
    path_of,
    refusal,
    refusing,
    right,
    saying,
    status,
    with_service,
)
from tests.contract_tests.wrong_backends.tiny_server import Head, Malformed, TinyServer
from tests.contract_tests.wrong_backends.wrong_backend import (
    wrong,
    wrong_app,
    wrong_served,
    wrong_server,
)
from tests.contract_tests.wrong_backends.wrong_counters import adjusting
from tests.contract_tests.wrong_backends.wrong_guards import Unguarded
from tests.contract_tests.wrong_backends.wrong_http import type_of
from tests.contract_tests.wrong_backends.wrong_problems import errors, first, length_of

DOCUMENT, DOCS = "/openapi.json", "/docs"
SLASHED = {"/api/health/", "/api/predict/", "/openapi.json/"}
# What a small answer is sent unpacked for.
_WORTH_PACKING_BYTES = 500


def is_encoded(environ: Environ) -> bool:
    """Whether its path is written with percent signs."""
    return "%" in environ["RAW_URI"].partition("?")[0]


def takes_rows(environ: Environ) -> bool:
    return method_of(environ) == "POST" and is_operation(environ, "predict")


def whole_rows(listed: list[Any]) -> list[Any]:
    """Counts errors after each row only; what is cut in a row of four numbers is listed too."""
    row, _, place = listed[-1]["pointer"].removeprefix("/instances/").partition("/")
    if len(listed) < 20 or place not in {"0", "1", "2"}:
        return listed
    return [*listed, listed[-1] | {"pointer": f"/instances/{row}/{int(place) + 1}"}]


def every_row(listed: list[Any]) -> list[Any]:
    """Counts wrong numbers only; a row more that is none is listed too."""
    if len(listed) < 20 or listed[-1]["detail"] not in {"must be an array", "must have 4 numbers"}:
        return listed
    return [*listed, listed[-1] | {"pointer": "/instances/20"}]


def with_key(environ: Environ) -> Environ:
    """The same request with the key of another field where it belongs."""
    return {**environ, "HTTP_AUTHORIZATION": f"Bearer {environ['HTTP_X_API_KEY']}"}


def guarding_paths_as_sent(service: Service) -> WsgiApp:
    """Looks for guarded paths in targets as they are written."""
    guarded, open_to_all = create_right_app(service), with_service(Unguarded)(service)
    return lambda environ, start_response: (
        open_to_all(environ, start_response)
        if is_encoded(environ)
        else guarded(environ, start_response)
    )


class Grudge:
    """Refuses for ever whom it has refused once."""

    def __init__(self) -> None:
        self._refused: dict[str, Answer] = {}

    def __call__(self, environ: Environ, serve: Serve) -> Answer:
        answer = serve(environ)
        client = environ.get("HTTP_AUTHORIZATION", "")
        if answer.status == 429:
            self._refused[client] = answer
        return self._refused.get(client, answer) if answer.status == 200 else answer


class WantsLengths(TinyServer):
    """Refuses a POST that does not say how long its content is, though there is none."""

    def understand(
        self, method: str, target: str, minor: str, fields: list[tuple[str, str]]
    ) -> Head:
        framing = {"content-length", "transfer-encoding"}
        if method == "POST" and not framing & {name.lower() for name, _ in fields}:
            raise Malformed
        return super().understand(method, target, minor, fields)


class SmallCodings(TinyServer):
    """Knows transfer codings in small letters only."""

    def understand(
        self, method: str, target: str, minor: str, fields: list[tuple[str, str]]
    ) -> Head:
        if any(n.lower() == "transfer-encoding" and v != v.lower() for n, v in fields):
            raise Malformed
        return super().understand(method, target, minor, fields)


def packed(answer: Answer) -> Answer:
    return giving("Content-Encoding", "gzip")(saying(gzip.compress(answer.content), answer))


ELSEWHERE_WRONG = (
    wrong(
        "takes-no-parameter-at-predict",
        "media.charset",
        on_request(
            lambda e: takes_rows(e) and ";" in type_of(e), instead(CONTENT_TYPE="text/plain")
        ),
    ),
    wrong(
        "takes-any-parameter-at-predict",
        "media.charset",
        on_request(
            lambda e: takes_rows(e) and type_of(e).startswith("application/json;"),
            instead(CONTENT_TYPE="application/json"),
        ),
    ),
    wrong(
        "refuses-identity-at-predict",
        "media.coding",
        on_answer(lambda e, _: takes_rows(e) and "HTTP_CONTENT_ENCODING" in e, refusing(415)),
    ),
    wrong(
        "takes-no-empty-parameter",
        "media.case",
        on_request(lambda e: type_of(e).endswith(";"), instead(CONTENT_TYPE="text/plain")),
    ),
    wrong(
        "takes-an-empty-coding",
        "media.coding",
        on_request(
            lambda e: e.get("HTTP_CONTENT_ENCODING") == "",
            instead(HTTP_CONTENT_ENCODING="identity"),
        ),
    ),
    wrong(
        "takes-less-at-predict",
        "limit.exact",
        first(lambda e: takes_rows(e) and length_of(e) == LIMIT_BYTES, 413),
    ),
    wrong(
        "ends-lists-with-a-row",
        "errors.at-most-20",
        on_answer(status(422), errors(whole_rows)),
    ),
    wrong("lists-every-row", "errors.at-most-20", on_answer(status(422), errors(every_row))),
    wrong(
        "has-a-page-of-its-page",
        "path.exact",
        on_request(lambda e: path_of(e) == "/docs/oauth2-redirect", instead(PATH_INFO=DOCS)),
    ),
    wrong(
        "strips-other-slashes",
        "path.no-trailing-slash",
        on_request(
            lambda e: path_of(e) in SLASHED, lambda e: {**e, "PATH_INFO": path_of(e).rstrip("/")}
        ),
    ),
    wrong(
        "lets-its-page-be-stored",
        "same.bytes",
        on_answer(path(DOCS), giving("Cache-Control", "max-age=3600")),
    ),
    wrong(
        "takes-keys-from-another-field",
        "guard.key",
        on_request(lambda e: "HTTP_X_API_KEY" in e, with_key),
    ),
    wrong_app("guards-paths-as-they-are-sent", "guard.key", guarding_paths_as_sent),
    wrong_app("bears-grudges", "guard.limit", mutated_afresh(Grudge)),
    wrong_app(
        "counts-paths-as-they-are-sent",
        "counter.counts-operations",
        adjusting(-1, lambda e, a: is_encoded(e) and a.status == 200),
    ),
    wrong_app(
        "forgets-its-defects",
        "counter.before-content",
        adjusting(-1, lambda _, a: a.status == 500),
    ),
    wrong(
        "answers-preflights",
        "http.options",
        on_answer(
            lambda e, a: a.status == 204 and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in e,
            lambda _: refusal(200),
        ),
    ),
    wrong_served(
        "packs-long-answers",
        "same.rfc",
        on_answer(
            lambda e, a: (
                "gzip" in e.get("HTTP_ACCEPT_ENCODING", "")
                and len(a.content) >= _WORTH_PACKING_BYTES
            ),
            packed,
        ),
    ),
    wrong_served(
        "gives-parts-of-the-document",
        "same.rfc",
        on_answer(
            lambda e, a: "HTTP_RANGE" in e and right(DOCUMENT, DOCS)(e, a),
            lambda a: saying(a.content[:2], refusing(206)(a)),
        ),
    ),
    wrong_served(
        "finds-nothing-for-browsers",
        "same.rfc",
        on_answer(
            lambda e, a: a.status == 404 and "text/html" in e.get("HTTP_ACCEPT", ""),
            lambda a: giving("Content-Type", "text/html")(saying(b"<h1>Not Found</h1>", a)),
        ),
    ),
    wrong_server("wants-every-length", "json-in.empty", WantsLengths),
    wrong_server("knows-small-codings", "http.chunked", SmallCodings),
)
