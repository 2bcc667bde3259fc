"""The rule for which blocks of a study count: for the runner, which makes up for the others, and
for the report alike."""

from collections import Counter
from collections.abc import Iterable

from reports.study.records import Block, Plan, Round


def counted_blocks(plan: Plan, blocks: Iterable[Block], rounds: Iterable[Round]) -> frozenset[int]:
    """Return the numbers of the blocks that count; a block counts for all cells or for none.

    A whole block counts. A broken one does if it has, of each operation and shape, at least half
    of the usual number of rounds: the most that a whole block of its kind (solo or not) has, for on
    a slow machine that is fewer than were planned; without a whole block, the planned number.
    """
    listed = list(blocks)
    recorded: dict[int, Counter[tuple[str, str]]] = {block.number: Counter() for block in listed}
    for round_ in rounds:
        if round_.block in recorded:
            recorded[round_.block][round_.operation, round_.shape] += 1
    cells = [
        (operation, shape.name)
        for operation in plan.operations
        for shape in plan.shapes_of(operation)
    ]
    counted = set()
    for block in listed:
        whole = [b for b in listed if b.state == "whole" and b.solo == block.solo]
        usual = {
            cell: max((recorded[b.number][cell] for b in whole), default=plan.rounds_per_block)
            for cell in cells
        }
        enough = all(2 * recorded[block.number][cell] >= usual[cell] for cell in cells)
        if block.state == "whole" or (enough and any(usual.values())):
            counted.add(block.number)
    return frozenset(counted)
