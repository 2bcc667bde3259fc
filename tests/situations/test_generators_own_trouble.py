"""The generator's own trouble is the generator's: never a figure, or a fault, of the backend.

Each situation is made for real: a core that is taken, a quota, a process that is stopped, a system
without a local port or a file descriptor left.
"""

import errno
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.calibration import stored_calibration
from benchmarks.driver import SliceOrder, Target
from benchmarks.engine.driver import EngineDriver
from benchmarks.engine.loops.slices import run_closed
from benchmarks.engine.sockets.address import TargetAddress
from benchmarks.engine.sockets.pool import ConnectionPool, _connect_kind
from benchmarks.engine.sockets.request import EncodedExchange
from benchmarks.load_run import run_load
from benchmarks.machine.cores import usable_cores
from benchmarks.workload.workload import build_workload
from reports.analysis.generator_trouble import troubles
from reports.load.result import LoadResult
from reports.pages.load_terminal import describe
from reports.study.records import GENERATOR_FAILURES, Shape
from tests.benchmarks.engine.servers import CONTENT, response, serving
from tests.benchmarks.miniature import SAMPLE, Miniature

DEADLINE_S = 60.0
CHECKOUT = Path(__file__).parents[2]


def load(duration_s=0.5, connections=4, during=None, cores=None) -> LoadResult:
    """Load a server of one answer; `during(pid)` runs once requests are answered."""
    numbers = iter(range(1, 1 << 30))
    lock = threading.Lock()

    def count(connection, request, number):
        with lock:
            connection.sendall(response(b'{"count":%d}' % next(numbers)))
        return True

    with (
        serving(count) as server,
        EngineDriver([build_workload("count", seed=1, sample=SAMPLE)], cores) as driver,
    ):
        driver.open([])  # once it is ready
        waiting = threading.Thread(target=_once_answered, args=(server, driver, during))
        waiting.start()
        order = SliceOrder("a", "count", Shape(connections), duration_s, 1, 1)
        try:
            return run_load(driver, Target("a", server.url), order)
        finally:
            waiting.join(DEADLINE_S)


def _once_answered(server, driver, during) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while during and server.answered < 1000 and time.monotonic() < deadline:
        time.sleep(0.01)
    if during:
        during(driver.pids()[0])


def kinds(result: LoadResult) -> list[str]:
    return [limit.kind for limit in result.generator_limits]


@pytest.mark.parametrize(
    "code", [errno.EADDRNOTAVAIL, errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM]
)
def test_an_error_of_our_own_at_connecting_is_none_of_the_backend(code):
    assert _connect_kind(OSError(code, os.strerror(code))) in GENERATOR_FAILURES


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (errno.ECONNREFUSED, "refused"),
        (errno.EHOSTUNREACH, "refused"),
        (errno.ECONNRESET, "reset"),
        (errno.ETIMEDOUT, "timeout"),
        (errno.ENETUNREACH, "no_route"),
        (errno.EACCES, "no_route"),
        (errno.EPERM, "no_route"),
        (errno.EAFNOSUPPORT, "no_route"),
    ],
)
def test_every_other_error_at_connecting_is_sorted(code, kind):
    assert _connect_kind(OSError(code, os.strerror(code))) == kind


@contextmanager
def taken_core():
    """A core that another process uses all the time."""
    core = min(usable_cores())
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as busy:
        try:
            os.sched_setaffinity(busy.pid, {core})
            yield core
        finally:
            busy.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux pins and counts the wait")
def test_a_core_taken_by_another_process_is_said_before_any_number():
    # In half a second the scheduler may favour the generator.
    with taken_core() as core:
        results = (load(cores={core}) for _ in range(10))
        result = next(one for one in results if kinds(one))
    assert kinds(result)[0] == "core_taken"
    assert describe(result).startswith("The load generator was the limit: another process had")


def test_a_generator_that_was_stopped_says_so_and_keeps_its_longest_time_back():
    def stop(pid: int) -> None:
        os.kill(pid, signal.SIGSTOP)
        time.sleep(1.5)  # the pause itself
        os.kill(pid, signal.SIGCONT)

    result = load(duration_s=3.0, during=stop)
    assert set(kinds(result)) & {"paused", "core_taken"}
    assert result.response_max_us is None
    assert "hidden by pause" in describe(result)


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux pins and counts the wait")
def test_ceilings_that_were_measured_in_trouble_are_not_gone_by(tmp_path, monkeypatch):
    monkeypatch.setenv("PODIUM_CACHE_DIR", str(tmp_path))
    with taken_core():
        run = podium("calibrate")
    assert run.stdout.startswith("The load generator was the limit: another process had"), run
    known = stored_calibration()
    assert known is not None
    assert known.ceilings
    assert known.ceiling("count", 16) is None


@pytest.mark.parametrize(
    ("core_taken", "paused", "said"),
    [
        (0.3, 0.3, ["core_taken"]),
        (0.2, 0.8, ["paused", "core_taken"]),
        (0.05, 0.08, ["paused"]),
    ],
    ids=["paused by the other process", "stopped besides", "too little taken to be said"],
)
def test_a_taken_core_does_not_hide_a_longer_pause(core_taken, paused, said):
    found = troubles(
        throttled_ratio=0.0, core_taken_ratio=core_taken, paused_ratio=paused, failures={}
    )
    assert [limit.kind for limit in found] == said


