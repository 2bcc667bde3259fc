"""The generator's own ceiling: its rate against a server that does next to nothing."""

from benchmarks.course import Cell, Course
from benchmarks.driver import LoadDriver, SliceOrder, Target
from benchmarks.line_process import LineProcess
from reports.records import Ceiling

SLICES = 5
SLICE_S = 0.1
START_TIMEOUT_S = 30.0


def measure_ceilings(course: Course) -> None:
    """Records the ceilings of all operations and shapes, where they are not recorded yet."""
    known = {(one.operation, one.shape) for one in course.file.read().ceilings}
    missing = [cell for cell in course.cells if (cell.operation, cell.shape.name) not in known]
    if not missing:
        return
    exchanges = [
        [exchange.content, exchange.answer]
        for workload in course.workloads
        for exchange in workload.exchanges
    ]
    server = LineProcess("benchmarks.null_server", course.cores.servers)
    try:
        port = server.ask({"exchanges": exchanges}, START_TIMEOUT_S)["port"]
        with course.make_driver() as driver:
            driver.open([Target("null", f"http://127.0.0.1:{port}")])
            for cell in missing:
                ceiling = _ceiling(course, driver, cell)
                if ceiling is not None:
                    course.file.add_ceiling(ceiling)
    finally:
        server.end()


def _ceiling(course: Course, driver: LoadDriver, cell: Cell) -> Ceiling | None:
    """The highest rate of a few slices: other work on the machine can only lower it.

    `None` without an answer.
    """
    order = SliceOrder(
        "null", cell.operation, cell.shape, SLICE_S, course.plan.rows, course.plan.seed
    )
    outcomes = [driver.run(order) for _ in range(SLICES)]
    rates = [outcome.answered / outcome.duration_s for outcome in outcomes]
    cpu_s = [one.generator_cpu_s for one in outcomes if one.generator_cpu_s is not None]
    answered = sum(outcome.answered for outcome in outcomes)
    if not answered:
        return None
    return Ceiling(
        operation=cell.operation,
        shape=cell.shape.name,
        requests_per_s=max(rates),
        generator_cpu_us_per_request=sum(cpu_s) / answered * 1e6 if cpu_s else None,
    )
