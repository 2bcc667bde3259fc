"""Which naive application stands beside which stack."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from implementations.catalogue import Stack, all_stacks, find_stack

NAIVE = tuple(sorted(file.parent for file in Path(__file__).parent.glob("naive/*/entry.toml")))
"""The folders of the naive entries."""


@dataclass(frozen=True)
class Pair:
    """A stack, and the naive application of the same framework under the same server."""

    conforming: Stack
    naive: Stack


def find_pairs(names: Sequence[str] = ()) -> list[Pair]:
    """The stacks called so, or all, each with its naive one; raises UnknownStack."""
    chosen = [find_stack(name) for name in names] or all_stacks()
    return [Pair(stack, _naive(stack)) for stack in chosen]


def _naive(stack: Stack) -> Stack:
    name = stack.name.replace(stack.entry.name, f"{stack.entry.name}-naive", 1)
    return find_stack(name, NAIVE)
