"""Pairs of a stack and the naive application of the same framework and server."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from implementations.catalogue import Stack, all_stacks, find_stack
from implementations.errors import ServerUnfit, UnknownStack

NAIVE = tuple(sorted(file.parent for file in Path(__file__).parent.glob("naive/*/entry.toml")))
"""The folders of the naive entries."""


@dataclass(frozen=True)
class Pair:
    """A stack, and the naive application of the same framework under the same server."""

    conforming: Stack
    naive: Stack


def find_pairs(names: Sequence[str] = ()) -> tuple[list[Pair], list[str]]:
    """Return the pairs of the stacks called so, or of all, and why other stacks are left out.

    Raises UnknownStack.
    """
    pairs, left_out = [], []
    for stack in [find_stack(name) for name in names] or all_stacks():
        name = f"{stack.entry.name}-naive"
        try:
            naive = find_stack(stack.name.replace(stack.entry.name, name, 1), NAIVE)
        except (UnknownStack, ServerUnfit):
            left_out.append(f"{stack.name} is left out: there is no naive application {name}")
        else:
            pairs.append(Pair(stack, naive))
    return pairs, left_out
