"""Each stack alone, before the blocks: the contract gate, memory, start-up time, and a pilot."""

from collections.abc import Mapping
from statistics import median

from benchmarks.accounts import memory
from benchmarks.course import ALONE, Cell, Course
from benchmarks.driver import LoadDriver, SliceOrder, Target
from benchmarks.errors import NothingToCompare
from reports.records import Cost, Gate, Study

PILOT_S = 0.2
# A slice lasts as long as this many answers a connection take, within these bounds.
ANSWERS_A_CONNECTION = 20
LONGEST_SLICE_S = 2.0
LONGEST_SLICE_IN_A_BUDGET_S = 0.5


def look_at_each_alone(course: Course) -> Mapping[Cell, float]:
    """Records gates and costs that are not recorded yet; returns each cell's slice length (s).

    The length is the same for all stacks: at least the plan's, and longer where the slowest of
    them needs longer for `ANSWERS_A_CONNECTION`. Raises `NothingToCompare` if no stack passes.
    """
    study = course.file.read()
    slowest: dict[Cell, float] = {}
    known = {gate.label for gate in study.gates}
    missing = [label for label in course.stacks if label not in known]
    if missing:
        with course.make_driver() as driver:
            for place, label in enumerate(missing):
                course.tell.at(0.0, f"contract gate: {label} ({place + 1}/{len(missing)})", None)
                for cell, rate in _look_at(course, driver, label).items():
                    slowest[cell] = min(rate, slowest.get(cell, rate))
    gates = course.file.read().gates
    if not any(gate.passed for gate in gates):
        raise NothingToCompare(tuple(gate.label for gate in gates))
    return {cell: _length_s(course, cell, slowest.get(cell), study) for cell in course.cells}


def _look_at(course: Course, driver: LoadDriver, label: str) -> dict[Cell, float]:
    """One stack alone; returns its rates, none if it does not keep the contract."""
    with course.launched_alone(course.stacks[label]) as server:
        at_rest = memory(server.pids())
        answer = course.gate(server.url)
        course.file.add_gate(Gate(label, answer.passed, answer.checks, answer.failures))
        if not answer.passed:
            course.tell.say(f"{label} does not keep the contract: {answer.failures[0]}")
            return {}
        driver.open([Target(label, server.url)])
        rates = {cell: _pilot_rate(course, driver, label, cell) for cell in course.cells}
        loaded = memory(server.pids())
        driver.open([])  # a server that drains waits for open connections
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


def _pilot_rate(course: Course, driver: LoadDriver, label: str, cell: Cell) -> float:
    """Answers a second in one short slice; what is wrong in it will be wrong in the study too."""
    order = SliceOrder(
        label, cell.operation, cell.shape, PILOT_S, course.plan.rows, course.plan.seed
    )
    outcome = driver.run(order)
    return outcome.answered / outcome.duration_s


def _length_s(course: Course, cell: Cell, slowest: float | None, study: Study) -> float:
    """How long a slice of the cell is: as in earlier blocks, else as the pilot says."""
    earlier = [
        one.duration_s - (one.drain_s or 0.0)
        for one in study.slices
        if (one.operation, one.shape) == (cell.operation, cell.shape.name)
    ]
    if earlier:
        return round(median(earlier), 6)
    if slowest is None:
        return course.plan.slice_s
    needed_s = ANSWERS_A_CONNECTION * cell.shape.connections / slowest
    in_a_budget = "budget_s" in course.plan.options
    longest_s = LONGEST_SLICE_IN_A_BUDGET_S if in_a_budget else LONGEST_SLICE_S
    return max(course.plan.slice_s, min(needed_s, longest_s))
