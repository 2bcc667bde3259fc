"""The generator's own ceiling: its rate against a server that does next to nothing.

That of an open loop is the closed loop's over as many connections: an open loop's own rate is what
was asked for.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from benchmarks.child_process import ChildProcess
from benchmarks.driver import LoadDriver, SliceOrder, Target
from benchmarks.study.run_context import StudyContext
from benchmarks.workload.workload import Workload
from reports.study.records import Ceiling, Shape
from shared.contract import OperationName

SLICES = 5
SLICE_S = 0.1
START_TIMEOUT_S = 30.0
NULL = "null"


def measure_ceilings(context: StudyContext) -> None:
    """Record the ceilings of all operations and shapes, where they are not recorded yet."""
    known = {(one.operation, one.shape) for one in context.file.all(Ceiling)}
    missing = [cell for cell in context.cells if (cell.operation, cell.shape.name) not in known]
    if not missing:
        return
    cores = context.cores.servers
    with null_server(context.workloads, cores) as service, context.make_driver() as driver:
        driver.open([Target(NULL, service.url)])
        found: dict[tuple[str, int], Ceiling | None] = {}
        for cell in missing:
            loop = cell.operation, cell.shape.connections
            if loop not in found:
                closed = Shape(cell.shape.connections)
                found[loop] = measure_ceiling(driver, cell.operation, closed, context.plan.rows)
            ceiling = found[loop]
            if ceiling is not None:
                context.file.add(replace(ceiling, shape=cell.shape.name))


@dataclass(frozen=True)
class NullService:
    """A running server that answers from memory."""

    url: str
    pid: int


@contextmanager
def null_server(
    workloads: Sequence[Workload], cores: Collection[int] | None = None
) -> Iterator[NullService]:
    """Run a server for these workloads on these cores."""
    exchanges = [
        [exchange.content, exchange.answer]
        for workload in workloads
        for exchange in workload.exchanges
    ]
    server = ChildProcess("benchmarks.engine.null_server", cores)
    try:
        port = server.ask({"exchanges": exchanges}, START_TIMEOUT_S)["port"]
        yield NullService(f"http://127.0.0.1:{port}", server.pid)
    finally:
        server.end()


def measure_ceiling(
    driver: LoadDriver, operation: OperationName, shape: Shape, rows: int = 1
) -> Ceiling | None:
    """Return the highest rate of a few slices: other work on the machine can only lower it.

    `shape` is a closed loop. The driver's target `NULL` is such a server. `None` without an answer.
    """
    order = SliceOrder(NULL, operation, shape, SLICE_S, rows, seed=0)
    outcomes = [driver.run(order) for _ in range(SLICES)]
    rates = [outcome.answered / outcome.duration_s for outcome in outcomes]
    cpu_s = [one.generator_cpu_s for one in outcomes if one.generator_cpu_s is not None]
    answered = sum(outcome.answered for outcome in outcomes)
    if not answered:
        return None
    return Ceiling(
        operation=operation,
        shape=shape.name,
        requests_per_s=max(rates),
        generator_cpu_us_per_request=sum(cpu_s) / answered * 1e6 if cpu_s else None,
    )
