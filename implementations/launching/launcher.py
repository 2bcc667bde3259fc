"""Starts a stack on this machine, waits until it answers rightly, and leaves nothing of it behind.

Every stack is started the same way: its server program with the settings of `servers.toml`, in a
private directory, below a keeper process that outlives us just long enough to clean up.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Self

from implementations.catalogue import Stack, interpreter, why_not
from implementations.entry import ENTRY_VARIABLE
from implementations.errors import CannotRunHere, DiedAtStart, SilentAtStart
from implementations.launching import keeper
from implementations.launching.port import address, reachable_host, reserved_port
from implementations.launching.processes import (
    ask_health,
    descendants,
    session_members,
    wrong_health,
)
from implementations.launching.run_directory import RunDirectory, make_run_directory

# Variables that would change what a server or framework does behind the back of `servers.toml`.
_FOREIGN_PREFIXES = ("PYTHON", "GUNICORN_", "UVICORN_", "GRANIAN_", "FLASK_")
_FOREIGN_NAMES = ("WEB_CONCURRENCY", "PORT", "FORWARDED_ALLOW_IPS", "LISTEN_FDS", "LISTEN_PID")
_POLL_S = 0.005
_OUTPUT_BYTES = 64 * 1024
_KEEPER_MARGIN_S = 10.0
_EXIT_S = 3.0  # what a server gets to end itself, of the grace period


@dataclass(frozen=True)
class LaunchOptions:
    """How to start a stack.

    `port` : None for any that is free.
    `cores` : CPU numbers that all its processes are confined to; None for all. Linux only.
    `hash_seed` : of its interpreters (PYTHONHASHSEED); None for a random one.
    `ready_timeout_s` : how long it may take until it answers.
    `grace_s` : how long it may take, after it was asked to stop, before it is killed.
    `api_keys_file`, `rate_limit`, `redis_url` : the guard, as in `shared.settings`; off if None.
    `content_limit_bytes` : as in `shared.settings`; None for what it is there.
    `model_file` : the model that it serves; None for PODIUM_MODEL_FILE, or the trained one.
    `while_loading` : it is launched when it answers at all; `wait_ready` then waits for the model.
    `show_output` : it prints to our standard error instead of into a file.
    """

    host: str = "127.0.0.1"
    port: int | None = None
    cores: frozenset[int] | None = None
    hash_seed: int | None = None
    ready_timeout_s: float = 60.0
    grace_s: float = 10.0
    api_keys_file: Path | None = None
    rate_limit: str | None = None
    redis_url: str | None = field(default=None, repr=False)
    content_limit_bytes: int | None = None
    model_file: Path | None = None
    while_loading: bool = False
    show_output: bool = False


class RunningStack:
    """A stack that was started; a context manager that stops it.

    `url` : where it answers; `host` and `port` are what it listens on.
    `settings` : every knob that was set, by name.
    `model_file` : what it loads its model from; the `default_model` unless its options name one.
    `startup_s` : from its start to its first right answer.
    """

    def __init__(self, stack: Stack, port: int, options: LaunchOptions, run: RunDirectory) -> None:
        values = _values(stack, port, options, run)
        self.stack = stack
        self.host = options.host
        self.port = port
        self.url = f"http://{address(reachable_host(options.host), port)}"
        self.settings = stack.server.settings(stack.entry.interface, values)
        self.default_model = _default_model(run)
        self.model_file = options.model_file or self.default_model
        self.startup_s = 0.0
        self._options = options
        self._run = run
        # Opened now: the file is gone when the server has ended.
        self._log = os.open(run.log_file, os.O_RDONLY)
        self._output: str | None = None
        self._begun = time.monotonic()
        self._keeper = _start_keeper(stack, values, options, run)

    def pids(self) -> tuple[int, ...]:
        """The living processes of the server, sorted; all of them, without the keeper."""
        return descendants(self._keeper.pid)

    def worker_pids(self) -> tuple[int, ...]:
        """Those of its living processes that serve requests, sorted."""
        return tuple(sorted(self._run.ready_pids() & set(self.pids())))

    def output(self) -> str:
        """What the server printed so far; the end of it, if that is long."""
        return _tail(self._log) if self._output is None else self._output

    def wait(self) -> int:
        """Waits until the server has ended by itself, and returns its exit status."""
        return _status(self._keeper.wait())

    def ask_to_stop(self) -> None:
        """Lets it begin to drain, without waiting for that; `stop` waits."""
        self._say(keeper.STOP)

    def stop(self) -> int:
        """Drains it, kills what is left after the grace period, and returns its exit status."""
        return self._end(keeper.STOP, self._options.grace_s)

    def kill(self) -> int:
        """Ends it at once, and returns its exit status."""
        return self._end(keeper.KILL, 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def wait_ready(self) -> None:
        """Waits for the first right answer; raises DiedAtStart and SilentAtStart."""
        self._wait(self._missing)

    def wait_answering(self) -> None:
        """Waits for any answer, such as 503 while it is loading; raises as `wait_ready` does."""
        self._wait(self._missing_answer)

    def _wait(self, look: Callable[[], str | None]) -> None:
        while missing := look():
            said = None if self._options.show_output else self.output()
            if self._keeper.poll() is not None:
                raise DiedAtStart(self.stack.name, _status(self._keeper.returncode), said)
            if time.monotonic() - self._begun > self._options.ready_timeout_s:
                timeout_s = self._options.ready_timeout_s
                raise SilentAtStart(self.stack.name, timeout_s, missing, said)
            time.sleep(_POLL_S)
        self.startup_s = time.monotonic() - self._begun

    def _missing(self) -> str | None:
        """What is missing until it is ready: workers that are ours, then a right answer."""
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
        """Frees what we hold, and does the keeper's work where it was killed."""
        if self._keeper.poll() is None or self._keeper.returncode < 0:
            self._keeper.kill()
            self._keeper.wait()
            while left := session_members(self._keeper.pid):
                for pid in left:
                    keeper.send(pid, signal.SIGKILL)
                time.sleep(_POLL_S)
            self._run.remove()
        self._output = _tail(self._log)
        os.close(self._log)
        _pipe(self._keeper).close()


