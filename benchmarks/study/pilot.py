"""Each stack alone, before the blocks: the contract gate, memory, start-up time, and a pilot.

From the pilot's rates follow how long slices are and how many requests a second are due in the
open loops: what all stacks can serve, for each operation.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import ROUND_FLOOR, Context
from statistics import median

from benchmarks.driver import LoadDriver, SliceOrder, Target
from benchmarks.errors import NothingToCompare
from benchmarks.machine.process_usage import memory
from benchmarks.study.recall import measure_recall
from benchmarks.study.run_context import Cell, StudyContext
from implementations.errors import CannotRunHere, DiedAtStart, SilentAtStart
from reports.study.file import StudyFile
from reports.study.records import Block, Footprint, Gate, Plan, Recall, Shape, Slice

# A single slice is off by some per cent, and another study's by as much the other way.
PILOT_SLICES = 3
PILOT_S = 0.1
# A slice lasts as long as this many answers a connection take, or requests are due in an open
# loop, within these bounds.
ANSWERS_A_CONNECTION = 20
REQUESTS_DUE = 20
LONGEST_SLICE_S = 2.0
LONGEST_SLICE_IN_A_BUDGET_S = 0.5
# Decimal, because 95 * 0.01 is above 0.95 in binary.
_ONE_DIGIT = Context(prec=1, rounding=ROUND_FLOOR)

Rates = Mapping[Cell, float]


def run_pilots(context: StudyContext) -> Rates:
    """Record gates and footprints that are not recorded yet; return the lowest rate of any stack.

    Before the first block there are rates for all cells; later ones follow its shapes and lengths,
    and need none. Raises `NothingToCompare` if no stack passes.
    """
    lowest: dict[Cell, float] = {}
    passed = {gate.label: gate.passed for gate in context.file.all(Gate)}
    wanted = [label for label in context.stacks if passed.get(label, True)]
    if context.file.all(Block):
        wanted = []
    if wanted:
        with context.make_driver() as driver:
            for number, label in enumerate(wanted, 1):
                context.progress.update(
                    0.0, f"contract gate: {label} ({number}/{len(wanted)})", None
                )
                try:
                    rates = _look_at(context, driver, label, known=label in passed)
                except (DiedAtStart, SilentAtStart, CannotRunHere) as exc:
                    if context.stacks[label].asked is None or label in passed:
                        raise
                    leave_out(context.file, label, exc.summary, context.progress.message)
                    continue
                for cell, rate in rates.items():
                    lowest[cell] = min(rate, lowest.get(cell, rate))
    gates = context.file.all(Gate)
    if not any(gate.passed for gate in gates):
        raise NothingToCompare(tuple(gate.label for gate in gates))
    return lowest


def with_open_loops(context: StudyContext, lowest: Rates) -> StudyContext:
    """Return the context with the open loops that its plan wants, chosen and recorded."""
    ratio = context.plan.options.open_load_ratio
    if ratio is not None and all(one.rate_per_s is None for one in context.plan.shapes):
        closed = context.plan.shapes[0]
        rates = {
            cell.operation: rounded_down(ratio * rate)
            for cell, rate in lowest.items()
            if cell.shape == closed
        }
        context.file.add_shapes(
            [Shape(closed.connections, rate, operation) for operation, rate in rates.items()]
        )
    return replace(context, plan=context.file.plan)


def slice_lengths(context: StudyContext, lowest: Rates) -> Mapping[Cell, float]:
    """Return the length of each cell's slices, in seconds, the same for all stacks.

    At least the plan's length, and longer where the slowest stack needs longer for
    `ANSWERS_A_CONNECTION`; as in earlier blocks, where there are any.
    """
    solo = {block.number for block in context.file.all(Block) if block.solo}
    earlier: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for one in context.file.all(Slice):
        if one.block not in solo:
            earlier[one.operation, one.shape].append(one.duration_s - (one.drain_s or 0.0))
    return {
        cell: round(median(durations), 6)
        if (durations := earlier.get((cell.operation, cell.shape.name)))
        else length_s(context.plan, cell.shape, lowest.get(cell))
        for cell in context.cells
    }


def length_s(plan: Plan, shape: Shape, lowest: float | None) -> float:
    """Return the length of a slice, in seconds, where the slowest stack has the rate `lowest`."""
    if shape.rate_per_s is not None:
        needed_s = REQUESTS_DUE / shape.rate_per_s
    elif lowest is not None:
        needed_s = ANSWERS_A_CONNECTION * shape.connections / lowest
    else:
        return plan.slice_s
    in_a_budget = plan.options.budget_s is not None
    longest_s = LONGEST_SLICE_IN_A_BUDGET_S if in_a_budget else LONGEST_SLICE_S
    return max(plan.slice_s, min(needed_s, longest_s))


def rounded_down(rate: float) -> float:
    """Return the rate with one digit, so that two studies have the same; never above `rate`."""
    return float(_ONE_DIGIT.create_decimal(str(rate)))


def _look_at(
    context: StudyContext, driver: LoadDriver, label: str, *, known: bool
) -> dict[Cell, float]:
    """Measure one stack alone; return its rates, none if it does not keep the contract.

    A stack that is `known` passed the gate before the study was interrupted.
    """
    with context.launched_alone(context.stacks[label]) as server:
        at_rest = memory(server.pids())
        if not known and not _passes_gate(context, label, server.url):
            return {}
        driver.open([Target(label, server.url)])
        rates = _pilot_rates(context, driver, label)
        loaded = memory(server.pids())
        found = {**server.read_back(), "versions": server.versions()}
        _look_for_recall(context, driver, server.pids(), label, rates)
    if all(one.label != label for one in context.file.all(Footprint)):
        context.file.add(
            Footprint(
                label=label,
                startup_s=server.startup_s,
                uss_rest_bytes=at_rest.uss_bytes,
                pss_rest_bytes=at_rest.pss_bytes,
                uss_loaded_bytes=loaded.uss_bytes,
                pss_loaded_bytes=loaded.pss_bytes,
                found=found,
            )
        )
    return {cell: rate for cell, rate in rates.items() if rate}


def leave_out(file: StudyFile, label: str, why: str, say: Callable[[str], None]) -> None:
    """Record that a stack could not be made or started, and say so; the others go on."""
    file.add(Gate(label, passed=False, checks=0, failures=(why,)))
    say(f"{label} is left out: {why}")


def _look_for_recall(
    context: StudyContext,
    driver: LoadDriver,
    pids: tuple[int, ...],
    label: str,
    rates: Mapping[Cell, float],
) -> None:
    """Record whether the stack remembers answers, where that is not recorded yet."""
    known = {(one.label, one.operation) for one in context.file.all(Recall)}
    for cell, rate in rates.items():
        usual = cell.shape == context.plan.shapes[0]
        if rate and usual and (label, cell.operation) not in known:
            recall = measure_recall(context, driver, pids, label, (cell, rate))
            if recall is not None:
                context.file.add(recall)


def _passes_gate(context: StudyContext, label: str, url: str) -> bool:
    answer = context.gate(url)
    context.file.add(Gate(label, answer.passed, answer.checks, answer.failures))
    if not answer.passed:
        context.progress.message(f"{label} does not keep the contract: {answer.failures[0]}")
    return answer.passed


def _pilot_rates(context: StudyContext, driver: LoadDriver, label: str) -> dict[Cell, float]:
    """Return answers a second of each cell, the median of short slices that take turns.

    A fault in them shows in the study too.
    """
    plan = context.plan
    found: defaultdict[Cell, list[float]] = defaultdict(list)
    for _ in range(PILOT_SLICES):
        for cell in context.cells:
            order = SliceOrder(label, cell.operation, cell.shape, PILOT_S, plan.rows, plan.seed)
            outcome = driver.run(order)
            found[cell].append(outcome.answered / outcome.duration_s)
    return {cell: median(rates) for cell, rates in found.items()}
