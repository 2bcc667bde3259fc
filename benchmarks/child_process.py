"""A child process that ends with its parent, and is spoken to in JSON, one object a line."""

import argparse
import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, cast

from benchmarks.errors import ChildDied, ChildSilent
from implementations.launching.keeper import PR_SET_PDEATHSIG, prctl
from implementations.places import temporary_directory

READ_BYTES = 1 << 20
ENDING_S = 5.0
PACKAGES = Path(__file__).parent.parent


class ChildProcess:
    """A module of ours run as a process and in a session of its own (Ctrl-C is for the parent).

    It ends at the end of its standard input, so with its parent, however that ends.
    """

    def __init__(self, module: str, cores: Collection[int] | None = None) -> None:
        arguments = [f"--cores={','.join(map(str, sorted(cores)))}"] if cores else []
        self._module = module
        self._log = tempfile.TemporaryFile(dir=temporary_directory())  # noqa: SIM115 (closed in `end`)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=_environment(),
            start_new_session=True,
        )
        self._stdin = cast("IO[bytes]", self._process.stdin)
        self._stdout = cast("IO[bytes]", self._process.stdout)
        self._received = b""

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def ask(self, message: Mapping[str, Any], timeout_s: float) -> Mapping[str, Any]:
        """Return its answer to `message`; raises `ChildDied` or `ChildSilent`."""
        try:
            self._stdin.write(json.dumps(message).encode() + b"\n")
            self._stdin.flush()
        except BrokenPipeError as exc:
            raise self._died() from exc
        return self.answer(timeout_s)

    def answer(self, timeout_s: float) -> Mapping[str, Any]:
        """Return the next line it writes, decoded."""
        stdout = self._stdout.fileno()
        deadline = time.monotonic() + timeout_s
        while b"\n" not in self._received:
            left_s = deadline - time.monotonic()
            if left_s <= 0 or not select.select([stdout], [], [], left_s)[0]:
                raise ChildSilent(self._module, timeout_s, self._printed())
            data = os.read(stdout, READ_BYTES)
            if not data:
                raise self._died()
            self._received += data
        line, _, self._received = self._received.partition(b"\n")
        answer: Mapping[str, Any] = json.loads(line)
        return answer

    def interrupt(self, timeout_s: float) -> Mapping[str, Any]:
        """Send it SIGINT and return its answer, as `answer` does."""
        self._process.send_signal(signal.SIGINT)
        return self.answer(timeout_s)

    def kill(self) -> None:
        """End it at once; do nothing where it has ended."""
        self._process.kill()
        self.end()

    def end(self) -> None:
        """Close its standard input and wait for its end; kill it if that takes too long."""
        # What was still to be written may have no reader any more.
        with contextlib.suppress(BrokenPipeError):
            self._stdin.close()
        self._stdout.close()
        try:
            self._process.wait(ENDING_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    def _died(self) -> ChildDied:
        try:
            status = self._process.wait(ENDING_S)
        except subprocess.TimeoutExpired:  # it has closed its output, and lives on
            self._process.kill()
            status = self._process.wait()
        return ChildDied(self._module, status, self._printed())

    def _printed(self) -> str:
        log = self._log.fileno()  # whose offset is that of the process
        return os.pread(log, os.fstat(log).st_size, 0).decode(errors="replace")


def _environment() -> Mapping[str, str]:
    """Return our environment with the folder of this checkout first on the search path."""
    paths: Sequence[str] = [str(PACKAGES), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def die_with_parent() -> None:
    """Let the kernel kill this process when its parent dies (Linux; nothing elsewhere).

    The parent is the thread that started it (prctl(2)). The end of standard input says the same
    everywhere, and covers a parent that was gone before this call.
    """
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def begin_as_child(description: str | None) -> None:
    """Read the arguments that `ChildProcess` gives its program; pin it and tie it to its parent."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--cores", help="run on these cores only, such as 0,2")
    cores = parser.parse_args().cores
    if cores:
        os.sched_setaffinity(0, {int(core) for core in cores.split(",")})
    die_with_parent()
