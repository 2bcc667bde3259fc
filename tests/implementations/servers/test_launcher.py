"""Real servers: how each starts, answers and stops, and what is told when one does not start."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

import psutil
import pytest

from implementations.catalogue import find_stack
from implementations.errors import (
    CannotRunHere,
    DiedAtStart,
    NoRunDirectory,
    PortBusy,
    SilentAtStart,
)


def long(*values):
    return pytest.param(*values, marks=pytest.mark.long)


FORMS = [
    "wsgi:gunicorn",
    "wsgi:granian",
    "asgi:uvicorn",
    "asgi:uvicorn:2",
    long("asgi:granian"),
    *(long(f"{pair}:4") for pair in ("wsgi:gunicorn", "wsgi:granian", "asgi:uvicorn")),
]
SERVERS = ["gunicorn", "uvicorn", "granian"]

RAISES = "raise RuntimeError('this app is broken')"
BLOCKS = """
import threading

def create_app(service):
    threading.Event().wait()
"""


def get(url: str) -> tuple[int, bytes]:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.status, answer.read()


@pytest.mark.parametrize("name", FORMS)
def test_stack_starts_answers_and_stops_with_nothing_left(name, start, processes) -> None:
    running = start(name)
    assert get(f"{running.url}/api/count") == (200, b'{"count":1}')
    assert get(f"{running.url}/api/health") == (200, b'{"status":"ok"}')
    assert running.startup_s > 0
    assert running.settings["workers"] == str(running.stack.workers)
    pids = running.pids()
    assert len(running.worker_pids()) == running.stack.workers
    assert set(running.worker_pids()) <= set(pids)
    assert running.stop() == 0, running.output()
    assert running.stop() == 0, "a second stop changes nothing"
    assert processes() == []
    assert not any(psutil.pid_exists(pid) for pid in pids)


@pytest.mark.parametrize("listening", [True, False], ids=["ours", "other"])
def test_busy_port_is_refused_before_the_start(listening, start) -> None:
    with socket.socket() as other:
        if listening:
            port = start("wsgi:granian").port  # granian's own socket lets others bind the port
        else:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = other.getsockname()[1]
        with pytest.raises(PortBusy):
            start("wsgi:granian", port=port)


def test_given_port_is_served(start) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert start("wsgi:granian", port=port).url == f"http://127.0.0.1:{port}"


@pytest.mark.parametrize(
    ("server", "workers"),
    [*((server, 1) for server in SERVERS), ("uvicorn", 2), long("gunicorn", 2), long("granian", 2)],
)
def test_app_that_raises_died_with_its_words(server, workers, start, write_entry) -> None:
    interface = "asgi" if server == "uvicorn" else "wsgi"
    entry = write_entry(RAISES, interface)
    with pytest.raises(DiedAtStart, match="this app is broken") as caught:
        start(find_stack(f"mine:{server}:{workers}", [entry]))
    assert caught.value.status != 0
    assert "before it was ready; it printed:" in str(caught.value)


@pytest.mark.parametrize("server", SERVERS)
def test_app_that_never_comes_was_silent(server, start, write_entry) -> None:
    entry = write_entry(BLOCKS, "asgi" if server == "uvicorn" else "wsgi")
    with pytest.raises(SilentAtStart, match=r"was not ready within 2 s \(.+\), and printed"):
        start(find_stack(f"mine:{server}", [entry]), ready_timeout_s=2)


def test_missing_package_is_told_before_the_start(start, write_entry) -> None:
    entry = write_entry(RAISES, more='package = "podium-of-nobody"')
    with pytest.raises(CannotRunHere, match="podium-of-nobody not installed"):
        start(find_stack("mine", [entry]))


SHOWS_ITS_PROCESS = """
import json, os, sys

def create_app(service):
    def app(environ, start_response):
        if environ["PATH_INFO"] == "/api/health":
            text = '{"status":"ok"}'
        else:
            text = json.dumps({
                "hash": hash("podium"),
                "directory": os.getcwd(),
                "cores": sorted(os.sched_getaffinity(0)) if sys.platform == "linux" else None,
                "variables": dict(os.environ),
                "path": sys.path,
                "python": sys.executable,
                "signals": sorted(_ignored()),
            })
        start_response("200 OK", [("Content-Length", str(len(text)))])
        return [text.encode()]
    return app

