"""The reader of answers takes what is HTTP to the letter, and nothing else."""

import pytest

from contract_tests.http.answer_reader import AnswerReader
from contract_tests.http.errors import BrokenAnswer, ClosedEarly
from contract_tests.http.messages import Answer

OK = b"HTTP/1.1 200 OK\r\n"


def reader(*pieces: bytes) -> AnswerReader:
    """A reader of a stream that comes in these pieces."""
    coming = iter(pieces)
    return AnswerReader(lambda: next(coming, b""))


@pytest.mark.parametrize(
    ("stream", "answer"),
    [
        (OK + b"Content-Length: 2\r\n\r\nhi", Answer(200, (("Content-Length", "2"),), b"hi")),
        (OK + b"A:b\r\nA: \t c d \r\nB:\r\n\r\nrest", Answer(
            200, (("A", "b"), ("A", "c d"), ("B", "")), b"rest")),
        (b"HTTP/1.1 204 \r\n\r\n", Answer(204, (), b"")),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", Answer(
            304, (("Content-Length", "9"),), b"")),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\nh\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\n",
         Answer(200, (("Transfer-Encoding", "chunked"),), b"h0123456789")),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"Content-Length: 0\r\n\r\n", Answer(
            200, (("Content-Length", "0"),), b"", interim=(100,))),
    ],
    ids=["length", "until-the-end", "204", "304", "chunked", "interim"],
)  # fmt: skip
def test_answer_is_read(stream, answer):
    """Whether it comes at once or byte by byte."""
    assert reader(stream).read_answer("GET") == answer
    assert reader(*(bytes([byte]) for byte in stream)).read_answer("GET") == answer


def test_head_has_no_content():
    two = reader((OK + b"Content-Length: 5\r\n\r\n") * 2)
    assert two.read_answer("HEAD").content == two.read_answer("HEAD").content == b""
    assert two.at_end()


@pytest.mark.parametrize(
    "stream",
    [
        b"HTTP/1.1 200 OK\n\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 99 OK\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"hello\r\n\r\n",
        OK + b"A : b\r\n\r\n",
        OK + b"A: b\n\r\n",
        OK + b"A: b\r\n c\r\n\r\n",
        OK + b"no colon\r\n\r\n",
        OK + b"A: \x00\r\n\r\n",
        OK + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi",
        OK + b"Content-Length: +2\r\n\r\nhi",
        OK + b"Content-Length: 2, 2\r\n\r\nhi",
        OK + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        OK + b"Transfer-Encoding: gzip\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n0\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\nx\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n",
        b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n",
        b"x" * 70_000,
    ],
)
def test_broken_answer_is_refused(stream):
    with pytest.raises(BrokenAnswer):
        reader(stream).read_answer("GET")


@pytest.mark.parametrize(
    "stream",
    [
        b"",
        b"HTTP/1.1 200",
        OK + b"A: b\r\n",
        OK + b"Content-Length: 3\r\n\r\nhi",
        OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n",
    ],
)
def test_cut_answer_is_told_from_a_broken_one(stream):
    with pytest.raises(ClosedEarly):
        reader(stream).read_answer("GET")


def test_what_follows_an_answer_is_seen():
    stream = reader(OK + b"Content-Length: 2\r\n\r\nhi\r\n")
    stream.read_answer("GET")
    assert not stream.at_end()
    assert stream.unread == b"\r\n"
