"""Backends whose answers are odd: JSON of other types, no JSON, no HTTP.

`python -m tests.contract_tests.run.odd_backends SECTION…` runs these sections on all of them, and
prints the results.
"""

import contextlib
import dataclasses
import functools
import json
import socket
import sys
import threading

import orjson

from contract_tests.backends.in_process import WsgiBackend
from contract_tests.backends.opening import Source
from contract_tests.backends.served import ServedBackend
from contract_tests.backends.services import ready_service
from contract_tests.catalogue.choice import Choice
from contract_tests.run.suite_run import run_suite
from tests.contract_tests.wrong_backends.mutation import mutated, saying

right_service = functools.cache(ready_service)


def odd_app(name, mutation):
    """An application in process; all have one service, as it is not what is odd."""
    make_app = mutated(mutation)
    return Source(name, WsgiBackend.offers, lambda: WsgiBackend(name, make_app, right_service()))


def every_scalar(change):
    """JSON with each of its scalars changed."""

    def changed(value):
        if isinstance(value, dict):
            return {name: changed(inner) for name, inner in value.items()}
        return [changed(inner) for inner in value] if isinstance(value, list) else change(value)

    return lambda content: orjson.dumps(changed(orjson.loads(content)))


def every_member(change):
    """A JSON object with each of its members changed."""
    return lambda content: orjson.dumps(
        {name: change(value) for name, value in orjson.loads(content).items()}
    )


def every_number(text):
    """JSON with this text for each number."""
    marked = every_scalar(lambda value: value if isinstance(value, str) else "\0")
    return lambda content: marked(content).replace(b'"\\u0000"', text)


CONTENTS = {
    "empty": lambda _: b"",
    "null": lambda _: b"null",
    "array": lambda _: b"[1]",
    "string": lambda _: b'"a"',
    "no-object": lambda content: b"[" + content + b"]",
    "empty-object": lambda _: b"{}",
    "no-utf-8": lambda _: b'{"count":"\xff\xfe"}',
    "half-a-surrogate": lambda _: b'{"count":"\\ud800"}',
    "cut": lambda content: content[:-1],
    "deep": lambda _: b"[" * 500 + b"]" * 500,
    "very-deep": lambda _: b"[" * 100_000,
    "numbers-as-strings": every_scalar(str),
    "numbers-as-booleans": every_scalar(lambda value: value if isinstance(value, str) else True),
    "all-null": every_scalar(lambda _: None),
    "arrays-for-scalars": every_scalar(lambda _: []),
    "objects-for-scalars": every_scalar(lambda _: {}),
    "members-null": every_member(lambda _: None),
    "members-numbers": every_member(lambda _: 1),
    "members-strings": every_member(lambda _: "a"),
    "members-arrays": every_member(lambda value: [value]),
    "members-empty-arrays": every_member(lambda _: []),
    "members-objects": every_member(lambda value: {"a": value}),
    "fractions": every_number(b"0.5"),
    "negative": every_number(b"-1"),
    "of-30-digits": every_number(b"9" * 30),
    "huge": every_number(b"1e400"),
    "not-a-number": every_number(b"NaN"),
}
"""What becomes of the content of an answer that is JSON."""

FIELDS = {
    "no-fields": (),
    "empty-fields": ("ETag", "Content-Type", "Date", "Allow", "Retry-After"),
    "fields-twice": ("ETag", "Content-Type", "Date", "Allow", "Cache-Control"),
}


def odd_content(name):
    """An application that is right but for the content of its answers."""

    def answer(environ, serve):
        right = serve(environ)
        if not right.content or "json" not in (right.field("Content-Type") or ""):
            return right
        return saying(CONTENTS[name](right.content), right)

    return odd_app(name, answer)


def odd_fields(name):
    """An application that is right but for the header fields of its answers."""

    def answer(environ, serve):
        right = serve(environ)
        if name == "no-fields":
            fields = ()
        elif name == "empty-fields":
            fields = tuple((field, "") for field in FIELDS[name])
        else:
            fields = (*right.fields, *((field, "x") for field in FIELDS[name]))
        return dataclasses.replace(right, fields=fields)

    return odd_app(f"fields: {name}", answer)


WIRES = {
    "nothing": b"",
    "garbage": b"\x00\xff\x00\xff\r\n\r\n",
    "words": b"hello\r\n\r\n",
    "status-word": b"HTTP/1.1 OK\r\n\r\n",
    "status-999": b"HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n",
    "http-9": b"HTTP/9.9 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    "no-length": b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"count":1}',
    "no-fields": b"HTTP/1.1 200 OK\r\n\r\n",
    "length-word": b"HTTP/1.1 200 OK\r\nContent-Length: ten\r\n\r\n{}",
    "length-negative": b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}",
    "length-too-long": b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n{}",
    "length-of-40-digits": b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 40 + b"\r\n\r\n{}",
    "chunk-word": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nten\r\n{}",
    "field-without-colon": b"HTTP/1.1 200 OK\r\nodd\r\n\r\n",
    "field-without-end": b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000,
    "interim-only": b"HTTP/1.1 100 Continue\r\n\r\n" * 3,
    "switched": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n\x00\x00",
    "latin-1": "HTTP/1.1 200 Zoë\r\nX: \xa0\x85\xff\r\nETag: \x85\r\n\r\n".encode("latin-1"),
    "two-answers": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" * 2,
}
"""All that comes on a connection, whatever is asked; then it is closed."""


class OddServer(ServedBackend):
    """A server that sends the same bytes to everybody."""

    def __init__(self, name, wire):
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._wire = wire
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        super().__init__(name, f"http://127.0.0.1:{self._listener.getsockname()[1]}")

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                connection.recv(64 * 1024)
                connection.sendall(self._wire)


def odd_server(name):
    name, wire = f"wire: {name}", WIRES[name]
    return Source(name, ServedBackend.offers, lambda: OddServer(name, wire))


class Unwatched:
    def begin(self, cases):
        pass

    def note(self, result):
        pass


def main(sections):
    sources = [
        *map(odd_content, CONTENTS),
        *map(odd_fields, FIELDS),
        *map(odd_server, WIRES),
    ]
    ran = run_suite(sources, [Unwatched()], Choice(sections=tuple(sections)))
    keys = ("backend", "number", "case", "outcome", "sentence", "expected", "actual")
    print(json.dumps([{key: getattr(one, key) for key in keys} for one in ran.results]))


if __name__ == "__main__":
    main(sys.argv[1:])
