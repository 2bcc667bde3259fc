"""The driver's process makes slices, counts as the server does, and dies with its parent."""

import json
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest
import requests

from benchmarks.driver import SliceOrder, Target
from benchmarks.engine.driver import EngineDriver
from benchmarks.engine.errors import EngineRefused
from benchmarks.workload.workload import build_workload
from reports.study.histogram import Histogram
from reports.study.records import Shape
from shared.contract import OPERATIONS
from tests.benchmarks.engine.servers import null_server, response, serving
from tests.benchmarks.miniature import SAMPLE

WORKLOADS = [build_workload(name, seed=1, sample=SAMPLE) for name in OPERATIONS]
EXCHANGES = [(one.content, one.answer) for load in WORKLOADS for one in load.exchanges]


@pytest.fixture(scope="module")
def driver():
    with EngineDriver(WORKLOADS) as made:
        yield made


FOUR = Shape(4)


def order(operation, shape=FOUR, label="a", seed=3):
    return SliceOrder(label, operation, shape, 0.1, 1, seed)


@pytest.mark.parametrize("operation", ["count", "letter_count", "predict"])
@pytest.mark.parametrize("shape", [Shape(1), Shape(16), Shape(4, 300.0)], ids=lambda s: s.name)
def test_a_slice_counts_what_the_server_counts(driver, operation, shape):
    with null_server(EXCHANGES) as url:
        driver.open([Target("a", url), Target("b", url)])
        outcome = driver.run(order(operation, shape))
        other = driver.run(order("count", label="b"))
        counted = requests.get(f"{url}/api/count", timeout=10).json()["count"]
    assert not outcome.failures
    assert not other.failures
    assert outcome.sent + other.sent == counted - 1
    assert Histogram.decode(outcome.histogram).total == outcome.answered > 0
    assert outcome.sent == outcome.answered + shape.connections or shape.rate_per_s is None
    is_open = shape.rate_per_s is not None
    for histogram in (outcome.service_histogram, outcome.lag_histogram):
        assert (histogram is not None) == is_open
        assert not is_open or Histogram.decode(histogram).total == outcome.answered
    assert outcome.duration_s >= 0.1
    assert 0 <= outcome.drain_s <= outcome.duration_s
    # Little's law holds whatever the times: each connection is busy all the time, or less.
    most = 1024 if is_open else shape.connections
    assert 0 < outcome.sum_us / 1e6 <= outcome.duration_s * most
    assert (outcome.due, outcome.unsent) == ((outcome.answered if is_open else None), 0)


def test_the_same_seed_asks_the_same_in_the_same_order():
    asked: list[bytes] = []

    def handler(connection, request, number):
        asked.append(request.partition(b"\r\n\r\n")[2])
        connection.sendall(response(json.dumps({}).encode()))
        return True

    with serving(handler) as server, EngineDriver(WORKLOADS) as driver:
        streams = []
        for seed in (1, 1, 2):
            asked.clear()
            driver.open([Target("a", server.url)])
            driver.run(order("letter_count", Shape(1), seed=seed))
            streams.append(asked[:20])
    assert streams[0] == streams[1] != streams[2]
    assert len(set(streams[0])) > 10


def test_a_wrong_answer_once_is_found_in_the_warm_up_too(driver):
    def handler(connection, request, number):
        connection.sendall(response(b'{"count":%d}' % (number if number != 2 else 0)))
        return True

    with serving(handler) as server:
        driver.open([Target("a", server.url)])
        outcome = driver.run(order("count", Shape(1)))
    assert outcome.failures == {"wrong_content": 1}
    assert outcome.examples["wrong_content"] == "the count went from 1 back to 0"


def test_a_count_answered_twice_is_found(driver):
    def handler(connection, request, number):
        connection.sendall(response(b'{"count":%d}' % ((number + 1) // 2)))
        return True

    with serving(handler) as server:
        driver.open([Target("a", server.url)])
        outcome = driver.run(order("count", Shape(2)))
    assert outcome.failures["wrong_content"] > 0


def test_what_the_process_cannot_do_is_one_sentence(driver):
    with pytest.raises(EngineRefused, match="asks for TLS"):
        driver.open([Target("a", "https://127.0.0.1")])
    with null_server() as url:
        driver.open([Target("a", url)])
        with pytest.raises(EngineRefused, match="ulimit"):
            driver.run(order("count", Shape(10**9)))
        assert not driver.run(order("count")).failures


def test_the_process_dies_with_its_parent():
    code = (
        "import time; from benchmarks.engine.driver import EngineDriver;"
        "driver = EngineDriver([]); driver.open([]); print(driver._process.pid, flush=True);"
        "time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-P", "-c", code], stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        child = psutil.Process(int(parent.stdout.readline()))
        os.kill(parent.pid, signal.SIGKILL)
        deadline = time.monotonic() + 10
        while child.is_running() and child.status() != psutil.STATUS_ZOMBIE:
            assert time.monotonic() < deadline
            time.sleep(0.02)
