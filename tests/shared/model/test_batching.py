"""Requests that come together are asked together, and each gets its own answer."""

import asyncio
import math
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contract import MAX_ROWS
from shared.model.batching import Batches, ask_together
from shared.model.built_in import built_in_version
from shared.model.engine import Outcome
from shared.model.version import open_version
from shared.problems import Overloaded

DEADLINE_S = 30


def double(rows):
    """Answers twice the first value; infinity is out of range, and nan raises."""
    if any(math.isnan(row[0]) for row in rows):
        raise ValueError("nan")
    bad = tuple(index for index, row in enumerate(rows) if math.isinf(row[0]))
    values = [row[0] * 2 for row in rows]
    return Outcome(values, [[value, -value] for value in values], bad)


class Gate:
    """An engine whose calls wait until they are let through; `calls` are the rows of each."""

    def __init__(self):
        self.calls = []
        self.entered = threading.Semaphore(0)
        self.let_through = threading.Semaphore(0)

    def __call__(self, rows):
        self.calls.append([row[0] for row in rows])
        self.entered.release()
        assert self.let_through.acquire(timeout=DEADLINE_S)
        return double(rows)


@pytest.fixture
def threads():
    with ThreadPoolExecutor(80) as pool:
        yield pool


def until(condition):
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def ask_one_after_the_other(batches, threads, rows):
    """Start threads that ask, each when the one before waits in the queue."""
    asked = []
    for row in rows:
        asked.append(threads.submit(batches, [[row]]))
        until(lambda: len(batches._queue) == len(asked))
    return asked


def test_who_asks_alone_is_answered_in_its_own_thread():
    asked_in = []
    batches = Batches(lambda rows: asked_in.append(threading.get_ident()) or double(rows))
    assert batches([[1.0]]).predictions == [2.0]
    assert asyncio.run(batches.ask([[2.0], [3.0]])).predictions == [4.0, 6.0]
    assert asked_in == [threading.get_ident()] * 2
    assert batches.flushes == {("alone", 1): 1, ("alone", 2): 1}


def test_what_comes_during_a_call_goes_into_the_next_in_the_order_of_coming(threads):
    gate = Gate()
    batches = Batches(gate)
    first = threads.submit(batches, [[0.0]])
    assert gate.entered.acquire(timeout=DEADLINE_S)
    others = ask_one_after_the_other(batches, threads, range(1, 6))
    gate.let_through.release(2)
    assert [one.result(DEADLINE_S).predictions for one in [first, *others]] == [
        [2.0 * number] for number in range(6)
    ]
    assert gate.calls == [[0.0], [1, 2, 3, 4, 5]]
    assert batches.flushes == {("alone", 1): 1, ("gathered", 5): 1}
    assert batches.summary() == (
        "2 calls of the model: 1 alone (1.0 rows each, 1 at most), "
        "1 gathered (5.0 rows each, 5 at most)"
    )


def test_tasks_that_have_a_request_at_once_are_asked_together():
    calls = []
    batches = Batches(lambda rows: calls.append(len(rows)) or double(rows))

    async def ask():
        return await asyncio.gather(*(batches.ask([[float(i)]]) for i in range(20)))

    assert [one.predictions for one in asyncio.run(ask())] == [[2.0 * i] for i in range(20)]
    assert calls == [20]


def test_a_call_has_at_most_as_many_rows_as_a_request(threads):
    gate = Gate()
    batches = Batches(gate)
    first = threads.submit(batches, [[0.0]])
    assert gate.entered.acquire(timeout=DEADLINE_S)
    large = [threads.submit(batches, [[1.0]] * (MAX_ROWS - 1)) for _ in range(3)]
    until(lambda: len(batches._queue) == 3)
    gate.let_through.release(4)
    for one in [first, *large]:
        one.result(DEADLINE_S)
    assert batches.flushes == {
        ("alone", 1): 1,
        ("full", MAX_ROWS - 1): 2,
        ("alone", MAX_ROWS - 1): 1,
    }


def test_who_comes_when_as_many_wait_as_may_is_refused(threads):
    gate = Gate()
    batches = Batches(gate, most_waiting=2)
    first = threads.submit(batches, [[0.0]])
    assert gate.entered.acquire(timeout=DEADLINE_S)
    waiting = ask_one_after_the_other(batches, threads, [1.0, 2.0])
    with pytest.raises(Overloaded):
        batches([[3.0]])
    with pytest.raises(Overloaded):
        asyncio.run(batches.ask([[3.0]]))
    gate.let_through.release(2)
    assert [one.result(DEADLINE_S).predictions for one in [first, *waiting]] == [[0], [2], [4]]


