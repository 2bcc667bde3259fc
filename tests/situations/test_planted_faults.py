"""What goes wrong in a measurement is found, and charged to whom it belongs; each is made for real.

More of it: `test_generators_own_trouble.py`, and a stall in an open loop, `loops/test_stall.py`.
"""

import os
import signal
import threading
import time
from dataclasses import replace
from itertools import count, repeat
from time import perf_counter_ns

import pytest

from benchmarks.driver import SliceOrder, Target
from benchmarks.engine.driver import EngineDriver
from benchmarks.engine.loops import closed_loop, loop, pauses, slices, timing
from benchmarks.engine.sockets import pool as pool_module
from benchmarks.engine.sockets.address import TargetAddress
from benchmarks.engine.sockets.pool import ConnectionPool
from benchmarks.engine.sockets.request import EncodedExchange
from benchmarks.workload.workload import build_workload
from implementations.catalogue import find_stack
from implementations.launching.launcher import launch
from reports.analysis.analysis import analyse
from reports.analysis.trials import Trial, cells
from reports.study.histogram import Histogram
from reports.study.records import Shape, Slice, SliceOutcome
from tests.benchmarks.engine.servers import CONTENT, response, right, serving
from tests.benchmarks.study.test_study import SmallStudy, Unseen
from tests.reports.simulated import simulate

DEADLINE_S = 30.0
STOPPED_S = 2.0
JUMP_NS = 5_000_000_000
OPERATION = "letter_count"

APP = """
import os
import time
from implementations.asgi.app import create_app as right_app
from shared.service import open_service

def create_app(service):
    app = right_app(service)
    {state}

    async def faulty(scope, receive, send):
        nonlocal state
        if scope.get("path") != "/api/letter_count":
            return await app(scope, receive, send)
        {fault}
        await app(scope, receive, send)

    return faulty


def get_app():
    return create_app(open_service())
"""


@pytest.fixture
def entry(tmp_path):
    """A stack as `APP` with a fault."""

    def made(state: str, fault: str):
        folder = tmp_path / "faulty"
        folder.mkdir()
        app = APP.format(state=state, fault=fault.replace("\n", "\n        "))
        (folder / "app.py").write_text(app)
        (folder / "entry.toml").write_text(
            'name = "faulty"\ninterface = "asgi"\nservers = ["uvicorn"]\nmodel_call = "loop"\n'
        )
        return find_stack("faulty", [folder])

    return made


@pytest.fixture
def faulty(entry):
    """Such a stack, launched."""
    return lambda state, fault: launch(entry(state, fault))


def in_slices(server, number: int, slice_s: float, connections=16) -> list[SliceOutcome]:
    order = SliceOrder("a", OPERATION, Shape(connections), slice_s, 1, 1)
    with EngineDriver([build_workload(OPERATION, seed=1)]) as driver:
        driver.open([Target("a", server.url)])
        return [driver.run(order) for _ in range(number)]


def as_slice(outcome: SliceOutcome, like: Slice) -> Slice:
    return replace(like, **vars(outcome))


def stopped_outcome() -> SliceOutcome:
    """A slice in which the generator was stopped."""

    def counting(connection, request, number):
        with lock:
            connection.sendall(response(b'{"count":%d}' % next(numbers)))
        return True

    def stop_once_answered() -> None:
        deadline = time.monotonic() + DEADLINE_S
        while server.answered < 1000 and time.monotonic() < deadline:
            time.sleep(0.01)
        (pid,) = driver.pids()
        os.kill(pid, signal.SIGSTOP)
        time.sleep(STOPPED_S)  # the pause itself
        os.kill(pid, signal.SIGCONT)

    numbers, lock = count(1), threading.Lock()
    with serving(counting) as server, EngineDriver([build_workload("count", seed=1)]) as driver:
        driver.open([Target("a", server.url)])
        stopping = threading.Thread(target=stop_once_answered)
        stopping.start()
        try:
            return driver.run(SliceOrder("a", "count", Shape(4), 1.0, 1, 1))
        finally:
            stopping.join(DEADLINE_S)


def test_a_generator_that_was_stopped_in_a_round_costs_the_round_and_no_stack():
    outcome = stopped_outcome()
    assert outcome.duration_s > STOPPED_S
    study = simulate(blocks=4, rounds=4)
    stopped = study.slices[0]
    hit = replace(study, slices=(as_slice(outcome, stopped), *study.slices[1:]))
    (cell,), (clean,) = cells(hit), cells(study)
    assert cell.removed == {"paused": 1}
    place = (stopped.label, stopped.block)
    assert cell.trials[place].requests_per_s == pytest.approx(
        clean.trials[place].requests_per_s, rel=0.1
    )


