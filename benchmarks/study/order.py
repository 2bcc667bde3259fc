"""The orders of rounds: balanced, shuffled and repeatable from the study's seed.

The rounds of one operation and shape, over all blocks, take their orders from Williams designs
(E. J. Williams, 1949): in every n rounds of n entrants each stands once at each place, and in
every n rounds (n even) or 2n (n odd) each follows each other equally often, so that neither the
place nor the neighbour favours anyone. Labels and rows are shuffled for each design.
"""

import random
from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")


def round_order(labels: Sequence[str], round_index: int, seed: str) -> tuple[str, ...]:
    """Return the order of round `round_index` (from 0, over the whole study) of one cell's rounds.

    `seed` names the study and the cell; the same arguments give the same order.
    """
    count = len(labels)
    squares = 1 if count % 2 == 0 else 2
    design, row = divmod(round_index, squares * count)
    rng = random.Random(f"{seed} {design}")
    shuffled = list(labels)
    rng.shuffle(shuffled)
    rows: list[list[int]] = []
    for mirrored in range(squares):
        square = williams_square(count, mirrored=bool(mirrored))
        rng.shuffle(square)
        rows += square
    return tuple(shuffled[index] for index in rows[row])


def williams_square(count: int, *, mirrored: bool = False) -> list[list[int]]:
    """Return a Latin square of 0 to `count` - 1: first row 0, 1, n-1, 2…, the next each one more.

    `mirrored` reverses each row; for odd `count` it takes both squares to balance the neighbours.
    """
    first = [(step + 1) // 2 if step % 2 else -(step // 2) % count for step in range(count)]
    if mirrored:
        first.reverse()
    return [[(index + shift) % count for index in first] for shift in range(count)]


def shuffled_cells(cells: Sequence[Item], seed: str) -> list[Item]:
    """Return the operations and shapes of one pass, in an order drawn from `seed`."""
    order = list(cells)
    random.Random(seed).shuffle(order)
    return order


def slice_seed(seed: str) -> int:
    """Return the seed of the slices of one round: all its stacks get the same requests."""
    return random.Random(seed).getrandbits(32)
