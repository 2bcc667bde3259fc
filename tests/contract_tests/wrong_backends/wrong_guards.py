"""Wrong in whom they admit to the operations, and how often."""

from typing import Any

from contract_tests.backends.guarded import KEYS
from contract_tests.backends.wsgi_call import Environ, WsgiApp, call_environ
from contract_tests.http.messages import Answer
from shared.guard.guard import Guard
from shared.service import Service
from tests.contract_tests.wrong_backends.mutation import (
    Changed,
    Serve,
    carrying,
    create_right_app,
    giving,
    has_content,
    instead,
    on_answer,
    on_request,
    read,
    status,
    with_service,
    without,
)
from tests.contract_tests.wrong_backends.wrong_backend import wrong, wrong_app
from tests.contract_tests.wrong_backends.wrong_counters import adjusting


class Unguarded(Changed):
    """A service that asks nobody for a key, and takes any number of requests."""

    guard = None


class Unlimited(Changed):
    """A service that, where it has a guard, asks for keys, and takes any number of requests."""

    @property
    def guard(self) -> Guard | None:
        """The guard that keys are brought to."""
        return self.service.guard and Guard(KEYS, limit=None)


class Closed(Changed):
    """A service that, where it has a guard, knows none of the keys."""

    @property
    def guard(self) -> Guard | None:
        """The guard that keys are brought to."""
        return self.service.guard and Guard(["a-key-of-nobody"], limit=None)


def guarding_everything(environ: Environ, serve: Serve) -> Answer:
    """Asks of each request what is to be asked of operations."""
    asked = serve(instead(PATH_INFO="/api/count", REQUEST_METHOD="GET")(environ))
    return asked if asked.status in {401, 429} else serve(environ)


def judging_content_first(service: Service) -> WsgiApp:
    """Tells what is wrong with content before it asks for a key."""
    right = create_right_app(service)
    unguarded = with_service(Unguarded)(service)

    def app(environ: Environ, start_response: Any) -> Any:
        if not has_content(environ):
            return right(environ, start_response)
        content, _ = read(environ)
        judged = call_environ(unguarded, carrying(environ, content))
        if judged.status < 400:
            return right(carrying(environ, content), start_response)
        start_response(f"{judged.status} Status", list(judged.fields))
        return [judged.content]

    return app


def in_query(environ: Environ) -> bool:
    """Whether there is a key in the query."""
    return "access_token=" in environ["QUERY_STRING"]


def from_query(environ: Environ) -> Environ:
    """The same request with that key where it belongs."""
    key = environ["QUERY_STRING"].partition("access_token=")[2]
    return {**environ, "HTTP_AUTHORIZATION": f"Bearer {key}"}


GUARDS_WRONG = (
    wrong_app(
        "asks-nobody",
        "guard.key guard.limit problem.401 problem.429 precedence.401-429",
        with_service(Unguarded),
    ),
    wrong_app("limits-nobody", "guard.limit problem.429", with_service(Unlimited)),
    wrong_app("admits-nobody", "guard.key precedence.401-429", with_service(Closed)),
    wrong(
        "guards-everything",
        "guard.open-paths guard.limit precedence.401-429",
        guarding_everything,
    ),
    wrong_app(
        "counts-who-is-refused",
        "counter.not-401-429",
        adjusting(1, lambda _, answer: answer.status in {401, 429}),
    ),
    wrong_app("judges-content-first", "precedence.401-429", judging_content_first),
    wrong("takes-keys-from-the-query", "guard.key", on_request(in_query, from_query)),
    wrong("challenges-nobody", "problem.401", on_answer(status(401), without("WWW-Authenticate"))),
    wrong(
        "challenges-with-another-scheme",
        "problem.401",
        on_answer(status(401), giving("WWW-Authenticate", 'Basic realm="podium"')),
    ),
    wrong("says-nothing-of-later", "problem.429", on_answer(status(429), without("Retry-After"))),
    wrong(
        "says-later-as-a-date",
        "problem.429",
        on_answer(status(429), giving("Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT")),
    ),
    wrong("says-at-once", "problem.429", on_answer(status(429), giving("Retry-After", "0"))),
)
