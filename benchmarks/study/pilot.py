"""Each stack alone, before the blocks: the contract gate, memory, start-up time, and a pilot.

From the pilot's rates follow how long slices are and how many requests a second are due in the
open loops: what all stacks can serve, for each operation.
"""

from collections.abc import Mapping
from dataclasses import replace
from math import floor, log10
from statistics import median

from benchmarks.driver import LoadDriver, SliceOrder, Target
from benchmarks.errors import NothingToCompare
from benchmarks.machine.process_usage import memory
from benchmarks.study.run_context import ALONE, Cell, Course
from reports.study.records import Cost, Gate, Shape, Study

PILOT_S = 0.2
# A slice lasts as long as this many answers a connection take, or requests are due in an open
# loop, within these bounds.
ANSWERS_A_CONNECTION = 20
REQUESTS_DUE = 20
LONGEST_SLICE_S = 2.0
LONGEST_SLICE_IN_A_BUDGET_S = 0.5

Rates = Mapping[Cell, float]


def look_at_each_alone(course: Course) -> Rates:
    """Records gates and costs that are not recorded yet; returns the slowest stack's rates.

    Before the first block there are rates for all cells; later ones follow its shapes and lengths,
    and need none. Raises `NothingToCompare` if no stack passes.
    """
    study = course.file.read()
    slowest: dict[Cell, float] = {}
    passed = {gate.label: gate.passed for gate in study.gates}
    wanted = [label for label in course.stacks if passed.get(label, True)]
    if study.blocks:
        wanted = []
    if wanted:
        with course.make_driver() as driver:
            for place, label in enumerate(wanted):
                course.tell.at(0.0, f"contract gate: {label} ({place + 1}/{len(wanted)})", None)
                for cell, rate in _look_at(course, driver, label, known=label in passed).items():
                    slowest[cell] = min(rate, slowest.get(cell, rate))
    gates = course.file.read().gates
    if not any(gate.passed for gate in gates):
        raise NothingToCompare(tuple(gate.label for gate in gates))
    return slowest


def with_open_loops(course: Course, slowest: Rates) -> Course:
    """The course with the open loops that its plan wants, chosen and recorded unless they are."""
    ratio = course.plan.options.get("open_load_ratio")
    if ratio is not None and all(one.rate_per_s is None for one in course.plan.shapes):
        closed = course.plan.shapes[0]
        rates = {
            cell.operation: rounded_down(ratio * rate)
            for cell, rate in slowest.items()
            if cell.shape == closed
        }
        course.file.add_shapes(
            [Shape(closed.connections, rate, operation) for operation, rate in rates.items()]
        )
    return replace(course, plan=course.file.read().plan)


def slice_lengths(course: Course, slowest: Rates) -> Mapping[Cell, float]:
    """How long slices of each cell are, in seconds, the same for all stacks.

    At least the plan's length, and longer where the slowest needs longer for
    `ANSWERS_A_CONNECTION`; as in earlier blocks, where there are any.
    """
    study = course.file.read()
    return {cell: _length_s(course, cell, slowest.get(cell), study) for cell in course.cells}


def rounded_down(rate: float) -> float:
    """The rate with two digits, so that it reads well; never above `rate`."""
    digit = 10.0 ** (floor(log10(rate)) - 1)
    return floor(rate / digit) * digit


def _look_at(course: Course, driver: LoadDriver, label: str, *, known: bool) -> dict[Cell, float]:
    """One stack alone; returns its rates, none if it does not keep the contract.

    A stack that is `known` passed the gate before the study was interrupted.
    """
    with course.launched_alone(course.stacks[label]) as server:
        at_rest = memory(server.pids())
        if not known and not _passes_gate(course, label, server.url):
            return {}
        driver.open([Target(label, server.url)])
        rates = {cell: _pilot_rate(course, driver, label, cell) for cell in course.cells}
        loaded = memory(server.pids())
        driver.open([])  # a server that drains waits for open connections
    if all((cost.block, cost.label) != (ALONE, label) for cost in course.file.read().costs):
        course.file.add_cost(
            Cost(
                block=ALONE,
                label=label,
                startup_s=server.startup_s,
                server_cpu_us_per_request={},
                uss_rest_bytes=at_rest.uss_bytes,
                pss_rest_bytes=at_rest.pss_bytes,
                uss_loaded_bytes=loaded.uss_bytes,
                pss_loaded_bytes=loaded.pss_bytes,
            )
        )
    return {cell: rate for cell, rate in rates.items() if rate}


def _passes_gate(course: Course, label: str, url: str) -> bool:
    answer = course.gate(url)
    course.file.add_gate(Gate(label, answer.passed, answer.checks, answer.failures))
    if not answer.passed:
        course.tell.say(f"{label} does not keep the contract: {answer.failures[0]}")
    return answer.passed


def _pilot_rate(course: Course, driver: LoadDriver, label: str, cell: Cell) -> float:
    """Answers a second in one short slice; what is wrong in it will be wrong in the study too."""
    order = SliceOrder(
        label, cell.operation, cell.shape, PILOT_S, course.plan.rows, course.plan.seed
    )
    outcome = driver.run(order)
    return outcome.answered / outcome.duration_s


def _length_s(course: Course, cell: Cell, slowest: float | None, study: Study) -> float:
    solo = {block.number for block in study.blocks if block.solo}
    earlier = [
        one.duration_s - (one.drain_s or 0.0)
        for one in study.slices
        if (one.operation, one.shape) == (cell.operation, cell.shape.name) and one.block not in solo
    ]
    if earlier:
        return round(median(earlier), 6)
    if cell.shape.rate_per_s is not None:
        needed_s = REQUESTS_DUE / cell.shape.rate_per_s
    elif slowest is not None:
        needed_s = ANSWERS_A_CONNECTION * cell.shape.connections / slowest
    else:
        return course.plan.slice_s
    in_a_budget = "budget_s" in course.plan.options
    longest_s = LONGEST_SLICE_IN_A_BUDGET_S if in_a_budget else LONGEST_SLICE_S
    return max(course.plan.slice_s, min(needed_s, longest_s))
