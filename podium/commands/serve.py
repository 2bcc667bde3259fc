"""`podium serve`: one backend in the foreground."""

import shlex
import sys
from dataclasses import replace
from pathlib import Path

import click
from pydantic import SecretStr

from implementations.catalogue import find_stack
from implementations.errors import ServerEnded
from implementations.launching.launcher import LaunchOptions, RunningStack, launch
from podium.commands.options import closing, entries_option
from shared.settings import Settings


@click.command(
    "serve",
    epilog=closing(
        "podium serve flask",
        "podium serve fastapi:uvicorn --port 8000 --workers 2",
        "podium serve flask --api-keys-file keys.txt --rate-limit 100/minute",
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
    type=click.IntRange(1, 65535),
    help="Listen on this port.",
)
@click.option(
    "--workers",
    type=click.IntRange(1),
    help="Run this many worker processes.  [default: those in STACK, or 1]",
)
@click.option(
    "--api-keys-file",
    metavar="F",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="PODIUM_API_KEYS_FILE",
    help="Ask for one of the API keys in this file, one a line, as `Authorization: Bearer KEY`.",
)
@click.option(
    "--rate-limit",
    metavar="L",
    envvar="PODIUM_RATE_LIMIT",
    help="Limit the requests of each key, or of each address without keys, such as 100/minute.",
)
@click.option(
    "--redis-url",
    metavar="U",
    envvar="PODIUM_REDIS_URL",
    help="Count requests of all workers in this Redis, such as redis://localhost:6379/0.",
)
@entries_option
def command(
    *,
    stack: str,
    host: str,
    port: int,
    workers: int | None,
    api_keys_file: Path | None,
    rate_limit: str | None,
    redis_url: str | None,
    entries: tuple[Path, ...],
) -> int:
    """Serve STACK in the foreground.

    STACK is IMPLEMENTATION, IMPLEMENTATION:SERVER or IMPLEMENTATION:SERVER:WORKERS; `podium
    stacks` lists them. Ctrl-C or SIGTERM drains it: accepted requests are answered, then it ends.
    A second Ctrl-C ends it at once.
    """
    chosen = find_stack(stack, entries)
    if workers is not None:
        chosen = replace(chosen, workers=workers)
    settings = Settings(
        api_keys_file=api_keys_file,
        rate_limit=rate_limit,
        redis_url=None if redis_url is None else SecretStr(redis_url),
    )
    options = LaunchOptions(host=host, port=port, settings=settings, show_output=True)
    running = launch(chosen, options)
    try:
        print(_welcome(running, asks_for_key=api_keys_file is not None), flush=True)
        status = running.wait()
    except KeyboardInterrupt:
        return _drain(running)
    finally:
        running.kill()
    raise ServerEnded(chosen.name, status)


# A proxy that the shell names would look for the backend on its own machine.
_CURL = "curl --noproxy '*'"

WELCOME = """\
{stack} answers at {url}; Ctrl-C stops it. Try{with_key}:

  {curl} {quoted}/api/count
  {curl} -H 'Content-Type: application/json' -d '{{"name":"Alice"}}' {quoted}/api/letter_count
  {curl} -H 'Content-Type: application/json' -d '{{"instances":[[5.1,3.5,1.4,0.2]]}}' \
{quoted}/api/predict

or open {url}/docs in a browser."""


def _welcome(running: RunningStack, asks_for_key: bool) -> str:
    return WELCOME.format(
        stack=running.stack.name,
        url=running.url,
        quoted=shlex.quote(running.url),
        curl=f'{_CURL} -H "Authorization: Bearer $KEY"' if asks_for_key else _CURL,
        with_key=", with a key of yours as KEY" if asks_for_key else "",
    )


def _drain(running: RunningStack) -> int:
    print("draining; Ctrl-C again ends at once", file=sys.stderr, flush=True)
    try:
        return running.stop()
    except KeyboardInterrupt:
        return running.kill()
