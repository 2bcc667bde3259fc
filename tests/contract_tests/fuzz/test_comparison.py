"""Differences between backends, and those that the contract allows."""

import socket
from collections import Counter

import pytest

from contract_tests.fuzz.comparison import ReplyComparison
from contract_tests.fuzz.sent import Raw, WellFormed
from contract_tests.fuzz.targets import BROKEN_OFF, FuzzTarget, Reply, View
from contract_tests.http.messages import Request, get, post
from shared.address import parse_address

NOWHERE = parse_address("http://127.0.0.1:1")
HEALTH = WellFormed((get("/api/health"),))
COUNT = WellFormed((get("/api/count"),))
HEAD_COUNT = WellFormed((Request("HEAD", "/api/count"),))
CUT = Raw("cut", b"", acted_on=False)
CUT_CHUNKS = Raw("cut chunks", b"", acted_on=False)
FAULT = Raw("field", b"")
NOISE = Raw("noise", b"", most_answers=None)


def comparison(*traits):
    """Of two targets, unless their traits are given."""
    traits = traits or ({}, {})
    return ReplyComparison([FuzzTarget(f"p{n}", NOWHERE, of) for n, of in enumerate(traits)])


def reply(status, content=b"", fault="", **fields):
    fields = {name.replace("_", "-"): value for name, value in fields.items()}
    return Reply((View(status, tuple(sorted(fields.items())), content),), fault)


def count(number):
    content = b'{"count":%d}' % number
    return reply(200, content, Content_Length=str(len(content)))


def statuses(*codes, fault=""):
    return Reply(tuple(View(code, (), b"") for code in codes), fault)


@pytest.mark.parametrize(
    ("sent", "replies", "differ"),
    [
        (HEALTH, (reply(200, b"a"), reply(200, b"a")), False),
        (HEALTH, (reply(200, b"a"), reply(200, b"b")), True),
        (HEALTH, (reply(200), reply(404)), True),
        (HEALTH, (reply(200, ETag="x"), reply(200)), True),
        (HEALTH, (reply(200, ETag="x"), reply(200, ETag="y")), True),
        (HEALTH, (reply(200, fault="silent"), reply(200)), True),
        (HEALTH, (reply(503, Retry_After="1"), reply(503, Retry_After="2")), True),
        (COUNT, (reply(429, Retry_After="10"), reply(429, Retry_After="9")), False),
        (COUNT, (reply(429, Retry_After="10"), reply(429, Retry_After="soon")), True),
        (COUNT, (count(7), count(7)), False),
        (COUNT, (count(7), count(8)), True),
        (FAULT, (statuses(200), statuses(400)), False),
        (FAULT, (statuses(), statuses(501)), False),
        (FAULT, (statuses(500), statuses(400)), True),
        (FAULT, (statuses(400), statuses(302)), True),
        (FAULT, (statuses(400), statuses(400, 200)), True),
        (FAULT, (statuses(fault="silent"), statuses(400)), True),
        (NOISE, (statuses(400, 200), statuses(400)), False),
        (CUT, (statuses(400), statuses()), False),
        (CUT, (statuses(400), statuses(200)), True),
    ],
)
def test_differences_are_told(sent, replies, differ):
    groups = comparison().groups(sent, replies, Counter())
    assert (groups is not None) == differ
    if groups:
        assert sorted(place for group in groups for place in group) == [0, 1]


def test_an_internal_error_is_wrong_though_all_agree():
    assert comparison().groups(HEALTH, (reply(500), reply(500)), Counter()) == [[0, 1]]


def test_counts_are_compared_by_how_far_they_have_gone():
    """After what one backend may have counted and the other not."""
    pair = comparison()
    pair.set_bases([count(99), count(103)])
    assert pair.groups(COUNT, (count(100), count(104)), Counter()) is None
    assert pair.groups(COUNT, (count(100), count(105)), Counter()) == [[0], [1]]
    lengths = (reply(200, Content_Length="12"), reply(200, Content_Length="13"))
    for bases in ((98, 103), (98, 99)):
        pair.set_bases([count(base) for base in bases])
        assert pair.groups(HEAD_COUNT, lengths, Counter()) is None


def test_the_most_come_first():
    three = comparison({}, {}, {})
    replies = (reply(404), reply(200), reply(200))
    assert three.groups(HEALTH, replies, Counter()) == [[1, 2], [0]]
    assert three.majority(replies) == reply(200)


def test_a_method_that_uvicorn_does_not_know_is_allowed():
    brew = WellFormed((Request("BREW", "/api/count"),))
    refused = reply(400, b"Invalid HTTP request received.")
    pair = comparison({"server": "uvicorn"}, {"server": "granian"})
    allowed = Counter()
    assert pair.groups(brew, (refused, reply(405)), allowed) is None
    assert allowed.total() == 1
    assert pair.groups(brew, (reply(405), refused), Counter()) is not None
    assert pair.groups(HEALTH, (refused, reply(200)), Counter()) is not None


def test_chunks_that_break_off_are_allowed_to_granian_with_wsgi_only():
    granian = {"server": "granian", "interface": "wsgi"}
    pair = comparison(granian, granian | {"interface": "asgi"})
    assert pair.groups(CUT_CHUNKS, (statuses(200), statuses(400)), Counter()) is None
    assert pair.groups(CUT_CHUNKS, (statuses(400), statuses(200)), Counter()) is not None
    assert pair.groups(CUT, (statuses(200), statuses(400)), Counter()) is not None


def test_an_answer_broken_off_is_allowed_to_granian_where_the_client_sends_no_more():
    pair = comparison({"server": "granian"}, {"server": "uvicorn"})
    broken = statuses(fault=BROKEN_OFF)
    assert pair.groups(NOISE, (broken, statuses(400)), Counter()) is None
    assert pair.groups(NOISE, (statuses(400), broken), Counter()) is not None
    assert pair.groups(HEALTH, (broken, reply(200)), Counter()) is not None


@pytest.mark.parametrize(
    ("sent", "fault"), [(b"", ""), (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", BROKEN_OFF)]
)
def test_a_close_after_the_head_is_told_from_one_without_an_answer(sent, fault):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        target = FuzzTarget("p", parse_address(f"http://127.0.0.1:{port}"), {})
        target.write_raw(NOISE)
        connection, _ = listener.accept()
        with connection:
            connection.sendall(sent)
        assert target.read_all() == Reply((), fault)


@pytest.mark.parametrize(
    ("sent", "status", "unread"),
    [
        (WellFormed((post("/api/letter_count", b"{}"),)), 200, False),
        (WellFormed((post("/api/letter_count", b"{}"),)), 415, True),
        (WellFormed((Request("GET", "/api/count", (), b"x"),)), 200, True),
        (WellFormed((Request("PUT", "/api/count", chunks=()),)), 405, True),
        (HEALTH, 404, False),
    ],
)
def test_content_may_be_left_unread(sent, status, unread):
    """Then, and only then, a closed connection is no fault."""
    assert sent.may_be_unread([status]) == unread
