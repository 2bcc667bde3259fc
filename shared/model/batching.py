"""The batched engine: what is asked while the model answers goes into one next call.

Asking a model costs much a call and little a row. It never waits for more to come: the first that
asks is answered at once, and the others together when that call has ended. Threads ask by calling
it, tasks of an event loop await `ask`; a call is made in the thread or the loop of one of those
that wait.

That is gathering without a timer ("natural" or adaptive batching), as in a group commit.
"""

import asyncio
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from itertools import accumulate, chain, pairwise
from typing import Literal, Protocol, get_args

from shared.contract import MAX_ROWS
from shared.model.engine import Engine, Outcome, Rows
from shared.problems import Overloaded

MOST_WAITING = 1024
"""Requests that wait for one process's model; whoever comes then is refused."""

# Calls alone in a row after which other threads are let in at one call of `_LOOK_EVERY` only.
_TRIES = 4
_LOOK_EVERY = 16

Reason = Literal["alone", "gathered", "full"]
"""Why a call has the rows that it has: one request was there, all that were there, or more were
there than the rows of one call."""


class _Waiting(Protocol):
    """One that asked and waits; `lead` and `answer` may be called from any thread."""

    rows: Rows

    def lead(self) -> bool:
        """Have the next call made where this one waits; return whether that is possible."""

    def answer(self, outcome: Outcome | BaseException) -> None:
        """Hand the outcome over, or what is to be raised; only the first counts."""

    def gone(self) -> bool:
        """Whether nobody waits any more, because the task was cancelled."""


class Batches:
    """An engine that gathers requests for another one, which is called by one thread at a time.

    `flushes` : how many calls were made, by their reason and number of rows.
    """

    def __init__(self, engine: Engine, most_waiting: int = MOST_WAITING) -> None:
        self._engine = engine
        self._most_waiting = most_waiting
        self._lock = threading.Lock()
        self._queue: deque[_Waiting] = deque()
        self._led = False  # whether someone makes a call, or has been told to make the next one
        self._alone = 0  # calls in a row with one request
        self.flushes: Counter[tuple[Reason, int]] = Counter()

    def summary(self) -> str:
        """Return in words how many calls there were, for what reason and with how many rows."""
        parts = []
        for reason in get_args(Reason):
            sizes = Counter({rows: n for (why, rows), n in self.flushes.items() if why == reason})
            if calls := sizes.total():
                mean = sum(rows * n for rows, n in sizes.items()) / calls
                parts.append(f"{calls} {reason} ({mean:.1f} rows each, {max(sizes)} at most)")
        return f"{self.flushes.total()} calls of the model: {', '.join(parts) or 'none'}"

    def __call__(self, rows: Rows) -> Outcome:
        """Return the outcome for these rows; raises what the engine does, and `Overloaded`."""
        waiting = _WaitingThread(rows)
        if not self._enqueue(waiting):
            waiting.wait()
        else:
            self._let_threads_in()
        if waiting.outcome is None:
            self._flush()
        return waiting.result()

    async def ask(self, rows: Rows) -> Outcome:
        """Return the same without holding up the event loop while others are answered."""
        loop = asyncio.get_running_loop()
        waiting = _WaitingTask(rows, loop, self._flush)
        if self._enqueue(waiting):
            self._let_tasks_in(loop, here=0)
        return await waiting.future

    def _enqueue(self, waiting: _Waiting) -> bool:
        """Append one that waits; return whether it leads, that is has to make the next call."""
        with self._lock:
            if len(self._queue) >= self._most_waiting:
                raise Overloaded
            self._queue.append(waiting)
            leads, self._led = not self._led, True
        return leads

    def _let_threads_in(self) -> None:
        """Let other threads come that have a request by now, as long as there are more of them.

        They cannot while a call holds the interpreter, which most calls do from start to end.
        Giving it up takes some 0.1 ms, so whoever was alone lately does it only now and then.
        """
        here = 0
        while len(self._queue) > here and (self._alone < _TRIES or not self._alone % _LOOK_EVERY):
            here = len(self._queue)
            time.sleep(0)

    def _let_tasks_in(self, loop: asyncio.AbstractEventLoop, here: int) -> None:
        """Flush after the turns of the loop in which further tasks come."""
        if len(self._queue) > here:
            loop.call_soon(self._let_tasks_in, loop, len(self._queue))
        else:
            self._flush()

    def _flush(self) -> None:
        """Ask the engine for those that wait, then let one of those that came meanwhile lead."""
        batch = self._take()
        try:
            outcomes = ask_together(self._engine, [waiting.rows for waiting in batch])
            for waiting, outcome in zip(batch, outcomes, strict=True):
                waiting.answer(outcome)
        except BaseException as exc:
            for waiting in batch:
                waiting.answer(exc)
            raise
        finally:
            self._pass_on()

    def _take(self) -> list[_Waiting]:
        with self._lock:
            batch: list[_Waiting] = []
            rows = 0
            while self._queue and (not batch or rows + len(self._queue[0].rows) <= MAX_ROWS):
                waiting = self._queue.popleft()
                if not waiting.gone():
                    batch.append(waiting)
                    rows += len(waiting.rows)
            if batch:
                self._alone = self._alone + 1 if len(batch) == 1 else 0
                several: Reason = "alone" if self._alone else "gathered"
                self.flushes["full" if self._queue else several, rows] += 1
        return batch

    def _pass_on(self) -> None:
        while True:
            with self._lock:
                if not self._queue:
                    self._led = False
                    return
                first = self._queue[0]
            if first.lead():
                return
            with self._lock:
                self._queue.popleft()


