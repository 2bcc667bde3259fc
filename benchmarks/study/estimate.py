"""The time that a study takes at most on an idle machine, before anything of it has run.

It is counted from the launches, pilots and slices of the plan, each as long as a slow one.
"""

import math
from collections.abc import Iterator

from benchmarks.study import ceiling, recall
from benchmarks.study.pilot import PILOT_S, PILOT_SLICES, length_s
from benchmarks.study.solo_block import SOLO_SLICE_S
from reports.study.records import Plan, Shape

# From the command to the first launch, and from the last slice to the printed report.
AROUND_S = 15.0
# From a stack's start to its first right answer, and from the wish to its end: alone on the
# servers' cores, or beside others on all.
LAUNCH_ALONE_S = 3.0
LAUNCH_BESIDE_S = 1.5
GATE_S = 1.0
# A slice's warm-up, drain and countings, and the first work of a fresh server in an operation.
AROUND_SLICE_S = 0.1
# Answers a second of a slow stack.
SLOW_RATES = {"count": 2000.0, "letter_count": 2000.0, "predict": 700.0}


def estimated_s(plan: Plan) -> float:
    """Return the seconds: the plan's budget, or what one round a block takes if that is longer."""
    stacks = len(plan.labels)
    closed = [shape for _, shape in _cells(plan) if shape.rate_per_s is None]
    pilot_s = len(closed) * PILOT_SLICES * (PILOT_S + AROUND_SLICE_S)
    recall_s = len(closed) * 2 * recall.SETS * (recall.LONGEST_SLICE_S + AROUND_SLICE_S)
    pilots_s = stacks * (LAUNCH_ALONE_S + GATE_S + pilot_s + recall_s)
    ceilings_s = len(closed) * ceiling.SLICES * (ceiling.SLICE_S + AROUND_SLICE_S)
    solo_s = stacks * (LAUNCH_ALONE_S + len(closed) * (SOLO_SLICE_S + 2 * AROUND_SLICE_S))
    fixed_s = AROUND_S + pilots_s + ceilings_s + plan.options.solo_passes * solo_s
    first_s = len(plan.entrants) * (LAUNCH_BESIDE_S + len(plan.operations) * AROUND_SLICE_S)
    slices_s = [
        length_s(plan, shape, SLOW_RATES[operation]) + AROUND_SLICE_S
        for operation, shape in _cells(plan)
    ]
    round_s = len(plan.entrants) * sum(slices_s)
    budget_s = plan.options.budget_s
    rounds = plan.rounds_per_block if budget_s is None else 1
    return max(budget_s or 0.0, fixed_s + plan.blocks * (first_s + rounds * round_s))


def estimate(plan: Plan) -> str:
    """Return the estimate in words, such as `at most 6 minutes`."""
    minutes = math.ceil(estimated_s(plan) / 60)
    return f"at most {minutes:,} minute{'' if minutes == 1 else 's'} if the machine is idle"


def _cells(plan: Plan) -> Iterator[tuple[str, Shape]]:
    """Yield each operation under each shape, with the open loop that the pilots will add."""
    ratio = plan.options.open_load_ratio
    for operation in plan.operations:
        shapes = plan.shapes_of(operation)
        yield from ((operation, shape) for shape in shapes)
        if ratio is not None and all(shape.rate_per_s is None for shape in shapes):
            yield operation, Shape(shapes[0].connections, ratio * SLOW_RATES[operation])
