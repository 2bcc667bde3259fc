"""Whether a server remembers answers: the same requests again against some that it has not seen.

Requests vary, but a study sends the same few hundred again and again: a server that remembers them
would be measured at something else than its work. So each stack gets sets of requests that it has
not seen, each of them twice. What is compared is its CPU time a request, which other work on the
machine disturbs less than the rate.
"""

from benchmarks.driver import LoadDriver, SliceOrder
from benchmarks.machine.process_usage import cpu_ns, cpu_used_s
from benchmarks.study.run_context import Cell, StudyContext
from reports.study.records import Recall
from shared.contract import OperationName

SETS = 5
# The same request has another answer each time, so there is nothing to remember.
NEVER_THE_SAME: frozenset[OperationName] = frozenset({"count"})
LONGEST_SLICE_S = 0.05
SHORTEST_SLICE_S = 0.005
WARM_UP_S = 0.005


def measure_recall(
    context: StudyContext,
    driver: LoadDriver,
    pids: tuple[int, ...],
    label: str,
    rates: tuple[Cell, float],
) -> Recall | None:
    """Return the CPU time of new requests over that of the same ones again; None if not known.

    `pids` : of the server's processes. `rates` : the answers a second of a cell, so that no request
    of a set is sent twice in a slice. The driver has `label` open, and its usual workload
    afterwards.
    """
    cell, rate = rates
    if context.fresh_workload is None or cell.operation in NEVER_THE_SAME:
        return None
    usual = next(one for one in context.workloads if one.operation == cell.operation)
    requests = len(context.fresh_workload(cell.operation, 0).exchanges)
    new_s = (requests - cell.shape.connections) / rate - WARM_UP_S
    slice_s = max(SHORTEST_SLICE_S, min(new_s, LONGEST_SLICE_S))
    order = SliceOrder(label, cell.operation, cell.shape, slice_s, context.plan.rows, seed=0)
    ratios = []
    for number in range(SETS):
        driver.use(context.fresh_workload(cell.operation, number))
        new, again = (_cpu_s_per_request(driver, order, pids) for _ in range(2))
        if new and again:
            ratios.append(new / again)
    driver.use(usual)
    return Recall(label, cell.operation, tuple(ratios)) if len(ratios) == SETS else None


def _cpu_s_per_request(
    driver: LoadDriver, order: SliceOrder, pids: tuple[int, ...]
) -> float | None:
    before = cpu_ns(pids)
    outcome = driver.run(order)
    used_s = cpu_used_s(before, cpu_ns(pids))
    return used_s / outcome.sent if used_s and outcome.sent else None