class _WaitingThread:
    """A thread that asked; `outcome` is None until there is one, also when it is to lead."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.outcome: Outcome | BaseException | None = None
        self._woken = threading.Lock()
        self._woken.acquire()

    def wait(self) -> None:
        """Wait until it has an answer or is to lead."""
        self._woken.acquire()

    def lead(self) -> bool:
        self._woken.release()
        return True

    def answer(self, outcome: Outcome | BaseException) -> None:
        if self.outcome is None:
            self.outcome = outcome
            self._woken.release()

    def gone(self) -> bool:
        return False

    def result(self) -> Outcome:
        """Return the outcome, or raise it."""
        if isinstance(self.outcome, Outcome):
            return self.outcome
        raise self.outcome or RuntimeError("a call of the model was lost")


class _WaitingTask:
    """A task of an event loop that asked, and awaits `future`."""

    def __init__(
        self, rows: Rows, loop: asyncio.AbstractEventLoop, flush: Callable[[], None]
    ) -> None:
        self.rows = rows
        self.future: asyncio.Future[Outcome] = loop.create_future()
        self._loop = loop
        self._thread = threading.get_ident()
        self._flush = flush

    def lead(self) -> bool:
        return self._call(self._flush)

    def answer(self, outcome: Outcome | BaseException) -> None:
        if threading.get_ident() == self._thread:
            self._settle(outcome)
        else:
            self._call(self._settle, outcome)

    def gone(self) -> bool:
        return self.future.done()

    def _call(self, function: Callable[..., None], *arguments: object) -> bool:
        """Have the loop call a function; return False if it is closed."""
        try:
            self._loop.call_soon_threadsafe(function, *arguments)
        except RuntimeError:
            return False
        return True

    def _settle(self, outcome: Outcome | BaseException) -> None:
        if self.future.done():  # cancelled
            return
        if isinstance(outcome, Outcome):
            self.future.set_result(outcome)
        else:
            self.future.set_exception(outcome)


def ask_together(engine: Engine, asked: Sequence[Rows]) -> list[Outcome | Exception]:
    """Return the outcome for each item of `asked`, or what the engine raised for it, by one call.

    Only where that call fails is each asked by itself, so that one fails alone.
    """
    if len(asked) < 2:  # none, where all tasks were cancelled
        return [_ask(engine, rows) for rows in asked]
    try:
        together = engine(list(chain.from_iterable(asked)))
    except Exception:
        return [_ask(engine, rows) for rows in asked]
    ends = list(accumulate(map(len, asked)))
    return [_part(together, start, end) for start, end in pairwise([0, *ends])]


def _ask(engine: Engine, rows: Rows) -> Outcome | Exception:
    try:
        return engine(rows)
    except Exception as exc:
        return exc


def _part(outcome: Outcome, start: int, end: int) -> Outcome:
    """Return the outcome for a run of its rows."""
    predictions, probabilities, out_of_range = outcome
    return Outcome(
        predictions[start:end],
        None if probabilities is None else probabilities[start:end],
        tuple(index - start for index in out_of_range if start <= index < end),
    )
