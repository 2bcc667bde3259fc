"""Wrong in what is counted, and how."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from contract_tests.backends.wsgi_call import Environ, WsgiApp, call_environ
from contract_tests.http.messages import Answer
from shared.service import Service
from tests.contract_tests.wrong_backends.mutation import (
    Changed,
    CreateApp,
    is_operation,
    with_service,
)
from tests.contract_tests.wrong_backends.wrong_backend import wrong_app


@dataclass
class Racing(Changed):
    """Loses counts, and gives some twice, when several count at once."""

    number: int = 0

    def count_request(self) -> int:
        seen = self.number
        # Long enough for the others to read the same number.
        time.sleep(0.001)
        self.number = seen + 1
        return seen + 1


@dataclass
class Falling(Changed):
    """Gives each number once, and large ones first."""

    def count_request(self) -> int:
        number = self.service.count_request()
        return number // 1000 * 1000 + 999 - number % 1000


@dataclass
class FromOne(Changed):
    """Has counted a request that nobody sent."""

    def count_request(self) -> int:
        return self.service.count_request() + 1


@dataclass
class Adjusted(Changed):
    """Counts, and can take a count back or add one."""

    more: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count_request(self) -> int:
        return self.service.count_request() + self.more

    def adjust(self, by: int) -> None:
        """Counts `by` requests more."""
        with self.lock:
            self.more += by


def adjusting(by: int, when: Callable[[Environ, Answer], bool]) -> CreateApp:
    """Counts the requests of one kind `by` times more than they should be."""

    def create_app(service: Service) -> WsgiApp:
        counter = Adjusted(service)
        app = with_service(lambda _: counter)(service)

        def counting(environ: Environ, start_response: Any) -> list[bytes]:
            answer = call_environ(app, environ)
            if when(environ, answer):
                counter.adjust(by)
            start_response(f"{answer.status} Status", list(answer.fields))
            return [answer.content]

        return counting

    return create_app


def method(environ: Environ) -> str:
    name: str = environ["REQUEST_METHOD"]
    return name


COUNTERS_WRONG = (
    wrong_app(
        "forgets-predictions",
        "counter.counts-operations",
        adjusting(-1, lambda e, a: is_operation(e, "predict") and a.status == 200),
    ),
    wrong_app(
        "counts-reading-twice",
        "counter.counts-operations",
        adjusting(1, lambda e, a: is_operation(e, "count") and a.status == 200),
    ),
    wrong_app(
        "forgets-names",
        "counter.counts-operations",
        adjusting(-1, lambda e, a: is_operation(e, "letter_count") and a.status == 200),
    ),
    wrong_app(
        "counts-what-is-not-allowed",
        "counter.not-404-405",
        adjusting(1, lambda _, a: a.status == 405),
    ),
    wrong_app(
        "counts-the-document",
        "counter.open-paths",
        adjusting(1, lambda e, _: e["PATH_INFO"] in {"/openapi.json", "/docs"}),
    ),
    wrong_app(
        "counts-what-is-right",
        "counter.before-content",
        adjusting(-1, lambda _, a: a.status in {400, 413, 415, 422}),
    ),
    wrong_app(
        "counts-what-is-nowhere", "counter.not-404-405", adjusting(1, lambda _, a: a.status == 404)
    ),
    wrong_app(
        "counts-health", "counter.open-paths", adjusting(1, lambda e, _: is_operation(e, "health"))
    ),
    wrong_app(
        "counts-options",
        "http.options-not-counted",
        adjusting(1, lambda e, _: method(e) == "OPTIONS"),
    ),
    wrong_app("forgets-head", "http.head-counts", adjusting(-1, lambda e, _: method(e) == "HEAD")),
    wrong_app(
        "forgets-what-it-cannot-answer",
        "problem.503-counted",
        adjusting(-1, lambda _, a: a.status == 503),
    ),
    wrong_app("loses-counts", "counter.exact", with_service(Racing)),
    wrong_app("repeats-counts", "counter.distinct", with_service(Racing)),
    wrong_app("counts-down", "counter.rising", with_service(Falling)),
    wrong_app("starts-at-1", "counter.starts-at-0", with_service(FromOne)),
)
