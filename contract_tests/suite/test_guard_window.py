"""A client's window: when it has ended, the client is admitted again. In process, to be short."""

import time
from collections.abc import Iterator
from http import HTTPStatus

import pytest

from contract_tests.backends.base import Backend
from contract_tests.backends.guarded import KEYS, with_key
from contract_tests.backends.in_process import InProcessBackend
from contract_tests.backends.services import ready_service
from contract_tests.suite.requests import COUNT
from shared.guard.guard import Guard
from shared.guard.rate_limit import open_rate_limit
from shared.settings import GuardSettings

pytestmark = pytest.mark.needs("in_process")

ASKED = with_key(KEYS[0], COUNT)
# A window of a second may end between two requests, but not time and again.
MOST_ADMITTED = 20
ADMITTED_AGAIN_WITHIN_S = 2.0
POLL_S = 0.02


@pytest.fixture
def brief(backend: InProcessBackend) -> Iterator[Backend]:
    """The same implementation around a service that takes one request a second from each key."""
    service = ready_service()
    limit = open_rate_limit(GuardSettings(rate_limit="1/second"), workers=1)
    service.guard = Guard(KEYS, limit)
    with backend.with_service(service) as other:
        yield other


@pytest.mark.holds("guard.limit")
def test_a_new_window_admits_again(brief: Backend) -> None:
    """When its window has ended, a client is admitted again, also if it never stopped asking.

    Sends: GET /api/count with a key that is admitted once a second, until it is refused; then
      until it is admitted
    Wants: 429, and 200 once 2 s are over
    """
    statuses = [brief.send(ASKED).status]
    while statuses[-1] == HTTPStatus.OK and len(statuses) < MOST_ADMITTED:
        statuses.append(brief.send(ASKED).status)
    assert statuses[-1] == HTTPStatus.TOO_MANY_REQUESTS
    deadline = time.monotonic() + ADMITTED_AGAIN_WITHIN_S
    is_over = False
    while not is_over and statuses[-1] == HTTPStatus.TOO_MANY_REQUESTS:
        time.sleep(POLL_S)
        # Looked at before the request: however slow all is, one is sent when time is over.
        is_over = time.monotonic() > deadline
        statuses.append(brief.send(ASKED).status)
    assert statuses[-1] == HTTPStatus.OK
