"""`podium serve`: one backend in the foreground."""

import shlex
import sys
from pathlib import Path
from typing import Any, get_args

import click

from implementations.catalogue import find_stack
from implementations.errors import ServerEnded
from implementations.launching.launcher import LaunchOptions, RunningStack, launch
from podium.commands.options import (
    IntegerRange,
    closing,
    entries_option,
    refuse_given,
    say,
    with_workers,
    workers_option,
)
from shared.content import dumps
from shared.contract import DEFAULT_CONTENT_LIMIT_BYTES
from shared.model.model import sample_of
from shared.model.version import EngineChoice
from shared.settings import Settings


@click.command(
    "serve",
    epilog=closing(
        "podium serve flask",
        "podium serve fastapi:uvicorn --port 8000 --workers 2",
        "podium serve flask --api-keys-file keys.txt --rate-limit 100/minute",
        "podium serve falcon:granian --model digits",
        "podium serve flask --content-limit 16777216",
        ok="drained",
    ),
)
@click.argument("stack")
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Listen on this IP address, or on the first of a name's, IPv4 before IPv6.",
)
@click.option(
    "--port",
    default=5000,
    show_default=True,
    type=IntegerRange(0, 65535),
    help="Listen on this port; 0 is any that is free.",
)
@workers_option
@click.option(
    "--preload",
    is_flag=True,
    help="Load the model once, before gunicorn forks its workers, which then share its memory.",
)
@click.option(
    "--api-keys-file",
    metavar="F",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="PODIUM_API_KEYS_FILE",
    show_envvar=True,
    help="Ask for one of the API keys in this file, one a line, as `Authorization: Bearer KEY`.",
)
@click.option(
    "--rate-limit",
    metavar="L",
    envvar="PODIUM_RATE_LIMIT",
    show_envvar=True,
    help="Limit the requests of each key, or of each address without keys, such as 100/minute.",
)
@click.option(
    "--redis-url",
    metavar="U",
    envvar="PODIUM_REDIS_URL",
    show_envvar=True,
    help="Count requests of all workers in this Redis, such as redis://localhost:6379/0.",
)
@click.option(
    "--model",
    metavar="NAME[@VERSION]",
    envvar="PODIUM_MODEL",
    show_envvar=True,
    help="Serve this model of the registry, or of podium's own.  [default: iris]",
)
@click.option(
    "--engine",
    type=click.Choice(get_args(EngineChoice)),
    envvar="PODIUM_ENGINE",
    show_envvar=True,
    help="Answer predict with this; auto is the fastest proved to answer as scikit-learn does, "
    "batched asks scikit-learn for several requests at once.  [default: auto]",
)
@click.option(
    "--content-limit",
    "content_limit_bytes",
    metavar="BYTES",
    type=IntegerRange(1),
    envvar="PODIUM_CONTENT_LIMIT_BYTES",
    show_envvar=True,
    help=f"Take request content up to this length.  [default: {DEFAULT_CONTENT_LIMIT_BYTES}]",
)
@click.option(
    "--predictions-at-once",
    metavar="N",
    type=IntegerRange(1),
    envvar="PODIUM_PREDICTIONS_AT_ONCE",
    show_envvar=True,
    help="Take on at most N predictions at once in each worker.  [default: any number]",
)
@entries_option
def command(
    *,
    stack: str,
    host: str,
    port: int,
    workers: int | None,
    preload: bool,
    entries: tuple[Path, ...],
    **asked: Any,
) -> int:
    """Serve STACK in the foreground.

    STACK is IMPLEMENTATION, IMPLEMENTATION:SERVER or IMPLEMENTATION:SERVER:WORKERS; `podium
    stacks` lists them. Ctrl-C or SIGTERM drains it: accepted requests are answered, then it ends.
    A second Ctrl-C ends it at once. A model that is named without a version is the one in use:
    `podium models use` then switches it while it serves. No other variables reach the server than
    those named here.
    """
    if asked["rate_limit"] is None:
        refuse_given("is where the requests of a --rate-limit are counted: give one.", "redis_url")
    chosen = with_workers(find_stack(stack, entries), workers)
    settings = Settings(**{name: value for name, value in asked.items() if value is not None})
    options = LaunchOptions(
        host=host,
        port=port or None,
        preload=preload,
        settings=settings,
        show_output=True,
        waiting=say,
    )
    running = launch(chosen, options)
    try:
        print(_welcome(running, settings), flush=True)
        status = running.wait()
    except KeyboardInterrupt:
        return _drain(running)
    finally:
        running.kill()
    raise ServerEnded(chosen.name, status)


# A proxy that the shell names would look for the backend on its own machine.
_CURL = "curl --noproxy '*'"

WELCOME = """\
{stack} answers at {url}; Ctrl-C stops it.{settings} Try{with_key}:

  {curl} {quoted}/api/count
  {curl} -H 'Content-Type: application/json' -d '{{"name":"Alice"}}' {quoted}/api/letter_count
  {curl} -H 'Content-Type: application/json' -d {predict} {quoted}/api/predict

or open {url}/docs in a browser."""


def _welcome(running: RunningStack, settings: Settings) -> str:
    sample = sample_of(str(running.model_directory))
    asks_for_key = settings.api_keys_file is not None
    # Of a secret, such as a URL with a password, only stars are shown.
    given = settings.model_dump(exclude_unset=True)
    shown = ", ".join(f"{name} {value}" for name, value in given.items())
    return WELCOME.format(
        stack=running.stack.name,
        url=running.url,
        quoted=shlex.quote(running.url),
        settings=f" With {shown}." if shown else "",
        curl=f'{_CURL} -H "Authorization: Bearer $KEY"' if asks_for_key else _CURL,
        predict=shlex.quote(dumps({"instances": sample.instances(1)}).decode()),
        with_key=", with a key of yours as KEY" if asks_for_key else "",
    )


def _drain(running: RunningStack) -> int:
    print("draining; Ctrl-C again ends at once", file=sys.stderr, flush=True)
    try:
        return running.stop()
    except KeyboardInterrupt:
        return running.kill()
