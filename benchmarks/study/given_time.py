"""A study of a given time instead of a number of blocks."""

from dataclasses import replace

from benchmarks.errors import TimeTooShort
from benchmarks.study.estimate import estimated_s
from reports.study.records import Plan

# A verdict needs as many.
LEAST_BLOCKS = 4
MOST_BLOCKS = 1000
# Of each operation and shape in a block, where stacks are slow; others get more. Starts differ by
# about a per cent, so time is better spent on more blocks than on longer ones.
ROUNDS = 3


def with_time(plan: Plan, time_s: float) -> Plan:
    """Return the plan with as many whole blocks as fit into the time, from command to report.

    Raises TimeTooShort where `LEAST_BLOCKS` do not.
    """
    least_s = estimated_s(_of(plan, LEAST_BLOCKS, rounds=1))
    if least_s > time_s:
        raise TimeTooShort(time_s, LEAST_BLOCKS, least_s)
    first_s, second_s = (estimated_s(_of(plan, blocks, rounds=ROUNDS)) for blocks in (1, 2))
    fit = 1 + int((time_s - first_s) / (second_s - first_s))
    blocks = max(LEAST_BLOCKS, min(fit, MOST_BLOCKS))
    return replace(plan, blocks=blocks, options=replace(plan.options, budget_s=time_s))


def _of(plan: Plan, blocks: int, rounds: int) -> Plan:
    """Return the plan with blocks of so many rounds, however long they take."""
    options = replace(plan.options, budget_s=None)
    return replace(plan, blocks=blocks, rounds_per_block=rounds, options=options)
