"""The server that does next to nothing answers rightly, so a ceiling includes the checking."""

import pytest

from benchmarks.child_process import ChildProcess
from benchmarks.driver import SliceOrder, Target
from benchmarks.engine.driver import EngineDriver
from benchmarks.workload.workload import build_workload
from reports.study.records import Shape
from shared.contract import OPERATIONS
from tests.benchmarks.miniature import SAMPLE


@pytest.mark.parametrize("rows", [1, 1024])
def test_the_null_server_answers_every_operation_rightly(rows):
    workloads = [build_workload(name, seed=1, rows=rows, sample=SAMPLE) for name in OPERATIONS]
    exchanges = [[one.content, one.answer] for w in workloads for one in w.exchanges]
    server = ChildProcess("benchmarks.engine.null_server")
    try:
        port = server.ask({"exchanges": exchanges}, 30)["port"]
        with EngineDriver(workloads) as driver:
            driver.open([Target("null", f"http://127.0.0.1:{port}")])
            for name in OPERATIONS:
                outcome = driver.run(SliceOrder("null", name, Shape(8), 0.1, rows, 1))
                assert outcome.failures == {}
                assert outcome.answered > 0
    finally:
        server.end()
