"""gunicorn's server hooks, as its `--config` takes them: what its own parser leaves open."""

from typing import Any

HTTP_1_1 = (1, 1)


def pre_request(_: Any, request: Any) -> None:
    """gunicorn answers in the version that it was asked in, up to HTTP/1.9, and knows `close` only
    where no other connection option stands beside it (RFC 9110 section 2.5, RFC 9112 section 9.6).
    """
    request.version = min(request.version, HTTP_1_1)
    for name, value in request.headers:
        if name == "CONNECTION" and "close" in value.lower().replace(" ", "").split(","):
            request.force_close()
