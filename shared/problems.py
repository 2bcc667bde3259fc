"""The problem vocabulary: every refusal the contract knows, as one small exception class each.

An implementation raises these (or maps its framework's own errors to them) and renders
`problem.document()` with `problem.status` and `problem.header_fields()`; so the wording of an
error is written down here and nowhere else (RFC 9457).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from shared.contract import MAX_ERRORS, NO_STORE, PROBLEM_TYPE, ROUTE_BY_PATH


class Problem(Exception):
    """A refusal: `status`, a machine-readable `code` and one fixed sentence of `detail`.

    `title` is the status's phrase in RFC 9110; `http.HTTPStatus` words it by Python's version.
    """

    status: ClassVar[int]
    title: ClassVar[str]
    code: ClassVar[str]
    detail: ClassVar[str]

    def document(self) -> dict[str, object]:
        """Return the members of the problem document, in the contract's order."""
        return {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
        }

    def header_fields(self) -> dict[str, str]:
        """Return the answer's header fields, `Content-Type` included."""
        return {"Content-Type": PROBLEM_TYPE, "Cache-Control": NO_STORE}


class NotFound(Problem):
    """No such path."""

    status = 404
    title = "Not Found"
    code = "not_found"
    detail = "There is nothing at this path."


class MethodNotAllowed(Problem):
    """The path is known, the method is not; `allow` is the value of the `Allow` field."""

    status = 405
    title = "Method Not Allowed"
    code = "method_not_allowed"
    detail = "This path does not have this method; Allow lists those it has."

    def __init__(self, allow: str) -> None:
        super().__init__(allow)
        self.allow = allow

    def header_fields(self) -> dict[str, str]:
        return {**super().header_fields(), "Allow": self.allow}


def unrouted(path: str) -> NotFound | MethodNotAllowed:
    """Return the problem of a request that no route takes: 404, or 405 if its path is known.

    path : percent-decoded.
    """
    route = ROUTE_BY_PATH.get(path)
    return NotFound() if route is None else MethodNotAllowed(route.allow)


class Unauthorized(Problem):
    """The guard asks for a key, and it is missing or wrong."""

    status = 401
    title = "Unauthorized"
    code = "unauthorized"
    detail = "Send a key that this service knows, as Authorization: Bearer KEY."

    def header_fields(self) -> dict[str, str]:
        return {**super().header_fields(), "WWW-Authenticate": "Bearer"}


class RateLimited(Problem):
    """Over the guard's limit; after `retry_after_s` whole seconds there is room again."""

    status = 429
    title = "Too Many Requests"
    code = "rate_limited"
    detail = "These are more requests than this service takes; Retry-After says when to go on."

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(retry_after_s)
        self.retry_after_s = retry_after_s

    def header_fields(self) -> dict[str, str]:
        return {**super().header_fields(), "Retry-After": str(self.retry_after_s)}


class UnsupportedMediaType(Problem):
    """The content is not plain `application/json`."""

    status = 415
    title = "Unsupported Media Type"
    code = "unsupported_media_type"
    detail = "Send application/json, in UTF-8 and without content coding."


class ContentTooLarge(Problem):
    """The content is longer than the service's limit."""

    status = 413
    title = "Content Too Large"
    code = "content_too_large"
    detail = "The content is longer than this service takes."


class MalformedJson(Problem):
    """The content is not one JSON text (RFC 8259)."""

    status = 400
    title = "Bad Request"
    code = "malformed_json"
    detail = "The content is not valid JSON (RFC 8259, in UTF-8)."


class IncompleteContent(MalformedJson):
    """The content is not as long as its framing declared, so it is no whole JSON text.

    That is malformed HTTP (RFC 9112 section 8): it is never acted on, the connection may be
    closed instead, and an answer is the one for a JSON text that breaks off.
    """

    def __init__(self, declared: int | str | None, received_bytes: int) -> None:
        super().__init__(declared, received_bytes)
        self.declared = declared
        self.received_bytes = received_bytes


@dataclass(frozen=True)
class ContentError:
    """An error at one place of the content; `pointer` is a JSON Pointer (RFC 6901)."""

    pointer: str
    detail: str


class InvalidContent(Problem):
    """JSON, but not what the operation takes; holds the first `MAX_ERRORS` errors."""

    status = 422
    title = "Unprocessable Content"
    code = "invalid_content"
    detail = "The content is JSON, but not what this operation takes; errors says where."

    def __init__(self, errors: Sequence[ContentError]) -> None:
        super().__init__(errors)
        self.errors = tuple(errors[:MAX_ERRORS])

    def document(self) -> dict[str, object]:
        errors = [{"pointer": error.pointer, "detail": error.detail} for error in self.errors]
        return {**super().document(), "errors": errors}


class NotReady(Problem):
    """The model is not loaded yet, or the service is draining."""

    status = 503
    title = "Service Unavailable"
    code = "not_ready"
    detail = "The service is not ready; try again soon."

    def header_fields(self) -> dict[str, str]:
        return {**super().header_fields(), "Retry-After": "1"}


class Overloaded(Problem):
    """A bounded queue is full."""

    status = 503
    title = "Service Unavailable"
    code = "overloaded"
    detail = "The service has as much to do as it can queue; try again soon."

    def header_fields(self) -> dict[str, str]:
        return {**super().header_fields(), "Retry-After": "1"}


class InternalError(Problem):
    """A defect of ours, of which the client is told nothing (RFC 9110 section 15.6.1)."""

    status = 500
    title = "Internal Server Error"
    code = "internal_error"
    detail = "The service failed; the failure is in its log."
