"""Runs `podium` as people do: as a process, with its exit code and what it prints."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

TIMEOUT_S = 240


def start(
    *arguments: object, cwd: Path, environment: Mapping[str, str] | None = None
) -> subprocess.Popen:
    """`podium ARGUMENTS`, started in `cwd`; in a session of its own, like a terminal's.

    Caches are in `cwd` too, unless the further `environment` says otherwise.
    """
    return subprocess.Popen(
        [sys.executable, "-m", "podium", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "COLUMNS": "200", "XDG_CACHE_HOME": str(cwd), **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def run(
    *arguments: object, cwd: Path, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess:
    """`podium ARGUMENTS`, to its end."""
    with start(*arguments, cwd=cwd, environment=environment) as process:
        try:
            stdout, stderr = process.communicate(timeout=TIMEOUT_S)
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


def is_one_sentence(stderr: str) -> bool:
    """What a person reads when a command could not run: one line, no traceback."""
    lines = stderr.strip().splitlines()
    return len(lines) == 1 and lines[0].startswith("podium: ")
