"""Other load generators, run as their documents say, for comparison with the engine.

All send one POST with the same content again and again; none of them compares the answers.
"""

import json
import os
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

JSON_FIELD = "Content-Type: application/json"
GRACE_S = 30.0


@dataclass(frozen=True)
class Request:
    """What is asked: a POST of `content` to `url`."""

    url: str
    content: bytes


@dataclass(frozen=True)
class Reading:
    """What one generator did in one go; `p50_us` where it tells one."""

    requests_per_s: float
    cpu_us_per_request: float | None
    p50_us: float | None = None


Rival = Callable[[Request, int, float, Collection[int] | None], Reading]
"""(request, connections, seconds, cores) -> what it did."""


def wrk(
    request: Request, connections: int, seconds: float, cores: Collection[int] | None
) -> Reading:
    """wrk (Will Glozer's), one thread, with its own median."""
    with TemporaryDirectory() as folder:
        # wrk takes whole seconds and a script for anything but GET.
        script = Path(folder) / "post.lua"
        body = "".join(f"\\{byte}" if byte > 9 else f"\\00{byte}" for byte in request.content)
        script.write_text(
            f'wrk.method = "POST"\nwrk.body = "{body}"\n'
            'wrk.headers["Content-Type"] = "application/json"\n'
        )
        command = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--latency"]
        output, cpu_s = _run([*command, "-s", str(script), request.url], cores)
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
    """nghttp2's h2load over HTTP/1.1, one thread."""
    with TemporaryDirectory() as folder:
        content = Path(folder) / "content"
        content.write_bytes(request.content)
        command = ["h2load", "--h1", "-t1", f"-c{connections}", f"-D{max(1, round(seconds))}"]
        output, cpu_s = _run([*command, f"-d{content}", "-H", JSON_FIELD, request.url], cores)
    rate = _number(r"finished in [\d.]+m?s, ([\d.]+) req/s", output)
    answered = _number(r"requests: \d+ total, \d+ started, (\d+) done", output)
    return Reading(rate, cpu_s / answered * 1e6)


def stock(user: str) -> Rival:
    """Locust's own `HttpUser` or `FastHttpUser`, one user a connection."""

    def run(
        request: Request, connections: int, seconds: float, cores: Collection[int] | None
    ) -> Reading:
        module = [sys.executable, "-P", "-m", "benchmarks.engine.stock", user]
        output, _ = _run(
            [*module, request.url, str(connections), str(seconds)], cores, request.content
        )
        told = json.loads(output)
        return Reading(
            told["answered"] / told["duration_s"], told["cpu_s"] / max(1, told["answered"]) * 1e6
        )

    return run


def available() -> dict[str, Rival]:
    """The generators that are installed here, by name."""
    programs: dict[str, Rival] = {"wrk": wrk, "h2load": h2load}
    return {
        **{user: stock(user) for user in ("HttpUser", "FastHttpUser")},
        **{name: rival for name, rival in programs.items() if shutil.which(name)},
    }


def _run(
    command: list[str], cores: Collection[int] | None, stdin: bytes = b""
) -> tuple[str, float]:
    """What `command` printed, and the CPU seconds that it took."""
    pin = ["taskset", "-c", ",".join(map(str, cores))] if cores and shutil.which("taskset") else []
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [*pin, *command],
        input=stdin,
        stdout=subprocess.PIPE,
        check=True,
        timeout=GRACE_S,
        env=os.environ,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return done.stdout.decode(), cpu_s


def _number(pattern: str, text: str) -> float:
    found = re.search(pattern, text)
    if found is None:
        raise ValueError(f"no {pattern!r} in {text!r}")
    return float(found[1])
