"""What running processes have of their settings comes from the kernel, not from what was asked."""

import os
import platform
import resource
import socket
import subprocess
import sys
from importlib.metadata import version

import pytest

from implementations.catalogue import find_stack
from implementations.launching.launcher import LaunchOptions, launch
from implementations.launching.read_back import read_back

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")

CHILD = "import sys; print(flush=True); sys.stdin.read()"


@pytest.fixture
def child():
    """A process with limits, cores and a variable of its own."""
    core = min(os.sched_getaffinity(0))

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (123, 456))
        os.sched_setaffinity(0, {core})

    with subprocess.Popen(
        [sys.executable, "-c", CHILD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"OMP_NUM_THREADS": "3"},
        preexec_fn=limit,  # noqa: PLW1509 (no thread runs here)
    ) as process:
        process.stdout.readline()
        yield process.pid, str(core)
        process.stdin.close()


def test_limits_cores_and_variables_are_those_of_the_process(child):
    pid, core = child
    found = read_back([pid], 0, ["OMP_NUM_THREADS", "NO_SUCH_VARIABLE"], {})
    assert found == {
        "open_files": "123",
        "cores": core,
        "processes": "1",
        "threads_running": "1",
        "OMP_NUM_THREADS": "3",
    }


def test_processes_that_differ_show_all_their_values(child):
    pid, _ = child
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert set(read_back([pid, os.getpid()], 0, [], {})["open_files"].split(", ")) == {
        "123",
        str(soft),
    }


@pytest.mark.parametrize("backlog", [7, 100])
def test_the_backlog_is_that_of_the_listening_socket(backlog):
    with socket.create_server(("127.0.0.1", 0), backlog=backlog) as listener:
        assert read_back([], listener.getsockname()[1], [], {})["backlog"] == str(backlog)


def test_a_process_that_has_ended_has_nothing():
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    assert read_back([process.pid], 0, ["PATH"], {"event_loop": "uvloop"}) == {
        "processes": "1",
        "threads_running": "0",
    }


@pytest.mark.parametrize("asked", [{"event_loop": "uvloop"}, {"http_parser": "httptools"}])
def test_a_library_that_is_not_loaded_is_found_missing(child, asked):
    pid, _ = child
    (name, value), *_ = asked.items()
    assert read_back([pid], 0, [], asked)[name] == f"not {value}"


@pytest.mark.parametrize("name", ["flask:gunicorn", "asgi:uvicorn", "asgi:granian", "wsgi:granian"])
def test_every_server_has_what_was_asked_for_it(name):
    stack = find_stack(name)
    core = frozenset({min(os.sched_getaffinity(0))})
    with launch(stack, LaunchOptions(cores=core)) as server:
        found, asked, versions = server.read_back(), server.settings, server.versions()
    assert found["cores"] == str(min(core))
    known = found.keys() & asked.keys()
    libraries = {key for key, value in asked.items() if value in ("uvloop", "httptools")}
    assert known >= {"open_files", "backlog", *stack.server.environment, *libraries}
    assert {key: found[key] for key in known} == {key: asked[key] for key in known}
    own = {package: version(package) for package in (*stack.packages, "pydantic", "orjson")}
    assert own.items() <= versions.items()
    assert versions["Python"] == platform.python_version()
    assert versions.get("GIL") in (None, "on", "off")
