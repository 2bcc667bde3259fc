"""A stack that is running: its processes, its readiness, its output and its end."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Self

from implementations.catalogue import Stack
from implementations.errors import DiedAtStart, SilentAtStart
from implementations.launching import keeper
from implementations.launching.options import LaunchOptions
from implementations.launching.processes import (
    ask_health,
    descendants,
    session_members,
    wrong_health,
)
from implementations.launching.read_back import read_back
from implementations.launching.relay import Relay
from implementations.launching.run_directory import RunDirectory
from shared.address import host_field, reachable_host

_POLL_S = 0.005
_SAY_AFTER_S = 2.0
_SAY_EVERY_S = 10.0
_OUTPUT_BYTES = 64 * 1024
_KEEPER_MARGIN_S = 10.0


class RunningStack:
    """A stack that `launch` has started; a context manager that stops it, or kills it on an error.

    `url` : its address for clients; `host` and `port` are what it listens on.
    `settings` : every knob of its server that was set, by name.
    `model_directory` : the version of its model; what it serves later may be another, see
        `shared.settings.Settings.model`.
    `startup_s` : from its start to its first right answer.
    """

    def __init__(
        self,
        stack: Stack,
        host: str,
        port: int,
        options: LaunchOptions,
        run: RunDirectory,
        *,
        knobs: Mapping[str, str],
        model_directory: Path,
        keeper_process: "subprocess.Popen[bytes]",
        log: int,
        relay: Relay | None,
        started_at: float,
    ) -> None:
        self.stack = stack
        self.host = host
        self.port = port
        self.url = f"http://{host_field(reachable_host(host), port)}"
        self.settings = knobs
        self.model_directory = model_directory
        self.startup_s = 0.0
        self._options = options
        self._run = run
        self._keeper = keeper_process
        self._log = log
        self._relay = relay
        self._output: str | None = None
        self._started_at = started_at

    def pids(self) -> tuple[int, ...]:
        """Return the living processes of the server, sorted, without the keeper."""
        return descendants(self._keeper.pid)

    def read_back(self) -> dict[str, str]:
        """Return what its processes have of its settings, by name; see `read_back`."""
        return read_back(self.pids(), self.port, self.stack.server.environment, self.settings)

    def versions(self) -> dict[str, str]:
        """Return the versions that a process of it found in itself, by name."""
        try:
            found: dict[str, str] = json.loads(self._run.versions_file.read_text())
        except (OSError, ValueError):
            return {}
        return found

    def worker_pids(self) -> tuple[int, ...]:
        """Return those of its living processes that serve requests, sorted."""
        return tuple(sorted(self._run.ready_pids() & set(self.pids())))

    def output(self) -> str:
        """Return what the server printed so far; the end of it, if that is long."""
        return _tail(self._log) if self._output is None else self._output

    def wait(self) -> int:
        """Wait until the server has ended by itself, and return its exit status."""
        status = _status(self._keeper.wait())
        if self._relay is not None:
            self._relay.finish()
        return status

    def ask_to_stop(self) -> None:
        """Let it begin to drain, without waiting for that; `stop` waits."""
        self._say(keeper.STOP)

    def stop(self) -> int:
        """Drain it, kill what is left after the grace period, and return its exit status."""
        return self._end(keeper.STOP, self._options.settings.grace_s)

    def kill(self) -> int:
        """End it at once, and return its exit status."""
        return self._end(keeper.KILL, 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.stop()
        else:
            self.kill()

    def wait_ready(self) -> None:
        """Wait for the first right answer; raises DiedAtStart and SilentAtStart."""
        self._wait(self._missing)

    def wait_answering(self) -> None:
        """Wait for any answer, such as 503 while it is loading; raises as `wait_ready` does."""
        self._wait(self._missing_answer)

    def _wait(self, look: Callable[[], str | None]) -> None:
        say_at_s = _SAY_AFTER_S
        while missing := look():
            waited_s = time.monotonic() - self._started_at
            if self._keeper.poll() is not None:
                status = _status(self._keeper.returncode)
                raise DiedAtStart(self.stack.name, status, self._said())
            if waited_s > self._options.ready_timeout_s:
                timeout_s = self._options.ready_timeout_s
                raise SilentAtStart(self.stack.name, timeout_s, missing, self._said())
            if waited_s > say_at_s:
                say_at_s += _SAY_EVERY_S
                self._options.waiting(f"{self.stack.name} is not ready yet ({missing})")
            time.sleep(_POLL_S)
        self.startup_s = time.monotonic() - self._started_at

    def _said(self) -> str | None:
        """Return what it printed; None where that has gone to our standard error."""
        if self._relay is None:
            return self.output()
        if self._keeper.poll() is not None:
            self._relay.finish()
        return None if self._relay.printed else ""

    def _missing(self) -> str | None:
        """Return what it lacks to be ready: workers that are ours, then a right answer."""
        workers = self.stack.workers
        ready = len(self._run.ready_pids())
        # Which of them live is looked up only when enough are there: it reads all of /proc.
        if ready >= workers and (ready := len(self.worker_pids())) >= workers:
            return wrong_health(reachable_host(self.host), self.port)
        return f"{ready} of {workers} workers ready"

    def _missing_answer(self) -> str | None:
        health = ask_health(reachable_host(self.host), self.port)
        return health if isinstance(health, str) else None

    def _say(self, word: bytes) -> None:
        with suppress(BrokenPipeError):
            _pipe(self._keeper).write(word)

    def _end(self, word: bytes, grace_s: float) -> int:
        if self._output is None:
            self._say(word)
            with suppress(subprocess.TimeoutExpired):
                self._keeper.wait(grace_s + _KEEPER_MARGIN_S)
            self._clear_up()
        return _status(self._keeper.returncode)

    def _clear_up(self) -> None:
        """Free what we hold, and do the keeper's work where it was killed."""
        if self._keeper.poll() is None or self._keeper.returncode < 0:
            self._keeper.kill()
            self._keeper.wait()
            while left := session_members(self._keeper.pid):
                for pid in left:
                    keeper.send(pid, signal.SIGKILL)
                time.sleep(_POLL_S)
            self._run.remove()
        if self._relay is not None:
            self._relay.finish()
        self._output = _tail(self._log)
        os.close(self._log)
        _pipe(self._keeper).close()


def _pipe(process: "subprocess.Popen[bytes]") -> IO[bytes]:
    """Return the pipe by which a keeper hears its owner."""
    if process.stdin is None:
        raise ValueError("a keeper is started with a pipe")
    return process.stdin


def _status(returncode: int) -> int:
    """Return the status as a shell tells it: 128 + n where signal n ended the process."""
    return returncode if returncode >= 0 else 128 - returncode


def _tail(file: int) -> str:
    size = os.fstat(file).st_size
    content = os.pread(file, _OUTPUT_BYTES, max(0, size - _OUTPUT_BYTES))
    return content.decode(errors="replace")
