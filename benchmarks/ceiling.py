"""The generator's own ceiling: its rate against a server that does next to nothing."""

from benchmarks.course import Course
from benchmarks.driver import SliceOrder, Target
from benchmarks.line_process import LineProcess
from reports.records import Ceiling

CEILING_S = 0.5
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
                order = SliceOrder(
                    label="null",
                    operation=cell.operation,
                    shape=cell.shape,
                    duration_s=CEILING_S,
                    rows=course.plan.rows,
                    seed=course.plan.seed,
                )
                outcome = driver.run(order)
                cpu_s = outcome.generator_cpu_s
                course.file.add_ceiling(
                    Ceiling(
                        operation=cell.operation,
                        shape=cell.shape.name,
                        requests_per_s=outcome.answered / outcome.duration_s,
                        generator_cpu_us_per_request=None
                        if cpu_s is None
                        else cpu_s / outcome.answered * 1e6,
                    )
                )
    finally:
        server.end()
