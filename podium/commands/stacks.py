"""`podium stacks`: every implementation, server and stack, and whether it can run here."""

import json
from pathlib import Path

import click

from implementations.catalogue import Stack, all_stacks, why_not
from podium.commands.options import entries_option


@click.command("stacks")
@entries_option
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def command(entries: tuple[Path, ...], *, as_json: bool) -> int:
    """Every implementation, server and stack, and whether it can run here.

    \b
    Example:
      podium stacks --json
    """
    stacks = all_stacks(entries)
    if as_json:
        print(json.dumps([describe(stack) for stack in stacks], indent=2))
        return 0
    width = max(len(stack.name) for stack in stacks)
    for stack in stacks:
        reason = why_not(stack)
        print(f"{stack.name:{width}}  {'ready' if reason is None else f'cannot run: {reason}'}")
    return 0


def describe(stack: Stack) -> dict[str, object]:
    """One stack as `--json` prints it."""
    reason = why_not(stack)
    entry = stack.entry
    return {
        "stack": stack.name,
        "available": reason is None,
        "why_not": reason,
        "implementation": entry.name,
        "server": stack.server.name,
        "interface": entry.interface,
        "model_call": entry.model_call,
        "default": stack.server.name == entry.servers[0],
        "links": list(entry.links),
        "notes": list(stack.notes),
    }
