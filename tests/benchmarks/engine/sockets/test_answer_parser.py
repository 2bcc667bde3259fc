"""Responses are read the same however they are cut into pieces."""

from itertools import pairwise

import httptools
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.engine.sockets.answer_parser import AnswerParser

FIXED = b"HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;a=b\r\nllo\r\n0\r\n\r\n"
)
INTERIM = b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" + FIXED
ENDLESS = b"HTTP/1.0 200 OK\r\n\r\nhello"


def parse(*pieces: bytes) -> AnswerParser:
    parser = AnswerParser()
    for piece in pieces:
        parser.feed(piece)
    return parser


@pytest.mark.parametrize("message", [FIXED, CHUNKED, INTERIM])
@settings(deadline=None, max_examples=50)
@given(cuts=st.sets(st.integers(1, 90)))
def test_an_answer_in_pieces_is_the_answer_in_one(message, cuts):
    edges = [0, *sorted(cut for cut in cuts if cut < len(message)), len(message)]
    pieces = [message[low:high] for low, high in pairwise(edges)]
    parser = parse(*pieces)
    assert (parser.whole, parser.status, parser.content) == (True, 200, b"hello")
    assert parser.keep_alive
    assert not parser.leftover
    assert not any(parse(*pieces[:count]).whole for count in range(len(pieces)))


def test_content_without_a_length_ends_with_the_connection():
    parser = parse(ENDLESS)
    assert not parser.whole
    assert parser.end()
    assert (parser.content, parser.keep_alive) == (b"hello", False)


def test_content_with_a_length_does_not_end_with_the_connection():
    assert not parse(FIXED[:-1]).end()


def test_a_second_answer_is_noticed():
    assert parse(FIXED + FIXED).leftover


def test_connection_close_is_noticed():
    closing = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    assert not parse(closing).keep_alive


@pytest.mark.parametrize(
    "message",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
    ],
)
def test_what_is_not_http_is_refused(message):
    with pytest.raises(httptools.HttpParserError):
        parse(message)
