"""Memory stays bounded however long a run lasts."""

import itertools

import psutil
import pytest

from benchmarks.engine.loops.slices import run_closed
from benchmarks.engine.sockets.address import Address
from benchmarks.engine.sockets.pool import Wire
from benchmarks.engine.sockets.request import Exchange
from tests.benchmarks.engine.servers import null_server

GROWTH_BYTES_PER_REQUEST = 1.0
"""At most: 10 MB in a run of 10 million requests."""


@pytest.mark.long
def test_a_million_requests_take_no_memory():
    process = psutil.Process()
    with null_server() as url:
        address = Address.of(url)
        stream = itertools.repeat(Exchange(address.encode("POST", "/", b"{}"), b"{}"))
        wire = Wire(address, 10.0)
        run_closed(wire, stream, 16, 1.0)
        before, sent = process.memory_info().rss, 0
        while sent < 1_000_000:
            outcome = run_closed(wire, stream, 16, 5.0)
            assert not outcome.counted.failures
            sent += outcome.started
        wire.close_all()
    assert process.memory_info().rss - before < sent * GROWTH_BYTES_PER_REQUEST
