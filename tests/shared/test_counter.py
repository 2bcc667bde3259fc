"""The counter is exact over threads, processes, forks and kills."""

import contextlib
import json
import os
import random
import selectors
import signal
import struct
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path

import pytest

from shared.counter import MappedCounter, MemoryCounter, create_counter_file
from shared.errors import CounterFileUnusable

TIMEOUT_S = 60

# Each of its threads counts `times` times and writes every number that it got.
COUNTING_PROCESS = """
import json, sys, threading
from pathlib import Path
from shared.counter import MappedCounter

counter = MappedCounter(Path(sys.argv[1]))
threads, times = int(sys.argv[2]), int(sys.argv[3])
numbers = [[] for _ in range(threads)]

def count(own):
    for _ in range(times):
        own.append(counter.increment())

running = [threading.Thread(target=count, args=(own,)) for own in numbers]
for thread in running: thread.start()
for thread in running: thread.join()
print(json.dumps(numbers))
"""

# Threads count all the time while children are forked, each of which counts in threads as well.
FORKING_PROCESS = """
import os, sys, threading, warnings
from pathlib import Path
from shared.counter import MappedCounter

warnings.simplefilter("ignore", DeprecationWarning)  # of forking beside threads, from 3.12 on
counter = MappedCounter(Path(sys.argv[1]))
forks, times = int(sys.argv[2]), int(sys.argv[3])
done = threading.Event()
counted = [0, 0]

def count_until_done(slot):
    while not done.is_set():
        counter.increment()
        counted[slot] += 1

def count_in_child():
    threads = [threading.Thread(target=lambda: [counter.increment() for _ in range(times)])
               for _ in range(2)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()

threads = [threading.Thread(target=count_until_done, args=(slot,)) for slot in range(2)]
for thread in threads: thread.start()
children = []
for _ in range(forks):
    child = os.fork()
    if not child:
        count_in_child()
        os._exit(0)
    children.append(child)
statuses = [os.waitpid(child, 0)[1] for child in children]
done.set()
for thread in threads: thread.join()
print(sum(counted) + 2 * forks * times, statuses == [0] * forks)
"""

# Counts and tells each number, 8 bytes at once, until it is killed.
ENDLESS_PROCESS = """
import os, struct, sys
from pathlib import Path
from shared.counter import MappedCounter

counter = MappedCounter(Path(sys.argv[1]))
while True:
    os.write(1, struct.pack("Q", counter.increment()))
"""

# Counts once and is killed right before, or right after, the lock is asked for or given back.
DYING_PROCESS = """
import fcntl, os, signal, sys
from pathlib import Path
from shared.counter import MappedCounter

counter = MappedCounter(Path(sys.argv[1]))
operation = getattr(fcntl, sys.argv[2])
lockf = fcntl.lockf

def die(fd, asked):
    if asked == operation and sys.argv[3] == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    lockf(fd, asked)
    if asked == operation and sys.argv[3] == "after":
        os.kill(os.getpid(), signal.SIGKILL)

fcntl.lockf = die
counter.increment()
"""

