"""Other load generators, run as their documentation says, for comparison with the engine.

All send one POST with the same content again and again; none of them compares the answers.
"""

import json
import re
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

JSON_FIELD = "Content-Type: application/json"
GRACE_S = 30.0
LONG_S = 60
"""A duration longer than any turn."""


@dataclass(frozen=True)
class Request:
    """The request that all generators send: a POST of `content` to `url`."""

    url: str
    content: bytes


@dataclass(frozen=True)
class Reading:
    """Figures of one generator in one turn; `p50_us` if it prints one."""

    requests_per_s: float
    cpu_us_per_request: float | None
    p50_us: float | None = None


Rival = Callable[[Request, int, float, Collection[int] | None], Reading]
"""(request, connections, seconds, cores) -> its reading."""


def wrk(
    request: Request, connections: int, seconds: float, cores: Collection[int] | None
) -> Reading:
    """Run wrk (Will Glozer's), one thread, with its own median.

    It takes whole seconds only, but prints its figures when interrupted.
    """
    with TemporaryDirectory() as folder:
        # wrk takes a script for anything but GET.
        script = Path(folder) / "post.lua"
        body = "".join(f"\\{byte}" if byte > 9 else f"\\00{byte}" for byte in request.content)
        script.write_text(
            f'wrk.method = "POST"\nwrk.body = "{body}"\n'
            'wrk.headers["Content-Type"] = "application/json"\n'
        )
        command = ["wrk", "-t1", f"-c{connections}", f"-d{LONG_S}s", "--latency"]
        output, cpu_s = _run(
            [*command, "-s", str(script), request.url], cores, stop_after_s=seconds
        )
    answered = _number(r"(\d+) requests in", output)
    p50 = re.search(r"50%\s+([\d.]+)(us|ms|s)\b", output)
    scale = {"us": 1.0, "ms": 1e3, "s": 1e6}
    return Reading(
        _number(r"Requests/sec:\s+([\d.]+)", output),
        cpu_s / answered * 1e6,
        float(p50[1]) * scale[p50[2]] if p50 else None,
    )


def h2load(
    request: Request, connections: int, seconds: float, cores: Collection[int] | None
) -> Reading:
    """Run nghttp2's h2load over HTTP/1.1, one thread."""
    with TemporaryDirectory() as folder:
        content = Path(folder) / "content"
        content.write_bytes(request.content)
        command = ["h2load", "--h1", "-t1", f"-c{connections}", f"-D{round(seconds * 1000)}ms"]
        output, cpu_s = _run([*command, f"-d{content}", "-H", JSON_FIELD, request.url], cores)
    rate = _number(r"finished in [\d.]+m?s, ([\d.]+) req/s", output)
    answered = _number(r"requests: \d+ total, \d+ started, (\d+) done", output)
    return Reading(rate, cpu_s / answered * 1e6)


def hey(
    request: Request, connections: int, seconds: float, cores: Collection[int] | None
) -> Reading:
    """Run hey (Jaana Dogan's), written in Go, on one core."""
    with TemporaryDirectory() as folder:
        content = Path(folder) / "content"
        content.write_bytes(request.content)
        command = ["hey", "-cpus", "1", "-c", str(connections), "-z", f"{round(seconds * 1000)}ms"]
        sent = ["-m", "POST", "-T", "application/json", "-D", str(content), request.url]
        output, cpu_s = _run([*command, *sent], cores)
    rate = _number(r"Requests/sec:\s+([\d.]+)", output)
    return Reading(rate, cpu_s / (rate * _number(r"Total:\s+([\d.]+) secs", output)) * 1e6)


def stock(user: str) -> Rival:
    """Return a rival that runs Locust's `HttpUser` or `FastHttpUser`, one user per connection."""

    def run(
        request: Request, connections: int, seconds: float, cores: Collection[int] | None
    ) -> Reading:
        module = [sys.executable, "-P", "-m", "benchmarks.generators.stock", user]
        output, _ = _run(
            [*module, request.url, str(connections), str(seconds)], cores, request.content
        )
        figures = json.loads(output)
        return Reading(
            figures["answered"] / figures["duration_s"],
            figures["cpu_s"] / max(1, figures["answered"]) * 1e6,
        )

    return run


def available() -> dict[str, Rival]:
    """Return the generators that are installed here, by name."""
    programs: dict[str, Rival] = {"wrk": wrk, "h2load": h2load, "hey": hey}
    return {
        **{user: stock(user) for user in ("HttpUser", "FastHttpUser")},
        **{name: rival for name, rival in programs.items() if shutil.which(name)},
    }


def _run(
    command: list[str],
    cores: Collection[int] | None,
    stdin: bytes = b"",
    stop_after_s: float | None = None,
) -> tuple[str, float]:
    """Return the output of `command` and its CPU seconds; interrupt it after `stop_after_s`."""
    pin = ["taskset", "-c", ",".join(map(str, cores))] if cores and shutil.which("taskset") else []
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with subprocess.Popen(
        [*pin, *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for us
    ) as run:
        try:
            output, _ = run.communicate(stdin, stop_after_s or GRACE_S)
        except subprocess.TimeoutExpired:
            # Without a time to stop, it has outlived its grace period.
            run.send_signal(signal.SIGINT if stop_after_s else signal.SIGKILL)
            output, _ = run.communicate(timeout=GRACE_S)
        except BaseException:
            run.kill()  # after Ctrl-C, it must not load the target any longer
            raise
    if run.returncode:
        raise subprocess.CalledProcessError(run.returncode, command, output)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return output.decode(), cpu_s


def _number(pattern: str, text: str) -> float:
    found = re.search(pattern, text)
    if found is None:
        raise ValueError(f"no {pattern!r} in {text!r}")
    return float(found[1])