def launch(stack: Stack, options: LaunchOptions | None = None) -> RunningStack:
    """Starts a stack and waits for its first right answer.

    Raises CannotRunHere, PortBusy, AddressUnusable, DiedAtStart, SilentAtStart, a SharedError that
    says what is wrong with the guard's options, and OSError where its private directory cannot be
    made; then nothing of it is left.
    """
    options = options or LaunchOptions()
    if reason := why_not(stack):
        raise CannotRunHere(stack.name, reason)
    if options.api_keys_file is not None or options.rate_limit is not None:
        _check_guard(stack, options)
    with reserved_port(options.host, options.port) as port:
        run = make_run_directory()
        try:
            if options.api_keys_file is not None:
                run.copy_keys(options.api_keys_file)
            running = RunningStack(stack, port, options, run)
        except BaseException:
            run.remove()
            raise
        finally:
            run.let_go()
        try:
            if options.while_loading:
                running.wait_answering()
            else:
                running.wait_ready()
        except BaseException:
            running.kill()
            raise
        return running


def _check_guard(stack: Stack, options: LaunchOptions) -> None:
    """Raises what each worker would refuse to start for, once and before any is started."""
    from pydantic import SecretStr  # noqa: PLC0415 (slow to import, like the next two)

    from shared.guard.guard import open_guard  # noqa: PLC0415
    from shared.settings import GuardSettings  # noqa: PLC0415

    url = options.redis_url
    settings = GuardSettings(
        api_keys_file=options.api_keys_file,
        rate_limit=options.rate_limit,
        redis_url=None if url is None else SecretStr(url),
    )
    open_guard(settings, stack.workers)


def _values(
    stack: Stack, port: int, options: LaunchOptions, run: RunDirectory
) -> dict[str, object]:
    """What the placeholders in a server's arguments and settings stand for."""
    return {
        "host": options.host,
        "port": port,
        "address": address(options.host, port),
        "workers": stack.workers,
        # The server gives up on requests in flight before the keeper gives up on the server.
        "drain_s": max(1, int(options.grace_s - _EXIT_S)),
        "run_directory": run.path,
    }


def _start_keeper(
    stack: Stack, values: dict[str, object], options: LaunchOptions, run: RunDirectory
) -> "subprocess.Popen[bytes]":
    python = interpreter(stack.entry)
    arguments = stack.server.arguments(stack.entry.interface, values)
    cores = ",".join(map(str, sorted(options.cores or ())))
    prefix = [sys.executable, "-I", "-S", keeper.__file__, str(options.grace_s), cores]
    with run.log_file.open("ab") as log:
        return subprocess.Popen(
            [*prefix, str(run.path), str(python), *arguments],
            stdin=subprocess.PIPE,
            stdout=sys.stderr if options.show_output else log,
            stderr=sys.stderr if options.show_output else log,
            cwd=run.path,
            env=_environment(stack, options, run),
            bufsize=0,
            start_new_session=True,
            pass_fds=(run.lock,),
        )


def _environment(stack: Stack, options: LaunchOptions, run: RunDirectory) -> dict[str, str]:
    ours = {
        name: value
        for name, value in os.environ.items()
        if name not in _FOREIGN_NAMES and not name.startswith(_FOREIGN_PREFIXES)
    }
    limit = (
        {}
        if options.content_limit_bytes is None
        else {"PODIUM_CONTENT_LIMIT_BYTES": str(options.content_limit_bytes)}
    )
    return {
        **ours,
        **stack.server.environment,
        "PYTHONPATH": str(run.import_directory),
        "PYTHONHASHSEED": "random" if options.hash_seed is None else str(options.hash_seed),
        "PYTHONUNBUFFERED": "1",
        ENTRY_VARIABLE: str(stack.entry.directory),
        "PODIUM_WORKERS": str(stack.workers),
        "PODIUM_COUNTER_FILE": str(run.counter_file),
        "PODIUM_READY_DIRECTORY": str(run.ready_directory),
        "PODIUM_MODEL_FILE": str(options.model_file or _default_model(run)),
        "PODIUM_GRACE_S": str(options.grace_s),
        "PODIUM_API_KEYS_FILE": "" if options.api_keys_file is None else str(run.keys_file),
        "PODIUM_RATE_LIMIT": options.rate_limit or "",
        "PODIUM_REDIS_URL": options.redis_url or "",
        "PODIUM_REDIS_PREFIX": run.path.name,
        **limit,
    }


def _default_model(run: RunDirectory) -> Path:
    """The model that is served where no other is asked for."""
    return Path(os.environ.get("PODIUM_MODEL_FILE") or run.model_file).absolute()


def _pipe(process: "subprocess.Popen[bytes]") -> IO[bytes]:
    """The pipe by which a keeper hears its owner."""
    if process.stdin is None:
        raise ValueError("a keeper is started with a pipe")
    return process.stdin


def _status(returncode: int) -> int:
    """As a shell tells it: 128 + n where signal n ended the process."""
    return returncode if returncode >= 0 else 128 - returncode


def _tail(file: int) -> str:
    size = os.fstat(file).st_size
    content = os.pread(file, _OUTPUT_BYTES, max(0, size - _OUTPUT_BYTES))
    return content.decode(errors="replace")