# Takes the lock, and when it is told to also counts to 41, but never gives the lock back.
HOLDING_PROCESS = """
import fcntl, struct, sys

file = open(sys.argv[1], "r+b", buffering=0)
fcntl.lockf(file, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.readline()
file.seek(8)
file.write(struct.pack("Q", 41))
print("counted to 41", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "counter"
    create_counter_file(path)
    return path


@pytest.fixture
def counter(path):
    with contextlib.closing(MappedCounter(path)) as counter:
        yield counter


def python(script, *arguments):
    return [sys.executable, "-c", script, *map(str, arguments)]


def output(process):
    out, err = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 0, err
    return out


@pytest.fixture(params=["memory", "mapped"])
def any_counter(request):
    if request.param == "memory":
        return MemoryCounter()
    return request.getfixturevalue("counter")


def test_counting_starts_at_one_and_rises_by_one(any_counter):
    assert [any_counter.increment() for _ in range(5)] == [1, 2, 3, 4, 5]


def test_threads_count_exactly(any_counter):
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda _: any_counter.increment(), range(4000)))
    assert sorted(numbers) == list(range(1, 4001))


def test_the_count_outlives_its_processes(path):
    for expected in (1, 2):
        with contextlib.closing(MappedCounter(path)) as counter:
            assert counter.increment() == expected


def test_the_count_has_64_bits(path):
    content = path.read_bytes()
    path.write_bytes(content[:8] + struct.pack("Q", 2**40))
    with contextlib.closing(MappedCounter(path)) as counter:
        assert counter.increment() == 2**40 + 1


def test_processes_and_their_threads_count_exactly(path, counter):
    """4 processes of 3 threads: no number twice, none left out, rising in each thread."""
    running = [
        subprocess.Popen(
            python(COUNTING_PROCESS, path, 3, 1000), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(4)
    ]
    threads = [thread for process in running for thread in json.loads(output(process))]
    assert len(threads) == 12
    assert all(numbers == sorted(numbers) for numbers in threads)
    assert sorted(chain.from_iterable(threads)) == list(range(1, 12_001))
    assert counter.increment() == 12_001


def test_forks_at_any_moment_count_exactly(path, counter):
    """Also while another thread is inside the counter, which in the child is gone for ever."""
    process = subprocess.Popen(
        python(FORKING_PROCESS, path, 30, 50), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    total, children_ended_well = output(process).split()
    assert children_ended_well == b"True"
    assert counter.increment() == int(total) + 1


@pytest.mark.parametrize(
    ("operation", "moment", "counted"),
    [
        ("LOCK_EX", "before", 0),
        ("LOCK_EX", "after", 0),
        ("LOCK_UN", "before", 1),
        ("LOCK_UN", "after", 1),
    ],
)
def test_a_process_killed_inside_the_counter_blocks_nobody(
    path, counter, operation, moment, counted
):
    """Its increment is either made or not, and the lock that it held is free."""
    status = subprocess.call(python(DYING_PROCESS, path, operation, moment), timeout=TIMEOUT_S)
    assert status == -signal.SIGKILL
    assert counter.increment() == counted + 1


def test_the_lock_is_waited_for_and_freed_by_the_kill_of_its_holder(path, counter):
    holder = subprocess.Popen(
        python(HOLDING_PROCESS, path), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout.readline() == b"held\n"
    numbers = []
    waiting = threading.Thread(target=lambda: numbers.append(counter.increment()))
    waiting.start()
    holder.stdin.write(b"count\n")
    holder.stdin.flush()
    assert holder.stdout.readline() == b"counted to 41\n"
    holder.kill()
    waiting.join(TIMEOUT_S)
    holder.communicate()
    assert numbers == [42], "the counter did not wait for the lock"


class Told:
    """What endless counting processes tell of their numbers."""

    def __init__(self, path):
        self._path = path
        self._selector = selectors.DefaultSelector()
        self.numbers = {}

    def start(self):
        process = subprocess.Popen(python(ENDLESS_PROCESS, self._path), stdout=subprocess.PIPE)
        self.numbers[process] = []
        self._selector.register(process.stdout, selectors.EVENT_READ, process)
        return process

    def read_more(self, processes, how_many):
        """Reads until each of the processes told `how_many` more numbers."""
        goals = {process: len(self.numbers[process]) + how_many for process in processes}
        deadline = time.monotonic() + TIMEOUT_S
        while any(len(self.numbers[process]) < goal for process, goal in goals.items()):
            assert time.monotonic() < deadline, "a survivor counts no more"
            for key, _ in self._selector.select(timeout=1):
                self._read(key.data)

    def kill(self, process):
        process.kill()
        process.wait()
        while self._read(process):
            pass
        self._selector.unregister(process.stdout)
        process.stdout.close()

    def _read(self, process):
        # A multiple of 8; a pipe keeps writes of 8 bytes whole (POSIX, PIPE_BUF).
        content = os.read(process.stdout.fileno(), 8 * 1024)
        self.numbers[process] += [number for (number,) in struct.iter_unpack("Q", content)]
        return content


def test_processes_killed_at_random_lose_no_count_and_block_nobody(path, counter):
    chance = random.Random(20240607)
    told = Told(path)
    running = [told.start() for _ in range(3)]
    kills = 12
    try:
        for _ in range(kills):
            told.read_more(running, chance.randrange(1, 200))
            told.kill(running.pop(chance.randrange(len(running))))
            told.read_more(running, 50)
            running.append(told.start())
    finally:
        for process in running:
            told.kill(process)
    numbers = [number for own in told.numbers.values() for number in own]
    assert len(set(numbers)) == len(numbers), "a number was given twice"
    assert all(own == sorted(own) for own in told.numbers.values())
    # Each killed process may have counted once without being able to tell it.
    untold = counter.increment() - 1 - len(numbers)
    assert 0 <= untold <= len(told.numbers)


def test_a_new_file_takes_nobody_elses_place(path):
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        create_counter_file(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"", bytes(16), b"podiumN1", b"podiumN1" + bytes(9)])
def test_a_file_that_is_no_counter_is_refused(tmp_path, content):
    path = tmp_path / "counter"
    path.write_bytes(content)
    with pytest.raises(CounterFileUnusable, match="is not a counter"):
        MappedCounter(path)
    assert path.read_bytes() == content


def test_a_missing_file_is_refused_and_not_made(tmp_path):
    with pytest.raises(CounterFileUnusable, match="No such file"):
        MappedCounter(tmp_path / "counter")
    assert list(tmp_path.iterdir()) == []


def test_a_closed_counter_leaves_no_descriptor(path):
    before = sorted(Path("/dev/fd").iterdir())
    MappedCounter(path).close()
    assert sorted(Path("/dev/fd").iterdir()) == before
