"""Calls of an application in process refuse answers that no server should send."""

import pytest

from contract_tests.backends.asgi_call import AsgiRunner
from contract_tests.backends.wsgi_call import call, environ_of
from contract_tests.http.errors import BrokenAnswer, ClosedEarly, Silent
from contract_tests.http.messages import Answer, Request, get, post


def wsgi(*pieces, status="200 OK", fields=(), starts=1):
    def app(environ, start_response):
        for _ in range(starts):
            start_response(status, list(fields))
        return pieces

    return app


def asgi(*events, reads=False):
    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            raise NotImplementedError
        while reads and (await receive()).get("more_body"):
            pass
        for event in events:
            await send(event)

    return app


START = {"type": "http.response.start", "status": 200, "headers": [(b"a", b"b")]}
BODY = {"type": "http.response.body", "body": b"hi"}


@pytest.mark.parametrize(
    ("app", "method"),
    [
        (wsgi(starts=0), "GET"),
        (wsgi(starts=2), "GET"),
        (wsgi(status="200"), "GET"),
        (wsgi(status="OK 200"), "GET"),
        (wsgi(b"hi", fields=[("Content-Length", "3")]), "GET"),
        (wsgi(b"hi", fields=[("Content-Length", "2")]), "HEAD"),
        (wsgi(b"hi", status="304 Not Modified"), "GET"),
        (wsgi(status="204 No Content", fields=[("Content-Length", "0")]), "GET"),
    ],
)
def test_broken_wsgi_answer_is_refused(app, method):
    with pytest.raises(BrokenAnswer):
        call(app, Request(method, "/"))


def test_wsgi_answer_is_read_and_closed():
    closed = []

    class Pieces(list):
        def close(self):
            closed.append(True)

    def app(environ, start_response):
        start_response("200 OK", [("A", "b")])(b"written ")
        return Pieces([b"and ", b"given"])

    assert call(app, get("/")) == Answer(200, (("A", "b"),), b"written and given")
    assert closed == [True]


def test_environ_is_as_a_server_makes_it():
    request = post("/%61/%C3%A9?q=%61", b"xyz", ("X-A", "1"), ("X-A", "2"))
    environ = environ_of(request, None)
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/a/é"
    assert environ["QUERY_STRING"] == "q=%61"
    assert environ["CONTENT_LENGTH"] == "3"
    assert environ["CONTENT_TYPE"] == "application/json"
    assert environ["HTTP_X_A"] == "1,2"
    assert "CONTENT_LENGTH" not in environ_of(request.in_chunks(), None)


@pytest.fixture
def run_asgi():
    """Calls an ASGI application once, with a short deadline."""
    runners = []

    def run(app, request):
        runners.append(AsgiRunner(app, 0.3))
        return runners[-1].call(request)

    yield run
    for runner in runners:
        runner.close()


def test_asgi_answer_is_read(run_asgi):
    more = {"type": "http.response.body", "body": b"oh ", "more_body": True}
    answer = run_asgi(asgi(START, more, BODY, reads=True), post("/", b"xyz").in_chunks(1))
    assert answer == Answer(200, (("a", "b"),), b"oh hi")


@pytest.mark.parametrize(
    ("events", "error"),
    [
        ([], ClosedEarly),
        ([START], ClosedEarly),
        ([BODY], BrokenAnswer),
        ([START, START, BODY], BrokenAnswer),
    ],
)
def test_broken_asgi_answer_is_refused(run_asgi, events, error):
    with pytest.raises(error):
        run_asgi(asgi(*events), get("/"))


def test_asgi_application_that_never_answers_is_silent(run_asgi):
    async def app(scope, receive, send):
        while scope["type"] == "http":
            await receive()

    with pytest.raises(Silent):
        run_asgi(app, get("/"))
