"""Nothing is left behind, whoever dies: the owner, the keeper, both, at any moment."""

import os
import signal
import subprocess
import sys
import time

import pytest

from implementations.launching.run_directory import make_run_directory

OWNER = """
import os, sys, time
from implementations.catalogue import find_stack
from implementations.launching.launcher import LaunchOptions, launch

print("launching", flush=True)
running = launch(find_stack(sys.argv[1]))
if "fork" in sys.argv:
    if os.fork() == 0:
        time.sleep(60)
        os._exit(0)
print("ready", flush=True)
running.wait()
"""


def long(value):
    return pytest.param(value, marks=pytest.mark.long)


def is_keeper(process):
    return any(part.endswith("/keeper.py") for part in process.cmdline())


@pytest.fixture
def own(tmp_path):
    """Starts a process that owns a stack; gives it when it has printed a word."""
    started = []

    def start_owner(name, word, *more):
        owner = subprocess.Popen(
            [sys.executable, "-c", OWNER, name, *more],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            text=True,
        )
        started.append(owner)
        while (line := owner.stdout.readline()) != f"{word}\n":
            assert line, "the owner has ended"
        return owner

    yield start_owner
    for owner in started:
        owner.kill()
        owner.wait()
        owner.stdout.close()


@pytest.mark.parametrize("name", [long("wsgi:gunicorn"), "asgi:uvicorn:2", long("wsgi:granian:2")])
def test_owner_that_is_killed_takes_all_along(name, own, processes, eventually, run_root) -> None:
    owner = own(name, "ready")
    assert len(processes()) > 2
    owner.kill()
    owner.wait()
    assert eventually(lambda: not processes())
    assert list(run_root.iterdir()) == []


def test_owner_is_missed_though_its_child_holds_the_pipe(own, processes, eventually) -> None:
    owner = own("wsgi:granian", "ready", "fork")
    [child] = [
        process for process in processes() if process.ppid() == owner.pid and not is_keeper(process)
    ]
    owner.kill()
    owner.wait()
    assert eventually(lambda: processes() == [child])
    child.kill()


@pytest.mark.parametrize("name", [long("wsgi:gunicorn"), "asgi:uvicorn:2", long("wsgi:granian:2")])
def test_killed_keeper_leaves_nothing_that_stop_does_not_find(name, start, processes) -> None:
    running = start(name)
    [keeper] = [process for process in processes() if is_keeper(process)]
    keeper.kill()
    assert running.stop() == 128 + signal.SIGKILL
    assert processes() == []


@pytest.mark.parametrize("name", [long("wsgi:gunicorn"), long("asgi:uvicorn:2"), "wsgi:granian:2"])
def test_keeper_and_owner_killed_at_once_end_all(
    name, own, processes, eventually, run_root
) -> None:
    owner = own(name, "ready")
    [keeper] = [process for process in processes() if process.ppid() == owner.pid]
    for process in (owner.pid, keeper.pid):
        os.kill(process, signal.SIGKILL)
    owner.wait()
    assert eventually(lambda: not processes())

    def swept_by_the_next_start() -> bool:
        run = make_run_directory()
        run.let_go()
        run.remove()
        return not list(run_root.iterdir())

    assert eventually(swept_by_the_next_start)


@pytest.mark.parametrize("delay_s", [0.0, 0.1, 0.5, *(long(step / 20) for step in range(1, 40))])
def test_interrupt_while_launching_leaves_nothing(delay_s, own, processes, eventually) -> None:
    owner = own("asgi:uvicorn:2", "launching")
    time.sleep(delay_s)  # not a wait for anything: the moment of the interrupt
    owner.send_signal(signal.SIGINT)
    assert owner.wait(60) != 0
    assert eventually(lambda: not processes())


def test_what_does_not_end_in_time_is_killed(start, processes) -> None:
    running = start("wsgi:granian", grace_s=0.5)
    os.kill(running.pids()[0], signal.SIGSTOP)
    assert running.stop() == 128 + signal.SIGKILL
    assert processes() == []


def test_kill_does_not_wait_for_the_grace_period(start, processes) -> None:
    running = start("wsgi:granian", grace_s=3600)
    os.kill(running.pids()[0], signal.SIGSTOP)
    assert running.kill() == 128 + signal.SIGKILL
    assert processes() == []
