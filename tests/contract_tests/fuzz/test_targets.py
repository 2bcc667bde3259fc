"""The way of fuzzed requests to a backend at a URL: prefix, header fields, rows of its model."""

import pytest

from contract_tests.backends.services import ready_service
from contract_tests.fuzz.sent import Raw, WellFormed
from contract_tests.fuzz.targets import FuzzTarget
from contract_tests.http.access import Access
from contract_tests.http.messages import get, post_value
from reports.check.results import HIDDEN
from shared.address import parse_address
from shared.sample import Sample
from tests.contract_tests.http.gateways import Gateway
from tests.contract_tests.wrong_backends.mutation import create_right_app

KEY = ("X-Key", "let-me-in-4711")
COUNT = get("/api/count")


@pytest.fixture(scope="module")
def gateway():
    server = Gateway(create_right_app(ready_service()))
    yield server
    server.close()


def target(gateway, access):
    return FuzzTarget("gateway", parse_address(gateway.url + "/v1"), {}, access)


def ask(target, sent):
    try:
        target.write(sent)
        return target.read(sent)
    finally:
        target.close()


def test_each_of_several_requests_gets_prefix_and_fields(gateway):
    sent = WellFormed((COUNT, post_value("/api/letter_count", {"name": "Alice"})), cuts=(5, 90))
    reply = ask(target(gateway, Access(fields=(KEY,))), sent)
    assert [answer.status for answer in reply.answers] == [200, 200]


def test_bytes_that_are_a_right_request_get_them_too(gateway):
    one = target(gateway, Access(fields=(KEY,)))
    one.write_raw(Raw("nothing", b"GET /api/count HTTP/1.1\r\nHost: x\r\n\r\n"))
    assert [answer.status for answer in one.read_all().answers] == [200]


def test_a_value_that_the_backend_gives_back_is_hidden(gateway):
    (answer,) = ask(
        target(gateway, Access(fields=(("X-Other", KEY[1]),))), WellFormed((COUNT,))
    ).answers
    assert answer.status == 403
    assert KEY[1].encode() not in answer.content
    assert HIDDEN.encode() in answer.content


def test_rows_are_those_of_the_sample(gateway):
    """The iris model behind the gateway refuses rows of two values, and says so of each."""
    request = post_value("/api/predict", {"instances": [[5.1, 3.5, 1.4, 0.2]]})
    access = Access(fields=(KEY,), sample=Sample(((10.0, 20.0),)))
    (answer,) = ask(target(gateway, access), WellFormed((request,))).answers
    assert answer.status == 422
    assert b"/instances/0" in answer.content
