"""The answers that the contract fixes, byte for byte, written out here once more.

Only the one sentence of `detail` a code is taken from `shared`, whose choice it is.
"""

import orjson

from contract_tests.http.messages import Expected
from shared import contract, problems

READ_ALLOW = "GET, HEAD, OPTIONS"
WRITE_ALLOW = "OPTIONS, POST"
READ_PATHS = ("/api/count", "/api/health", "/openapi.json", "/docs")
WRITE_PATHS = ("/api/letter_count", "/api/predict")

# The phrases of RFC 9110 section 15, which older Pythons' `http.HTTPStatus` does not have yet.
_PROBLEMS = {
    "not_found": (404, "Not Found", problems.NotFound.detail),
    "method_not_allowed": (405, "Method Not Allowed", problems.MethodNotAllowed.detail),
    "unauthorized": (401, "Unauthorized", problems.Unauthorized.detail),
    "rate_limited": (429, "Too Many Requests", problems.RateLimited.detail),
    "unsupported_media_type": (
        415,
        "Unsupported Media Type",
        problems.UnsupportedMediaType.detail,
    ),
    "content_too_large": (413, "Content Too Large", problems.ContentTooLarge.detail),
    "malformed_json": (400, "Bad Request", problems.MalformedJson.detail),
    "invalid_content": (422, "Unprocessable Content", problems.InvalidContent.detail),
    "not_ready": (503, "Service Unavailable", problems.NotReady.detail),
    "overloaded": (503, "Service Unavailable", problems.Overloaded.detail),
    "internal_error": (500, "Internal Server Error", problems.InternalError.detail),
}


def ok(content: bytes, **more_fields: str) -> Expected:
    """200 with `content` as JSON."""
    return Expected(
        200,
        {
            "Content-Type": "application/json",
            "Content-Length": str(len(content)),
            **{name.replace("_", "-"): value for name, value in more_fields.items()},
        },
        content,
    )


def count_answer(number: int) -> Expected:
    """The answer of `count` to the request that was counted as `number`."""
    return ok(f'{{"count":{number}}}'.encode(), Cache_Control="no-store")


def letters(name: str) -> Expected:
    """The answer of `letter_count` to `name`."""
    return ok(b'{"name":%b,"letter_count":%d}' % (orjson.dumps(name), len(name)))


def problem(
    code: str,
    *errors: tuple[str, str],
    allow: str | None = None,
    retry_after: str | None = None,
    challenge: str | None = None,
) -> Expected:
    """The problem with this code; `errors` are (pointer, detail), for `invalid_content`."""
    status, title, detail = _PROBLEMS[code]
    listed = b",".join(
        b'{"pointer":%b,"detail":"%b"}' % (orjson.dumps(pointer), sentence.encode())
        for pointer, sentence in errors
    )
    content = b'{"type":"about:blank","title":"%b","status":%d,"code":"%b","detail":"%b"%b}' % (
        title.encode(),
        status,
        code.encode(),
        detail.encode(),
        b',"errors":[' + listed + b"]" if code == "invalid_content" else b"",
    )
    optional = {"Allow": allow, "Retry-After": retry_after, "WWW-Authenticate": challenge}
    return Expected(
        status,
        {
            "Content-Type": "application/problem+json",
            "Content-Length": str(len(content)),
            "Cache-Control": "no-store",
            **{name: value for name, value in optional.items() if value is not None},
        },
        content,
    )


def invalid(*errors: tuple[str, str]) -> Expected:
    """422 with these (pointer, detail)."""
    return problem("invalid_content", *errors)


NOT_FOUND = problem("not_found")
UNAUTHORIZED = problem("unauthorized", challenge="Bearer")
UNSUPPORTED = problem("unsupported_media_type")
TOO_LARGE = problem("content_too_large")
MALFORMED = problem("malformed_json")
NOT_READY = problem("not_ready", retry_after="1")
OVERLOADED = problem("overloaded", retry_after="1")
INTERNAL = problem("internal_error")
NO_READ_METHOD = problem("method_not_allowed", allow=READ_ALLOW)
NO_WRITE_METHOD = problem("method_not_allowed", allow=WRITE_ALLOW)
WRITE_OPTIONS = Expected(204, {"Allow": WRITE_ALLOW})
HEALTHY = ok(b'{"status":"ok"}')
LIMIT_BYTES = contract.DEFAULT_CONTENT_LIMIT_BYTES
