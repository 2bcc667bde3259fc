"""`podium serve`: one backend in the foreground."""

import sys
from dataclasses import replace
from pathlib import Path

import click

from implementations.catalogue import find_stack
from implementations.errors import ServerEnded
from implementations.launching.launcher import LaunchOptions, RunningStack, launch
from podium.commands.options import entries_option


@click.command("serve")
@click.argument("stack")
@click.option("--host", default="127.0.0.1", show_default=True, help="address to listen on")
@click.option("--port", default=5000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", type=click.IntRange(1), help="worker processes; 1 if not given")
@click.option(
    "--api-keys-file",
    metavar="F",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="PODIUM_API_KEYS_FILE",
    help="ask for one of the API keys in this file, one a line, as `Authorization: Bearer KEY`",
)
@click.option(
    "--rate-limit",
    metavar="L",
    envvar="PODIUM_RATE_LIMIT",
    help="requests each key may send, or each address without keys, such as 100/minute",
)
@click.option(
    "--redis-url",
    metavar="U",
    envvar="PODIUM_REDIS_URL",
    help="Redis in which several workers count them together, such as redis://localhost:6379/0",
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
    """Serve STACK (such as flask, or falcon:granian) in the foreground.

    Ctrl-C or SIGTERM drains: what was accepted is answered, then it ends with 0. Ctrl-C again
    ends it at once.

    \b
    Examples:
      podium serve fastapi:uvicorn --port 8000 --workers 2
      podium serve flask --api-keys-file keys.txt --rate-limit 100/minute
    """
    chosen = find_stack(stack, entries)
    if workers is not None:
        chosen = replace(chosen, workers=workers)
    options = LaunchOptions(
        host=host,
        port=port,
        api_keys_file=api_keys_file,
        rate_limit=rate_limit,
        redis_url=redis_url,
        show_output=True,
    )
    running = launch(chosen, options)
    try:
        print(_welcome(running, asks_for_key=api_keys_file is not None), flush=True)
        status = running.wait()
    except KeyboardInterrupt:
        return _drain(running)
    finally:
        running.kill()
    raise ServerEnded(chosen.name, status)


WELCOME = """\
{stack} answers at {url}; Ctrl-C stops it. Try{with_key}:

  {curl} {url}/api/count
  {curl} -H 'Content-Type: application/json' -d '{{"name":"Alice"}}' {url}/api/letter_count
  {curl} -H 'Content-Type: application/json' -d '{{"instances":[[5.1,3.5,1.4,0.2]]}}' \
{url}/api/predict

or open {url}/docs in a browser."""


def _welcome(running: RunningStack, asks_for_key: bool) -> str:
    return WELCOME.format(
        stack=running.stack.name,
        url=running.url,
        curl='curl -H "Authorization: Bearer $KEY"' if asks_for_key else "curl",
        with_key=", with a key of yours as KEY" if asks_for_key else "",
    )


def _drain(running: RunningStack) -> int:
    print("draining; Ctrl-C again ends at once", file=sys.stderr, flush=True)
    try:
        return running.stop()
    except KeyboardInterrupt:
        return running.kill()
