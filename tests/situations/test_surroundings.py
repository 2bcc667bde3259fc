"""What surrounds a server is podium's, equal for all, and shown; nothing of it is the caller's."""

import http.client
import json
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import psutil
import pytest

from implementations.catalogue import find_stack
from implementations.launching.launcher import LaunchOptions, RunningStack, _environment, launch
from implementations.launching.run_directory import make_run_directory
from shared.model.built_in import built_in_version
from shared.settings import Settings

# One of each server.
STACKS = ["flask:gunicorn", "asgi:uvicorn", "wsgi:granian"]
SETTINGS = {f"PODIUM_{name.upper()}": "1" for name in Settings.model_fields}
# What servers, frameworks, Python, numeric libraries, and clients of HTTP look for.
FOREIGN = {
    **dict.fromkeys(("SCRIPT_NAME", "PATH_INFO", "PWD"), "/x"),
    **dict.fromkeys(("WEB_CONCURRENCY", "UVICORN_WORKERS", "GRANIAN_WORKERS"), "3"),
    **dict.fromkeys(("GUNICORN_CMD_ARGS",), "--workers 3 --bind 127.0.0.1:1"),
    **dict.fromkeys(("UVICORN_HOST", "GRANIAN_HOST", "HOST"), "192.0.2.1"),
    **dict.fromkeys(("PORT", "UVICORN_PORT", "GRANIAN_PORT"), "1"),
    **dict.fromkeys(("GUNICORN_FD", "LISTEN_FDS", "LISTEN_PID", "NOTIFY_SOCKET"), "0"),
    **dict.fromkeys(("HTTP_AUTHORIZATION", "HTTP_TRANSFER_ENCODING", "CONTENT_LENGTH"), "7"),
    **dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY"), "http://127.0.0.1:1"),
    **dict.fromkeys(("PYTHONOPTIMIZE", "PYTHONASYNCIODEBUG", "PYTHONDEVMODE"), "1"),
    **dict.fromkeys(("FLASK_DEBUG", "SENDFILE", "MALLOC_ARENA_MAX", "SCIPY_ARRAY_API"), "1"),
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "64"),
}  # fmt: skip
PODIUM_OWN = {
    *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"),
    *("PYTHONPATH", "PYTHONHASHSEED", "PYTHONUNBUFFERED", "PODIUM_ENTRY_DIRECTORY"),
    "PODIUM_ENTRY_PACKAGES",
}
# Above what gunicorn takes by default (1,000), and granian (2,048).
MANY = 2200


@pytest.mark.parametrize("variable", [*SETTINGS, *FOREIGN])
def test_no_variable_of_the_caller_reaches_a_server(variable, monkeypatch) -> None:
    stack, options = find_stack("wsgi:granian"), LaunchOptions(settings=Settings(grace_s=3))
    run = make_run_directory()
    try:
        monkeypatch.delenv(variable, raising=False)
        without = _environment(stack, options, run)
        monkeypatch.setenv(variable, {**SETTINGS, **FOREIGN}[variable])
        assert _environment(stack, options, run) == without
    finally:
        run.let_go()
        run.remove()


@contextmanager
def soft_limit(soft: int) -> Iterator[None]:
    """Sets this process's soft limit of open files meanwhile."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@contextmanager
def blocked(signals: set[signal.Signals]) -> Iterator[None]:
    """Blocks signals in this thread meanwhile."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@pytest.fixture(scope="module", params=STACKS)
def surrounded(request) -> Iterator[RunningStack]:
    """A server whose caller has foreign variables, blocked signals and a low limit of files."""
    stops = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD}
    with pytest.MonkeyPatch.context() as patch, blocked(stops), soft_limit(256):
        for variable, value in (SETTINGS | FOREIGN).items():
            patch.setenv(variable, value)
        running = launch(find_stack(request.param), LaunchOptions(settings=Settings()))
    with running:
        yield running
        assert running.stop() == 0, running.output()


