"""Start a stack on this machine and wait until it answers rightly.

`running_stack` stops it again; `keeper` does, should we be killed.

Every stack is started the same way: its server program with the settings of `servers.toml`, in a
private directory, below a keeper process that outlives us just long enough to clean up.
"""

import logging
import os
import subprocess
import sys
import time
from dataclasses import replace

from implementations.catalogue import Stack, equipped, find_obstacle, interpreter
from implementations.entry import ENTRY_VARIABLE
from implementations.errors import CannotPreload, CannotRunHere
from implementations.launching import keeper
from implementations.launching.options import LaunchOptions
from implementations.launching.port import reserved_port
from implementations.launching.relay import Relay
from implementations.launching.run_directory import RunDirectory, make_run_directory
from implementations.launching.running_stack import RunningStack
from implementations.versions_inside import PACKAGES_VARIABLE
from shared.address import host_field
from shared.model.model import find_version, follows_registry
from shared.places import MODELS_VARIABLE, models_directory

__all__ = ["LaunchOptions", "RunningStack", "launch"]

_LOG = logging.getLogger(__name__)

# What a server gets of our own environment: where programs, shared libraries and folders are, the
# language, the time zone, whom TLS trusts, and what OpenBLAS has to know of this processor, so that
# predictions have the same digits as here. Anything else could change what a server does behind the
# back of `servers.toml`; under granian it would be part of each WSGI request.
_INHERITED = (
    *("PATH", "HOME", "TMPDIR", "LANG", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    *("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"),
    *("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH"),
)
# What each request passes through in `shared`.
_OF_SHARED = ("orjson", "pydantic")
_EXIT_S = 3.0  # what a server gets to end itself, of the grace period


def launch(stack: Stack, options: LaunchOptions | None = None) -> RunningStack:
    """Start a stack and wait for its first right answer.

    Raises CannotRunHere, CannotPreload, PortBusy, AddressUnusable, DiedAtStart, SilentAtStart, a
    SharedError that says what is wrong with host, guard or model, and OSError where its private
    directory cannot be made; then nothing of it is left.
    """
    options = options or LaunchOptions()
    stack = equipped(stack, options.settings)
    if reason := find_obstacle(stack):
        raise CannotRunHere(stack.name, str(reason))
    if options.preload and stack.server.preload is None:
        raise CannotPreload(stack.name)
    if options.settings.guarded:
        # What each worker would refuse to start for is raised once, before any is started.
        from shared.guard.guard import open_guard  # noqa: PLC0415 (slow to import)

        open_guard(options.settings, stack.workers)
    with reserved_port(options.host, options.port) as (host, port):
        run = make_run_directory(
            with_model=options.settings.model is None, project=stack.entry.project
        )
        try:
            running = _start(stack, host, port, options, run)
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
            _show_warnings(running)
        except BaseException:
            running.kill()
            raise
        return running


def _show_warnings(running: RunningStack) -> None:
    """Log what a server has printed where it has warned, and a back-log that the system cuts."""
    asked = running.stack.server.runners[running.stack.entry.interface].settings.get("backlog")
    if asked != (granted := running.settings.get("backlog")):
        _LOG.warning(
            "This system lets %s connections wait at a server, not %s (net.core.somaxconn): "
            "of more that come at once, some wait for seconds or time out.",
            granted,
            asked,
        )
    printed = running.output()
    if "warn" in printed.lower():
        _LOG.warning("%s warned at its start:\n%s", running.stack.name, printed.rstrip())


def _start(
    stack: Stack, host: str, port: int, options: LaunchOptions, run: RunDirectory
) -> RunningStack:
    if options.settings.api_keys_file is not None:
        run.copy_keys(options.settings.api_keys_file)
    values = {
        "host": host,
        "port": port,
        "address": host_field(host, port),
        "workers": stack.workers,
        # The server gives up on requests in flight before the keeper gives up on the server.
        "drain_s": max(1, int(options.settings.grace_s - _EXIT_S)),
        "run_directory": run.path,
        "target": "load_once" if options.preload else "build",
    }
    model = (run.default_model or find_version(options.settings.model)).absolute()
    if options.settings.model is None or not follows_registry(options.settings.model):
        settings = options.settings.model_copy(update={"model": str(model)})
        options = replace(options, settings=settings)
    arguments = stack.server.arguments(stack.entry.interface, values)
    arguments += stack.server.preload or () if options.preload else ()
    # Opened now: the file is gone when the server has ended.
    log = os.open(run.log_file, os.O_RDONLY)
    relay = Relay() if options.show_output else None
    started_at = time.monotonic()
    try:
        keeper_process = _start_keeper(stack, arguments, options, run, relay)
    except BaseException:
        os.close(log)
        raise
    finally:
        if relay is not None:
            os.close(relay.writer)
    return RunningStack(
        stack,
        host,
        port,
        options,
        run,
        model_directory=model,
        knobs=stack.server.settings(stack.entry.interface, values),
        keeper_process=keeper_process,
        log=log,
        relay=relay,
        started_at=started_at,
    )


def _start_keeper(
    stack: Stack,
    arguments: list[str],
    options: LaunchOptions,
    run: RunDirectory,
    relay: Relay | None,
) -> "subprocess.Popen[bytes]":
    grace_s = str(options.settings.grace_s)
    cores = ",".join(map(str, sorted(options.cores or ())))
    log_file = "" if options.show_output else str(run.log_file)
    prefix = [sys.executable, "-I", "-S", keeper.__file__, grace_s, cores, str(run.path), log_file]
    with run.log_file.open("ab") as log:
        output = log if relay is None else relay.writer
        return subprocess.Popen(
            [*prefix, str(interpreter(stack)), *arguments],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            cwd=run.path,
            env=_environment(stack, options, run),
            bufsize=0,
            start_new_session=True,
            pass_fds=(run.lock,),
        )


def _environment(stack: Stack, options: LaunchOptions, run: RunDirectory) -> dict[str, str]:
    given = options.settings
    settings = given.model_copy(
        update={
            "workers": stack.workers,
            "counter_file": run.counter_file,
            "ready_directory": run.ready_directory,
            "api_keys_file": None if given.api_keys_file is None else run.keys_file,
            "redis_prefix": run.path.name,
        }
    )
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name in _INHERITED or name.startswith("LC_")
    }
    return {
        **inherited,
        **stack.server.environment,
        "PYTHONPATH": str(run.import_directory),
        "PYTHONHASHSEED": "random" if options.hash_seed is None else str(options.hash_seed),
        "PYTHONUNBUFFERED": "1",
        **({} if "/" in (given.model or "") else {MODELS_VARIABLE: str(models_directory())}),
        ENTRY_VARIABLE: str(stack.entry.directory),
        PACKAGES_VARIABLE: " ".join(dict.fromkeys((*stack.packages, *_OF_SHARED))),
        **settings.to_environment(),
    }
