"""Memory stays bounded however long a run lasts."""

import gc
import itertools

import httptools
import psutil
import pytest

from benchmarks.engine.loops.slices import run_closed
from benchmarks.engine.sockets import pool as pool_module
from benchmarks.engine.sockets.address import TargetAddress
from benchmarks.engine.sockets.pool import ConnectionPool
from benchmarks.engine.sockets.request import EncodedExchange
from tests.benchmarks.engine.servers import CONTENT, null_server, response, serving

GROWTH_BYTES_PER_REQUEST = 1.0
"""At most: 10 MB in a run of 10 million requests."""


@pytest.mark.long
def test_a_million_requests_take_no_memory():
    process = psutil.Process()
    with null_server() as url:
        address = TargetAddress.of(url)
        stream = itertools.repeat(EncodedExchange(address.encode("POST", "/", b"{}"), b"{}"))
        pool = ConnectionPool(address, 10.0)
        run_closed(pool, stream, 16, 1.0)
        before, sent = process.memory_info().rss, 0
        while sent < 1_000_000:
            outcome = run_closed(pool, stream, 16, 5.0)
            assert not outcome.counted.failures
            sent += outcome.started
        pool.close_all()
    assert process.memory_info().rss - before < sent * GROWTH_BYTES_PER_REQUEST


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
ANSWERS = {
    "right, its head new": lambda number: response(CONTENT, "200 OK", f"x-number: {number}"),
    "right, in chunks": lambda _: CHUNKED + b"%x\r\n%b\r\n0\r\n\r\n" % (len(CONTENT), CONTENT),
    "wrong content": lambda number: response(b"%d" % number),
    "wrong status": lambda _: response(CONTENT, "503 Service Unavailable"),
    "closed in the content": lambda _: response(CONTENT)[:-1],
    "not HTTP": lambda _: b"hello\r\n\r\n",
    "without end": lambda _: CHUNKED + b"fffff\r\n" + b"a" * 0xFFFFF,
}
SLOW = {"closed in the content"}  # after each the engine waits before it connects again


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(answer, id=name, marks=[pytest.mark.long] if name in SLOW else [])
        for name, answer in ANSWERS.items()
    ],
)
def test_no_answer_leaves_anything_to_a_garbage_collector(answer, monkeypatch):
    """A run has none, so each cycle that an answer leaves would stay until its end."""

    def handler(connection, request, number):
        connection.sendall(answer(number))
        return number % 7 != 0

    parsers = 0

    class Counted(pool_module.AnswerParser):
        def __init__(self) -> None:
            nonlocal parsers
            parsers += 1
            super().__init__()

    monkeypatch.setattr(pool_module, "AnswerParser", Counted)
    gc.collect()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        with serving(handler) as server:
            address = TargetAddress.of(server.url)
            stream = itertools.repeat(EncodedExchange(address.encode("GET", "/"), CONTENT))
            pool = ConnectionPool(address, 10.0)
            run_closed(pool, stream, 2, 0.05)
            pool.close_all()
        gc.collect()
        left = [o for o in gc.garbage if isinstance(o, Counted | httptools.HttpResponseParser)]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
    assert parsers > 0
    assert left == []
