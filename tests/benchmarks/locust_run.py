"""Runs Locust on our locustfiles: headless, as a process."""

import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

RUN_TIMES_S = (1, 4, 16, 32)


def long_enough(
    run: Callable[[str], subprocess.CompletedProcess], enough: Callable[[], bool]
) -> subprocess.CompletedProcess:
    """The first run that was long enough, however slow the machine; `run` takes a run time."""
    for seconds in RUN_TIMES_S:
        done = run(str(seconds))
        if enough():
            break
    return done


def run_locust(locustfile: Path, url: str, *arguments: str) -> subprocess.CompletedProcess:
    """A short headless run against `url`."""
    return subprocess.run(
        [
            *(sys.executable, "-m", "locust", "-f", locustfile, "--host", url, "--headless"),
            *("--only-summary", "--stop-timeout", "5", *arguments),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=100,
        check=False,
    )


def master_port() -> list[str]:
    """Options for a port of a master and its workers that nobody has, instead of Locust's own."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    return [f"--master-bind-port={port}", f"--master-port={port}"]
