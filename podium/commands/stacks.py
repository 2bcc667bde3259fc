"""`podium stacks`: the stacks there are, and whether each can run here."""

import json
import textwrap
from collections.abc import Sequence
from pathlib import Path

import click

from implementations.catalogue import Stack, all_stacks, find_obstacle, find_stack
from podium.commands.options import closing, entries_option, json_option, said_if_slow


@click.command(
    "stacks",
    epilog=closing(
        "podium stacks",
        "podium stacks flask:gunicorn falcon-asgi",
        "podium stacks --json",
        ok="listed, runnable or not",
    ),
)
@click.argument("stacks", nargs=-1, metavar="[STACK]...")
@entries_option
@json_option
def command(stacks: tuple[str, ...], entries: tuple[Path, ...], *, as_json: bool) -> int:
    """List all stacks, or show each STACK with its notes.

    A stack is IMPLEMENTATION, IMPLEMENTATION:SERVER or IMPLEMENTATION:SERVER:WORKERS. Its notes
    are the limits of the implementation and of that server.
    """
    chosen = [find_stack(name, entries) for name in stacks] or all_stacks(entries)
    with said_if_slow("asking each stack's interpreter for its packages"):
        if as_json:
            text = json.dumps([describe(stack) for stack in chosen], indent=2)
        else:
            text = listing(chosen, with_notes=bool(stacks))
    print(text)
    return 0


def listing(stacks: Sequence[Stack], *, with_notes: bool) -> str:
    """Return one line for each stack, and its notes below it."""
    width = max(len(stack.name) for stack in stacks)
    lines = []
    for stack in stacks:
        reason = find_obstacle(stack)
        state = "ready" if reason is None else f"cannot run: {reason}"
        lines.append(f"{stack.name:{width}}  {state}")
        if with_notes:
            lines += [
                textwrap.fill(note, 100, initial_indent="  - ", subsequent_indent="    ")
                for note in stack.notes
            ]
    return "\n".join(lines)


def describe(stack: Stack) -> dict[str, object]:
    """Return one stack as `--json` prints it."""
    reason = find_obstacle(stack)
    entry = stack.entry
    return {
        "stack": stack.name,
        "available": reason is None,
        "why_not": None if reason is None else str(reason),
        "implementation": entry.name,
        "server": stack.server.name,
        "interface": entry.interface,
        "model_call": entry.model_call,
        "default": stack.server.name == entry.servers[0],
        "links": list(entry.links),
        "notes": list(stack.notes),
    }
