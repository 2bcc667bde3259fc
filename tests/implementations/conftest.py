"""Every implementation, asked in process over the interface that its server would use."""

import asyncio
import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest

from implementations.catalogue import Entry, entries
from shared.content import dumps
from shared.contract import JSON_TYPE
from shared.counter import MemoryCounter
from shared.model.files import ensure_model
from shared.problems import Problem
from shared.service import Service
from shared.settings import Settings

READY_TIMEOUT_S = 60


@dataclass(frozen=True)
class Answer:
    """What went out; `headers` by their names in small letters."""

    status: int
    headers: dict[str, str]
    content: bytes

    def check(self, expected: Problem | dict[str, object], *, head: bool = False) -> None:
        """Fails unless this is the problem, or 200 with the JSON of the value, to the byte."""
        if isinstance(expected, Problem):
            status, fields, value = expected.status, expected.header_fields(), expected.document()
        else:
            status, fields, value = 200, {"Content-Type": JSON_TYPE}, expected
        content = dumps(value)
        headers = {name.lower(): text for name, text in fields.items()}
        assert self.status == status
        assert self.headers == {**headers, "content-length": str(len(content))}
        assert self.content == (b"" if head else content)


@dataclass(frozen=True)
class Question:
    """A request as a server would hand it on; `content` is None while it has not arrived."""

    method: str
    path: bytes
    query: str
    headers: tuple[tuple[str, str], ...]
    content: bytes | None


@dataclass(frozen=True)
class Backend:
    """An implementation's application over a service of its own."""

    entry: Entry
    service: Service
    app: Any

    def ask(
        self,
        method: str,
        target: str,
        content: bytes = b"",
        headers: tuple[tuple[str, str], ...] = (),
        *,
        chunked: bool = False,
        content_follows: bool = True,
    ) -> Answer:
        """The answer to one request.

        `chunked` : the content has no declared length.
        `content_follows` : if not, reading any of the content fails the test.
        """
        names = {name.lower() for name, _ in headers}
        if content and not chunked and "content-length" not in names:
            headers = (*headers, ("Content-Length", str(len(content))))
        raw_path, _, query = target.partition("?")
        arrived = content if content_follows else None
        question = Question(method, unquote_to_bytes(raw_path), query, headers, arrived)
        ask = ask_wsgi if self.entry.interface == "wsgi" else ask_asgi
        return ask(self.app, question)


class Unread(io.RawIOBase):
    """Content that has not arrived, and for which nobody may wait."""

    def read(self, size: int = -1) -> bytes:
        raise AssertionError("The answer waits for the content.")


def ask_wsgi(app: Any, question: Question) -> Answer:
    environ = {
        "REQUEST_METHOD": question.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": question.path.decode("latin-1"),
        "QUERY_STRING": question.query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": Unread() if question.content is None else io.BytesIO(question.content),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in question.headers:
        key = name.upper().replace("-", "_")
        key = key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"
        environ[key] = f"{environ[key]},{value}" if key in environ else value
    started: list[tuple[str, list[tuple[str, str]]]] = []
    chunks = app(environ, lambda status, fields, exc_info=None: started.append((status, fields)))
    body = b"".join(chunks)
    if hasattr(chunks, "close"):
        chunks.close()
    [(status, fields)] = started
    return answer(int(status.split()[0]), fields, body)


def ask_asgi(app: Any, question: Question) -> Answer:
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": question.method,
        "scheme": "http",
        "path": question.path.decode("utf-8", "replace"),
        "raw_path": question.path,
        "query_string": question.query.encode("latin-1"),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in question.headers],
        "client": ("127.0.0.1", 40000),
        "server": ("127.0.0.1", 80),
    }
    # Two pieces, so that nobody takes the first one for all of it.
    half = len(question.content or b"") // 2
    pieces = [] if question.content is None else [question.content[:half], question.content[half:]]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        assert question.content is not None, "The answer waits for the content."
        if not pieces:
            return {"type": "http.disconnect"}
        body = pieces.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(pieces)}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    start, *bodies = sent
    fields = [(name.decode(), value.decode("latin-1")) for name, value in start["headers"]]
    return answer(start["status"], fields, b"".join(body.get("body", b"") for body in bodies))


def answer(status: int, fields: list[tuple[str, str]], content: bytes) -> Answer:
    headers = {name.lower(): value for name, value in fields}
    assert len(headers) == len(fields), f"A header field twice: {fields}"
    return Answer(status, headers, content)


@pytest.fixture(scope="session")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The trained model, in a file of this test run."""
    path = tmp_path_factory.mktemp("model") / "model.skops"
    ensure_model(path)
    return path


@pytest.fixture(scope="session", params=entries(), ids=lambda entry: entry.name)
def entry(request: pytest.FixtureRequest) -> Entry:
    """Each implementation in turn."""
    return request.param


@pytest.fixture(scope="session")
def serve(entry: Entry) -> Callable[[Service], Backend]:
    """The implementation over any service."""
    return lambda service: Backend(entry, service, entry.create_app(service))


@pytest.fixture(scope="session")
def backend(serve: Callable[[Service], Backend], model_file: Path) -> Backend:
    """The implementation over a service of its own with the real model; its tests share it."""
    service = Service(Settings(model_file=model_file), MemoryCounter())
    service.start_loading()
    assert service.wait_ready(READY_TIMEOUT_S)
    return serve(service)
