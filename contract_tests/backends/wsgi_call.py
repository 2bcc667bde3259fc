"""Calls of a WSGI application as PEP 3333 asks of a server; answers are read strictly."""

import io
import sys
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import unquote_to_bytes

from contract_tests.http.errors import BrokenAnswer
from contract_tests.http.messages import Answer, Fields, Request

Environ = dict[str, Any]
WsgiApp = Callable[[Environ, Any], Iterable[bytes]]


class Input(Protocol):
    """The stream from which a WSGI application reads content."""

    def read(self, size: int = -1, /) -> bytes: ...


def call(app: WsgiApp, request: Request, content: Input | None = None) -> Answer:
    """The answer of `app` to `request`; `content` stands in for the request's own."""
    stream = content if content is not None else io.BytesIO(request.whole_content)
    return call_environ(app, environ_of(request, stream))


def environ_of(request: Request, stream: Input) -> Environ:
    """The environment for `request`, whose content is read from `stream`."""
    path, _, query = request.target.partition("?")
    environ: Environ = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "RAW_URI": request.target,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": stream,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    if request.chunks is not None:
        # Servers that decode chunked content say so by this key; the stream then ends by itself.
        environ["wsgi.input_terminated"] = True
    for name, value in request.fields_with_host("127.0.0.1"):
        key = name.upper().replace("-", "_")
        key = key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"
        environ[key] = f"{environ[key]},{value}" if key in environ else value
    return environ


def call_environ(app: WsgiApp, environ: Environ) -> Answer:
    """The answer of `app`; raises `BrokenAnswer` where it breaks PEP 3333 or HTTP."""
    started: list[tuple[str, list[tuple[str, str]]]] = []
    written: list[bytes] = []

    def start_response(
        status: str, headers: list[tuple[str, str]], exc_info: object = None
    ) -> Callable[[bytes], None]:
        if started and exc_info is None:
            raise BrokenAnswer("start_response was called twice")
        started[:] = [(status, headers)]
        return written.append

    result = app(environ, start_response)
    try:
        written.extend(result)
    finally:
        if callable(close := getattr(result, "close", None)):
            close()
    if not started:
        raise BrokenAnswer("start_response was not called")
    status, headers = started[0]
    return checked(environ["REQUEST_METHOD"], _status(status), tuple(headers), b"".join(written))


def checked(method: str, status: int, fields: Fields, content: bytes) -> Answer:
    """The answer, if its content is as long as its header fields and the method say."""
    answer = Answer(status, fields, content)
    lengths = answer.values("Content-Length")
    if method == "HEAD" or status in {204, 304}:
        if content:
            raise BrokenAnswer("content where there can be none", content)
    elif lengths and lengths != [str(len(content))]:
        raise BrokenAnswer(f"Content-Length {lengths} with {len(content)} bytes", content)
    if status == 204 and lengths:
        raise BrokenAnswer("a 204 answer with a framing field")
    return answer


def _status(line: str) -> int:
    code, _, phrase = line.partition(" ")
    if len(code) != 3 or not code.isdecimal() or not phrase:
        raise BrokenAnswer(f"{line!r} is no status such as {HTTPStatus.OK.value} OK")
    return int(code)