def _ignored():
    import signal
    asked = (signal.SIGINT, signal.SIGTERM)
    return [s.name for s in asked if signal.getsignal(s) == signal.SIG_IGN]
"""


def test_processes_are_set_up_as_asked(start, write_entry, monkeypatch, run_root) -> None:
    for name in ("FLASK_DEBUG", "PYTHONOPTIMIZE", "GUNICORN_CMD_ARGS", "WEB_CONCURRENCY"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("OMP_NUM_THREADS", "64")
    entry = write_entry(SHOWS_ITS_PROCESS)
    core = min(os.sched_getaffinity(0)) if sys.platform == "linux" else None
    running = start(
        find_stack("mine:gunicorn", [entry]),
        hash_seed=7,
        cores=None if core is None else frozenset({core}),
    )
    told = json.loads(get(f"{running.url}/")[1])
    asked = [sys.executable, "-c", "print(hash('podium'))"]
    environment = os.environ | {"PYTHONHASHSEED": "7"}
    expected = subprocess.run(asked, env=environment, capture_output=True, check=True)
    assert told["hash"] == int(expected.stdout)
    assert told["cores"] == (None if core is None else [core])
    assert told["signals"] == []
    variables = told["variables"]
    assert not variables.keys() & {"FLASK_DEBUG", "PYTHONOPTIMIZE", "WEB_CONCURRENCY"}
    assert variables["OMP_NUM_THREADS"] == running.settings["OMP_NUM_THREADS"] == "1"
    assert Path(told["directory"]).parent == run_root
    importable = Path(variables["PYTHONPATH"])
    assert sorted(file.name for file in importable.iterdir()) == ["implementations", "shared"]
    assert str(entry) not in told["path"]


def test_entry_runs_under_an_interpreter_of_its_own(start, write_entry) -> None:
    entry = write_entry(SHOWS_ITS_PROCESS, more='python = "its own/bin/python"')
    environment = entry / "its own"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    [packages] = environment.glob("lib/python*/site-packages")
    # All packages that are installed here, without the line that makes the project importable.
    (packages / "all.pth").write_text(str(Path(pytest.__file__).parent.parent))
    running = start(find_stack("mine:granian", [entry]))
    told = json.loads(get(f"{running.url}/")[1])
    assert Path(told["python"]).parent == environment / "bin"


def test_model_is_kept_in_the_run_directory_where_the_cache_cannot_be_written(
    start, monkeypatch, run_root
) -> None:
    monkeypatch.setenv("PODIUM_CACHE_DIR", "/dev/null/cache")
    start("wsgi:granian")
    assert len(list(run_root.glob("podium-run-*/models/iris/1/model.skops"))) == 1


def test_a_directory_that_cannot_be_written_is_named(start, monkeypatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/dev/null")
    with pytest.raises(NoRunDirectory, match=r"/dev/null \(Not a directory\)"):
        start("wsgi:granian")


def test_what_was_left_by_a_power_cut_is_removed_at_the_next_start(start, run_root) -> None:
    left = run_root / "podium-run-left"
    left.mkdir()
    (left / "lock").touch()
    held = start("wsgi:granian")
    start("wsgi:granian")
    assert not left.exists()
    assert get(f"{held.url}/api/health")[0] == 200
    assert len(list(run_root.glob("podium-run-*"))) == 2


@pytest.mark.parametrize("name", ["wsgi:gunicorn", "wsgi:granian"])
def test_worker_that_is_killed_is_replaced(name, start, eventually) -> None:
    running = start(name)
    get(f"{running.url}/api/count")
    [victim, *_] = running.worker_pids()
    os.kill(victim, signal.SIGKILL)
    assert eventually(lambda: victim not in running.pids())

    def counted_on() -> bool:
        try:
            return get(f"{running.url}/api/count")[1] != b'{"count":1}'
        except OSError:
            return False

    assert eventually(counted_on)
    assert running.stop() == 0, running.output()


@pytest.mark.parametrize("name", [long("wsgi:gunicorn"), "asgi:uvicorn:2", long("asgi:granian")])
def test_killed_supervisor_takes_its_workers_along(name, start, processes) -> None:
    running = start(name)
    parents = {psutil.Process(pid).ppid() for pid in running.pids()}
    [supervisor] = parents & set(running.pids())
    os.kill(supervisor, signal.SIGKILL)
    assert running.wait() == 128 + signal.SIGKILL
    assert processes() == []
    assert running.stop() == 128 + signal.SIGKILL
