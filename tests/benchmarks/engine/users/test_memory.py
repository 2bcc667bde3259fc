"""Memory stays bounded however long a run lasts."""

import itertools

import psutil
import pytest

from benchmarks.engine.loops.slices import run_closed
from benchmarks.engine.sockets.address import TargetAddress
from benchmarks.engine.sockets.pool import ConnectionPool
from benchmarks.engine.sockets.request import EncodedExchange
from tests.benchmarks.engine.servers import null_server

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
