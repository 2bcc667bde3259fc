"""A child process that is spoken to in JSON, one object a line, each answered by one."""

import contextlib
import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, cast

from benchmarks.errors import ChildDied, ChildSilent

READ_BYTES = 1 << 20
ENDING_S = 5.0
PACKAGES = Path(__file__).parent.parent


class LineProcess:
    """A module of ours run as a process of its own, in a session of its own (Ctrl-C is for us).

    It ends at the end of its standard input, so with us, however we end.
    """

    def __init__(self, module: str, cores: Collection[int] | None = None) -> None:
        arguments = [f"--cores={','.join(map(str, sorted(cores)))}"] if cores else []
        self._module = module
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 (closed in `end`)
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
        """Its answer to `message`; raises `ChildDied` or `ChildSilent`."""
        try:
            self._stdin.write(json.dumps(message).encode() + b"\n")
            self._stdin.flush()
        except BrokenPipeError as exc:
            raise self._died() from exc
        return self.answer(timeout_s)

    def answer(self, timeout_s: float) -> Mapping[str, Any]:
        """The next line it writes, decoded."""
        stdout = self._stdout.fileno()
        deadline = time.monotonic() + timeout_s
        while b"\n" not in self._received:
            left_s = deadline - time.monotonic()
            if left_s <= 0 or not select.select([stdout], [], [], left_s)[0]:
                raise ChildSilent(self._module, timeout_s)
            data = os.read(stdout, READ_BYTES)
            if not data:
                raise self._died()
            self._received += data
        line, _, self._received = self._received.partition(b"\n")
        answer: Mapping[str, Any] = json.loads(line)
        return answer

    def end(self) -> None:
        """Closes its standard input and waits for its end, killing it if it takes too long."""
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
        status = self._process.wait()
        self._log.seek(0)
        return ChildDied(self._module, status, self._log.read().decode(errors="replace"))


def _environment() -> Mapping[str, str]:
    """Ours, with the folder of this very checkout first on the search path."""
    paths: Sequence[str] = [str(PACKAGES), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
