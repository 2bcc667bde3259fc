"""Wrong applications: the right one, with its requests or answers changed."""

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import orjson

from contract_tests.backends.wsgi_call import Environ, WsgiApp, call_environ
from contract_tests.http.messages import Answer
from implementations import catalogue
from shared.service import Service

Serve = Callable[[Environ], Answer]
Mutation = Callable[[Environ, Serve], Answer]
"""Answers a request with the help of the right application."""
CreateApp = Callable[[Service], WsgiApp]

JSON_FIELDS = (("Content-Type", "application/json"),)


def create_right_app(service: Service) -> WsgiApp:
    """The floor of WSGI, which is right."""
    floor = next(entry for entry in catalogue.entries() if entry.name == "wsgi")
    app: WsgiApp = floor.create_app(service)
    return app


def mutated(mutation: Mutation) -> CreateApp:
    """The right application with `mutation` around it."""

    def create_app(service: Service) -> WsgiApp:
        right = create_right_app(service)
        return _as_app(lambda environ: mutation(environ, lambda asked: call_environ(right, asked)))

    return create_app


def mutated_afresh(make: Callable[[], Mutation]) -> CreateApp:
    """The same with a mutation that remembers: each application has one of its own."""

    def create_app(service: Service) -> WsgiApp:
        return mutated(make())(service)

    return create_app


def with_service(change: Callable[[Service], Any]) -> CreateApp:
    """The right application around a changed service."""
    return lambda service: create_right_app(change(service))


@dataclass
class Changed:
    """A service that passes on what a subclass does not change."""

    service: Service

    def __getattr__(self, name: str) -> Any:
        return getattr(self.service, name)


def _as_app(serve: Serve) -> WsgiApp:
    def app(environ: Environ, start_response: Any) -> Iterable[bytes]:
        answer = serve(environ)
        start_response(f"{answer.status} Status", list(answer.fields))
        return [answer.content]

    return app


# Requests: what is asked, and asking something else instead.


def path_of(environ: Environ) -> str:
    """The path, decoded."""
    path: str = environ["PATH_INFO"]
    return path


def method_of(environ: Environ) -> str:
    """The method."""
    method: str = environ["REQUEST_METHOD"]
    return method


def is_operation(environ: Environ, *names: str) -> bool:
    """Whether the path is that of one of these operations."""
    return environ["PATH_INFO"] in {f"/api/{name}" for name in names}


def has_content(environ: Environ) -> bool:
    """Whether it is a request for an operation that takes content."""
    return environ["REQUEST_METHOD"] == "POST" and is_operation(environ, "letter_count", "predict")


def instead(**changes: str) -> Callable[[Environ], Environ]:
    """The same request with these keys of its environment."""
    return lambda environ: {**environ, **changes}


def read(environ: Environ) -> tuple[bytes, Environ]:
    """The whole content, and the request with that content still to be read."""
    length = environ.get("CONTENT_LENGTH")
    stream = environ["wsgi.input"]
    content: bytes = stream.read(int(length)) if length else _rest(environ, stream)
    return content, carrying(environ, content)


def carrying(environ: Environ, content: bytes) -> Environ:
    """The same request with other content, its length declared."""
    other = {key: value for key, value in environ.items() if key != "HTTP_TRANSFER_ENCODING"}
    return {**other, "wsgi.input": io.BytesIO(content), "CONTENT_LENGTH": str(len(content))}


def _rest(environ: Environ, stream: Any) -> bytes:
    content: bytes = stream.read() if environ.get("wsgi.input_terminated") else b""
    return content


def on_content(change: Callable[[bytes], bytes]) -> Mutation:
    """Content is changed before the right application reads it."""

    def mutation(environ: Environ, serve: Serve) -> Answer:
        if not has_content(environ):
            return serve(environ)
        content, asked = read(environ)
        changed = change(content)
        return serve(asked if changed == content else carrying(environ, changed))

    return mutation


def on_request(when: Callable[[Environ], bool], change: Callable[[Environ], Environ]) -> Mutation:
    """Requests of one kind are taken for others."""
    return lambda environ, serve: serve(change(environ) if when(environ) else environ)


# Answers: giving something else instead.


def on_answer(
    when: Callable[[Environ, Answer], bool], change: Callable[[Answer], Answer]
) -> Mutation:
    """Answers of one kind are changed."""

    def mutation(environ: Environ, serve: Serve) -> Answer:
        answer = serve(environ)
        return change(answer) if when(environ, answer) else answer

    return mutation


def status(*codes: int) -> Callable[[Environ, Answer], bool]:
    """Answers with one of these statuses."""
    return lambda _, answer: answer.status in codes


def path(*paths: str) -> Callable[[Environ, Answer], bool]:
    """Answers to requests for one of these paths."""
    return lambda environ, _: environ["PATH_INFO"] in paths


def right(*paths: str) -> Callable[[Environ, Answer], bool]:
    """Answers of 200 with content to requests for one of these paths."""
    return lambda environ, answer: (
        environ["PATH_INFO"] in paths and answer.status == 200 and bool(answer.content)
    )


def saying(content: bytes, answer: Answer) -> Answer:
    """The same answer with other content."""
    fields = tuple(f for f in answer.fields if f[0] != "Content-Length")
    return replace(answer, fields=(*fields, ("Content-Length", str(len(content)))), content=content)


def text(change: Callable[[bytes], bytes]) -> Callable[[Answer], Answer]:
    """Changes the content's bytes."""
    return lambda answer: saying(change(answer.content), answer)


def value(change: Callable[[Any], Any]) -> Callable[[Answer], Answer]:
    """Changes the content's JSON value."""
    return lambda answer: saying(orjson.dumps(change(answer.json())), answer)


def without(name: str) -> Callable[[Answer], Answer]:
    """Leaves a header field out."""
    return lambda answer: replace(
        answer, fields=tuple(field for field in answer.fields if field[0] != name)
    )


def giving(name: str, other: str) -> Callable[[Answer], Answer]:
    """Gives a header field another value."""
    return lambda answer: replace(
        answer, fields=(*(f for f in answer.fields if f[0] != name), (name, other))
    )


def refusal(code: int) -> Answer:
    """A refusal that is not worded as a problem."""
    return saying(b"{}", Answer(code, JSON_FIELDS, b""))


def refusing(code: int) -> Callable[[Answer], Answer]:
    """Gives another status."""
    return lambda answer: replace(answer, status=code)