def test_a_clock_that_jumps_is_a_pause_and_no_time_of_the_server(monkeypatch):
    jumped = threading.Event()

    def jumping() -> int:
        return perf_counter_ns() + (JUMP_NS if jumped.is_set() else 0)

    def jump_once_timed(exchange: EncodedExchange):
        warm_up = pool.tally
        for _ in repeat(None):
            if pool.tally is not warm_up:
                jumped.set()
            yield exchange

    for module in (closed_loop, loop, pauses, slices, timing, pool_module):
        monkeypatch.setattr(module, "clock_ns", jumping)
    with serving(right) as server:
        address = TargetAddress.of(server.url)
        pool = ConnectionPool(address, timeout_s=20.0)
        exchange = EncodedExchange(address.encode("POST", "/", b"{}"), CONTENT)
        outcome = slices.run_closed(pool, jump_once_timed(exchange), 4, 1.0)
        pool.close_all()
    assert outcome.counted.failures == {}
    assert outcome.counted.paused_s > 0.9 * JUMP_NS / 1e9


class SlowFrom(Unseen):
    """Progress that makes a stack slow in the second half of each block."""

    def __init__(self, flag) -> None:
        self.flag = flag

    def update(self, done_ratio: float, text: str, left_s: float | None) -> None:
        if "starting" in text:
            self.flag.unlink(missing_ok=True)
        if "round 5 of 8" in text:
            self.flag.touch()


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_stack_that_halves_its_speed_in_the_middle_of_a_block_has_no_place(tmp_path, entry):
    flag = tmp_path / "slow"
    burn = (
        f"if os.path.exists({str(flag)!r}):\n"
        "    state = time.process_time() + 0.0005\n"
        "    while time.process_time() < state:\n"
        "        pass"
    )
    stacks = (entry("state = 0", burn), find_stack("asgi:uvicorn"), find_stack("wsgi:granian"))
    made = SmallStudy(tmp_path / "a.study", *stacks, operations=(OPERATION,), rounds=8)
    study = made.run(progress=SlowFrom(flag))
    (comparison,) = analyse(study).comparisons
    exclusions = {one.label: one.exclusion and one.exclusion.kind for one in comparison.standings}
    assert exclusions == {
        "faulty:uvicorn": "no_steady_state",
        "asgi:uvicorn": None,
        "wsgi:granian": None,
    }


@pytest.mark.long
def test_one_wrong_answer_in_ten_thousand_is_found(faulty):
    every = 10_000
    wrong = (
        f"state += 1\nif state == {every}:\n"
        "    right, send = send, None\n"
        "    async def send(event):\n"
        "        if 'body' in event:\n"
        "            event = event | {'body': event['body'].replace(b'letter_c', b'letter_k')}\n"
        "        await right(event)"
    )
    with faulty("state = 0", wrong) as server:
        asked, failures = 0, 0
        deadline = time.monotonic() + DEADLINE_S
        with EngineDriver([build_workload(OPERATION, seed=1)]) as driver:
            driver.open([Target("a", server.url)])
            while asked < every and time.monotonic() < deadline:
                outcome = driver.run(SliceOrder("a", OPERATION, Shape(16), 0.5, 1, 1))
                asked += outcome.sent
                failures += outcome.failures.get("wrong_content", 0)
    assert asked >= every
    assert failures == 1


@pytest.mark.long
def test_a_server_that_stalls_every_five_seconds_loses_that_time_and_shows_it(faulty):
    """300 ms every 5 s, in slices of 100 ms: seen in capacity and in the tail, and kept."""
    stall = "if time.monotonic() > state:\n    time.sleep(0.3)\n    state = time.monotonic() + 5"
    with faulty("state = time.monotonic() + 5", stall) as server:
        outcomes = in_slices(server, 150, 0.1)
    like = simulate(blocks=1, rounds=1).slices[0]
    trial = Trial("a", 1, tuple(as_slice(one, like) for one in outcomes))
    stalled = [one for one in trial.slices if Histogram.decode(one.histogram).max_us > 250_000]
    assert stalled
    assert all(one.duration_s > 0.25 and not one.paused_s for one in stalled)
    assert trial.times.max_us > 250_000
    others = [one for one in trial.slices if one not in stalled]
    unstalled = Trial("a", 1, tuple(others)).requests_per_s
    lost_s = 0.2 * len(stalled)
    assert trial.requests_per_s < unstalled * (1 - 0.5 * lost_s / trial.duration_s)
