"""A server that remembers answers is found, in real processes; an honest one is not."""

import time

import pytest

from benchmarks.driver import Target
from benchmarks.engine.driver import EngineDriver
from benchmarks.machine.cores import split_cores
from benchmarks.study.plan import StudyOptions, make_plan
from benchmarks.study.recall import measure_recall
from benchmarks.study.run_context import StudyContext
from benchmarks.workload.workload import build_workload
from implementations.catalogue import find_stack
from implementations.launching.launcher import launch
from reports.analysis.recall import LEAST_MORE_RATIO

# Each answer costs half a millisecond, but for those that are remembered.
APP = """
import time
from implementations.asgi.app import create_app as right_app
from shared.service import open_service

REMEMBERS = {remembers}


def create_app(service):
    app, known = right_app(service), set()

    async def slow(scope, receive, send):
        if scope["type"] == "lifespan":
            return await app(scope, receive, send)
        event = await receive()
        content = event.get("body")
        if content not in known:
            until = time.process_time() + 0.0005
            while time.process_time() < until:
                pass
        if REMEMBERS:
            known.add(content)

        async def again():
            return event

        await app(scope, again, send)

    return slow


def get_app():
    return create_app(open_service())
"""


@pytest.fixture
def stack(request, tmp_path):
    folder = tmp_path / "slow"
    folder.mkdir()
    (folder / "app.py").write_text(APP.format(remembers=request.param))
    (folder / "entry.toml").write_text(
        'name = "slow"\ninterface = "asgi"\nservers = ["uvicorn"]\nmodel_call = "loop"\n'
    )
    return find_stack("slow", [folder])


def measured(stack):
    options = StudyOptions(stacks=(stack,), mode="quick", operations=("letter_count",))
    workload = build_workload("letter_count", seed=1)
    cores = split_cores(1)
    context = StudyContext(
        plan=make_plan(options, driver="engine", command=()),
        file=None,
        stacks={"slow": stack},
        cores=cores,
        workloads=(workload,),
        make_driver=None,
        gate=None,
        progress=None,
        begun_s=time.monotonic(),
        fresh_workload=lambda operation, number: build_workload(operation, seed=100 + number),
    )
    with launch(stack) as server, EngineDriver([workload], cores.generator) as driver:
        driver.open([Target("slow", server.url)])
        return measure_recall(context, driver, server.pids(), "slow", (context.cells[0], 1000.0))


@pytest.mark.parametrize(("stack", "found"), [(True, True), (False, False)], indirect=["stack"])
def test_a_server_that_remembers_answers_is_found_and_an_honest_one_is_not(stack, found):
    recall = measured(stack)
    assert (recall.label, recall.operation) == ("slow", "letter_count")
    assert (min(recall.cpu_ratios) > 1 + LEAST_MORE_RATIO) == found
