"""Orders are balanced over the rounds that a study really runs, however many were planned."""

import time
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest

from benchmarks.machine.cores import CoreSplit
from benchmarks.study import block
from benchmarks.study.plan import StudyOptions, make_plan
from benchmarks.study.run_context import StudyContext
from benchmarks.workload.workload import build_workload
from implementations.catalogue import find_stack
from reports.study.file import StudyFile
from reports.study.records import Block, Environment, MachineNoise, Round

STACKS = ("wsgi:granian", "asgi:uvicorn", "falcon:gunicorn", "flask:gunicorn", "fastapi:uvicorn")


class OrdersOnly:
    """A recorder that makes no load: orders do not depend on it."""

    def read_noise(self) -> None:
        """See `SliceRecorder`."""

    def noise_since(self, before: None) -> MachineNoise:
        return MachineNoise()

    def record(self, label: str, cell: object, **_: object) -> None:
        """See `SliceRecorder`."""

    def keep(self) -> None:
        """See `SliceRecorder`."""


@pytest.fixture
def context(request, tmp_path):
    """A study of some stacks, of which 20 rounds a block are planned."""
    stacks = {name: find_stack(name) for name in STACKS[: request.param]}
    options = StudyOptions(stacks=(*stacks.values(),), mode="quick", operations=("count",))
    plan = make_plan(options, driver="engine", command=("podium", "compare"))
    with StudyFile.create(tmp_path / "a.study", plan, Environment({}, {})) as file:
        yield StudyContext(
            plan=plan,
            file=file,
            stacks=stacks,
            cores=CoreSplit(None, None),
            workloads=(build_workload("count", seed=1),),
            make_driver=lambda: None,
            gate=lambda url: None,
            progress=None,
            begun_s=time.monotonic(),
        )


def run_rounds(context, *, blocks, solo_block=None):
    """Run blocks of so many rounds; return the orders of all."""
    (cell,) = context.cells
    labels = tuple(context.stacks)
    for number, rounds in enumerate(blocks, 1):
        this = Block(number, "running", 1, None, "2026-01-01T00:00:00+00:00")
        this = replace(this, solo=number == solo_block)
        context.file.add(this)
        before = block._rounds_of(context, len(labels))
        run = block.BlockRun(context, this, labels, {cell: 0.1}, OrdersOnly(), before)
        for round_number in range(1, rounds + 1):
            run.round(cell, round_number)
    return [one.order for one in context.file.all(Round) if one.block != solo_block]


@pytest.mark.parametrize(
    ("context", "blocks"),
    [(4, (3, 2, 3)), (4, (3,) * 8), (5, (3, 4, 3)), (2, (1, 1))],
    indirect=["context"],
)
def test_each_stack_stands_at_each_place_and_after_each_other_equally_often(context, blocks):
    assert max(blocks) < context.plan.rounds_per_block
    orders = run_rounds(context, blocks=blocks)
    places = Counter((place, label) for order in orders for place, label in enumerate(order))
    neighbours = Counter(pair for order in orders for pair in pairwise(order))
    count = len(context.stacks)
    assert len(places) == count**2
    assert set(places.values()) == {len(orders) / count}
    assert len(neighbours) == count * (count - 1)
    assert set(neighbours.values()) == {len(orders) / count}


@pytest.mark.parametrize("context", [4], indirect=True)
def test_passes_of_a_solo_block_are_no_rounds_of_the_others(context):
    orders = run_rounds(context, blocks=(1, 2, 2), solo_block=1)
    assert Counter(order[0] for order in orders) == dict.fromkeys(context.stacks, 1)