def test_a_server_runs_in_hostile_surroundings_as_in_none(surrounded) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", surrounded.port, timeout=10)
    for count in (1, 2):
        connection.request("GET", "/api/count")
        assert json.loads(connection.getresponse().read()) == {"count": count}
    connection.close()
    assert len(surrounded.worker_pids()) == 1
    assert surrounded.model_directory == built_in_version("iris")
    known = {*PODIUM_OWN, "PATH", "HOME", "TMPDIR", "LANG", "TZ", *SETTINGS}
    known |= {"OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"}
    for pid in surrounded.pids():
        found = psutil.Process(pid).environ()
        added = {"SERVER_SOFTWARE"} if "gunicorn" in surrounded.stack.name else set()
        assert {one for one in found if not one.startswith(("LC_", "SSL_", "LD_"))} <= known | added
        assert not [one for one in found.values() if "192.0.2.1" in one]


@pytest.mark.skipif(sys.platform != "linux", reason="psutil reads limits on Linux only")
def test_a_server_may_open_as_many_files_as_the_system_lets_it(surrounded) -> None:
    for pid in surrounded.pids():
        limits = psutil.Process(pid).rlimit(psutil.RLIMIT_NOFILE)
        assert limits[0] == int(surrounded.settings["open_files"]) > 256


@pytest.mark.parametrize(
    "surrounded",
    [
        "flask:gunicorn",
        "wsgi:granian",
        *(pytest.param(name, marks=pytest.mark.long) for name in ("asgi:uvicorn", "asgi:granian")),
    ],
    indirect=True,
)
def test_no_server_bounds_its_connections_below_the_others(surrounded) -> None:
    """More clients than any server takes by default are all answered while all stay connected."""
    with soft_limit(resource.getrlimit(resource.RLIMIT_NOFILE)[1]), ExitStack() as opened:
        clients = [
            opened.enter_context(
                closing(http.client.HTTPConnection("127.0.0.1", surrounded.port, timeout=30))
            )
            for _ in range(MANY)
        ]
        for client in [*clients, clients[0]]:
            client.request("GET", "/api/health")
            with client.getresponse() as answer:
                assert (answer.status, answer.read()) == (200, b'{"status":"ok"}')
            assert client.sock is not None, "the server has closed"


@pytest.mark.skipif(sys.platform != "linux", reason="/proc says which signals are blocked")
def test_no_signal_that_the_caller_has_blocked_is_blocked_in_a_server(surrounded) -> None:
    """It would not end when it is stopped, and be killed with what it was answering."""
    for pid in surrounded.pids():
        status = Path(f"/proc/{pid}/status").read_text()
        assert int(dict(line.split(":\t") for line in status.splitlines())["SigBlk"], 16) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has network namespaces")
def test_a_back_log_that_the_system_cuts_is_shown_as_it_is_and_said() -> None:
    script = """
from implementations.catalogue import find_stack
from implementations.launching.launcher import launch
with launch(find_stack("wsgi:granian")) as running:
    print(running.settings["backlog"])
"""
    cut = "ip link set lo up && echo 16 > /proc/sys/net/core/somaxconn"
    prefix = ["unshare", "--net", "sh", "-c", f'{cut} && exec "$@"', "sh"]
    if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode:
        pytest.skip("network namespaces: not permitted here")
    run = subprocess.run(
        [*prefix, sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert run.stdout == "16\n", run.stderr
    assert "16 connections wait at a server, not 2048 (net.core.somaxconn)" in run.stderr


def test_the_models_directory_is_found_from_any_folder(tmp_path, monkeypatch) -> None:
    """A relative path is one from where the caller stands, not from where the server runs."""
    shutil.copytree(built_in_version("iris"), tmp_path / "own")
    monkeypatch.chdir(tmp_path)
    options = LaunchOptions(settings=Settings(model="./own"))
    with launch(find_stack("wsgi:granian"), options) as running:
        assert running.model_directory == tmp_path / "own"