@given(
    st.lists(
        st.lists(st.sampled_from([0.5, 1.0, math.inf, math.nan]), min_size=1, max_size=4),
        min_size=1,
        max_size=6,
    )
)
def test_asked_together_each_gets_what_it_gets_alone(asked):
    """A row that is out of range or raises fails alone, at its own place."""
    asked = [[[value] for value in values] for values in asked]
    for rows, outcome in zip(asked, ask_together(double, asked), strict=True):
        try:
            alone = double(rows)
        except ValueError:
            assert isinstance(outcome, ValueError)
        else:
            assert outcome == alone


def test_64_threads_with_cancellations_get_their_own_answers():
    """Half of the threads ask, half run loops whose tasks ask and are cancelled, at any moment."""
    batches = Batches(double)
    start = threading.Barrier(64)

    def ask(thread):
        start.wait(DEADLINE_S)
        for turn in range(50):
            value = float(thread * 1000 + turn)
            assert batches([[value], [value + 0.5]]).predictions == [2 * value, 2 * value + 1]

    async def ask_in_tasks(thread):
        start.wait(DEADLINE_S)
        for turn in range(10):
            values = [float(thread * 1000 + turn * 10 + task) for task in range(6)]
            tasks = [asyncio.ensure_future(batches.ask([[value]])) for value in values]
            await asyncio.sleep(0)
            for task in tasks[turn % 3 :: 3]:
                task.cancel()
            answers = await asyncio.gather(*tasks, return_exceptions=True)
            for value, answer in zip(values, answers, strict=True):
                if not isinstance(answer, asyncio.CancelledError):
                    assert answer.predictions == [2 * value]
            kept = [one for one in answers if isinstance(one, Outcome)]
            assert len(kept) >= 4

    with ThreadPoolExecutor(64) as pool:
        asked = [
            pool.submit(ask, number)
            if number % 2
            else pool.submit(asyncio.run, ask_in_tasks(number))
            for number in range(64)
        ]
        for one in asked:
            one.result(DEADLINE_S)
    assert batches([[1.0]]).predictions == [2.0]


def test_a_cancelled_task_is_not_asked_for_and_holds_nobody_up():
    calls = []
    batches = Batches(lambda rows: calls.append(rows) or double(rows))

    async def cancel_then_ask():
        tasks = [asyncio.ensure_future(batches.ask([[1.0]])) for _ in range(3)]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return await batches.ask([[2.0]])

    assert asyncio.run(cancel_then_ask()).predictions == [4.0]
    assert calls == [[[2.0]]]


def test_a_loop_that_has_ended_holds_nobody_up(threads):
    """Its tasks waited for a call of another thread."""
    gate = Gate()
    batches = Batches(gate)
    first = threads.submit(batches, [[0.0]])
    assert gate.entered.acquire(timeout=DEADLINE_S)
    loop = asyncio.new_event_loop()
    task = loop.create_task(batches.ask([[1.0]]))
    loop.run_until_complete(asyncio.sleep(0))
    task.cancel()
    loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
    loop.close()
    second = threads.submit(batches, [[2.0]])
    until(lambda: len(batches._queue) == 2)
    gate.let_through.release(2)
    assert [one.result(DEADLINE_S).predictions for one in (first, second)] == [[0.0], [4.0]]
    assert gate.calls == [[0.0], [2.0]]


def test_what_ends_the_thread_of_a_call_is_told_to_all_in_it_and_the_next_is_served(threads):
    gate = Gate()

    def engine(rows):
        outcome = gate(rows)
        if len(rows) > 1:
            raise SystemExit(1)
        return outcome

    batches = Batches(engine)
    first = threads.submit(batches, [[0.0]])
    assert gate.entered.acquire(timeout=DEADLINE_S)
    others = ask_one_after_the_other(batches, threads, [1.0, 2.0])
    gate.let_through.release(3)
    assert first.result(DEADLINE_S).predictions == [0.0]
    for one in others:
        with pytest.raises(SystemExit):
            one.result(DEADLINE_S)
    assert batches([[3.0]]).predictions == [6.0]


def test_the_batched_engine_answers_as_the_reference_does():
    directory = built_in_version("iris")
    batched, reference = open_version(directory, "batched"), open_version(directory, "sklearn")
    assert isinstance(batched.engine, Batches)
    rows = reference.sample.rows[:40]

    async def ask():
        return await asyncio.gather(*(batched.engine.ask([row]) for row in rows))

    for row, outcome in zip(rows, asyncio.run(ask()), strict=True):
        expected = reference.engine([row])
        assert outcome.predictions == expected.predictions
        assert outcome.probabilities[0] == pytest.approx(expected.probabilities[0], abs=1e-12)