def test_what_was_answered_during_a_pause_of_the_generator_is_no_timeout():
    def answer(connection, request, number):
        connection.sendall(response())
        return True

    def stream(address, pause_s):
        exchange = EncodedExchange(address.encode("POST", "/", b"{}"), CONTENT)
        for number in range(1 << 30):
            if number == 100:
                time.sleep(pause_s)  # the pause itself
            yield exchange

    with serving(answer) as server:
        address = TargetAddress.of(server.url)
        pool = ConnectionPool(address, timeout_s=1.0)
        outcome = run_closed(pool, stream(address, pause_s=1.5), 8, 2.0)
        pool.close_all()
    assert outcome.counted.failures == outcome.warm.failures == {}


def engine_locust(*prefix: str) -> str:
    """Return what Locust prints after two seconds of the engine's locustfile."""
    file = CHECKOUT / "benchmarks" / "engine" / "locustfile.py"
    command = [*prefix, sys.executable, "-m", "locust", "-f", str(file), "Count"]
    with Miniature().running() as miniature:
        run = subprocess.run(
            [*command, "--host", miniature.url, "--headless", "-u", "1", "-t", "2"],
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
            check=False,
        )
    return run.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux pins and counts the wait")
def test_the_engines_locustfile_logs_that_its_core_was_taken():
    with taken_core() as core:
        assert "another process had the generator's core" in engine_locust(
            "taskset", "-c", f"{core}"
        )


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has control groups")
def test_the_engines_locustfile_logs_that_a_quota_stopped_it():
    with quota(0.2) as prefix:
        assert "a CPU quota of 0.200 cores stopped the generator" in engine_locust(*prefix)


@contextmanager
def quota(cores: float):
    """A control group with a CPU quota; yields the command that starts a program in it."""
    unified, first = Path("/sys/fs/cgroup/cgroup.controllers"), Path("/sys/fs/cgroup/cpu")
    folder = (Path("/sys/fs/cgroup") if unified.exists() else first) / f"podium-{os.getpid()}"
    try:
        folder.mkdir()
    except OSError as exc:
        pytest.skip(f"control groups: not permitted here ({exc})")
    try:
        if unified.exists():
            (folder / "cpu.max").write_text(f"{int(cores * 100_000)} 100000")
        else:
            (folder / "cpu.cfs_quota_us").write_text(str(int(cores * 100_000)))
        script = f'echo $$ > {folder}/cgroup.procs && exec "$@"'
        yield ["sh", "-c", script, "sh"]
    except OSError as exc:
        pytest.skip(f"control groups: not permitted here ({exc})")
    finally:
        folder.rmdir()


def podium(*arguments: str, prefix=()) -> subprocess.CompletedProcess[str]:
    command = [*prefix, sys.executable, "-m", "podium", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=DEADLINE_S, check=False, cwd=CHECKOUT
    )


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has control groups")
def test_a_quota_that_stops_the_generator_is_said_with_its_size():
    with quota(0.2) as prefix:
        run = podium(
            *("load", "wsgi:granian", "--operation", "count", "--duration", "2", "--json"),
            prefix=prefix,
        )
    found = json.loads(run.stdout)["generator_limits"][0]
    assert (found["kind"], found["reference"]) == ("quota", 0.2)


def test_a_quota_is_said_however_many_cores_the_machine_has(monkeypatch):
    """Of 64 cores the generator uses one, for a tenth of the time stopped there."""
    monkeypatch.setattr("benchmarks.load_run.usable_cores", lambda: frozenset(range(64)))
    monkeypatch.setattr("benchmarks.machine.noise.throttled_s", lambda: time.monotonic() * 0.1)
    assert "quota" in kinds(load())


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has network namespaces")
@pytest.mark.parametrize(
    "rate",
    [
        pytest.param((), id="closed loop"),
        pytest.param(("--rate", "300"), id="open loop", marks=pytest.mark.long),
    ],
)
def test_a_lack_of_local_ports_is_said_before_the_numbers_and_no_fault_of_the_backend(rate):
    ports = "ip link set lo up && echo 40000 40039 > /proc/sys/net/ipv4/ip_local_port_range"
    prefix = ["unshare", "--net", "sh", "-c", f'{ports} && exec "$@"', "sh"]
    if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode:
        pytest.skip("network namespaces: not permitted here")
    run = podium(
        *("load", "wsgi:granian", "--operation", "count", "--duration", "1", "--json"),
        *("--connections", "60", *rate),
        prefix=prefix,
    )
    result = json.loads(run.stdout)
    assert "no_port" in [limit["kind"] for limit in result["generator_limits"]]
    assert result["failures"] == {}
    assert result["unsent"] > 0
    assert run.returncode == 1


def test_a_lack_of_file_descriptors_is_refused_before_the_run():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    run = podium(
        *("load", "wsgi:granian", "--operation", "count", "--duration", "1"),
        *("--connections", "90"),
        prefix=["sh", "-c", 'ulimit -n 100 && exec "$@"', "sh"],
    )
    assert hard != 100
    assert run.returncode == 2
    assert "open files" in run.stderr
    assert "Traceback" not in run.stderr
