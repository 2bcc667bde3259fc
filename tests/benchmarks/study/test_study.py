"""Studies in small, with real servers and a real load process."""

import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import psutil
import pytest

from benchmarks.engine.driver import EngineDriver
from benchmarks.errors import NothingToCompare
from benchmarks.machine.cores import split_cores
from benchmarks.study.plan import TWIN, StudyOptions, make_plan
from benchmarks.study.run_context import StudyContext
from benchmarks.study.study import blocks_left, run_study
from benchmarks.workload.workload import build_workload
from implementations.catalogue import find_stack
from reports.analysis.analysis import analyse
from reports.check.results import GateResult
from reports.errors import StudyDiskFull
from reports.study.file import StudyFile, read_study
from reports.study.histogram import Histogram
from reports.study.records import Environment, PlanOptions, Study
from tests.benchmarks.miniature import SAMPLE

# Many processes are started one after another.
pytestmark = [pytest.mark.early, pytest.mark.timeout(300)]

WRONG_APP = """
from implementations.asgi.app import create_app as right_app
from shared.service import open_service

EVERY = 40


def create_app(service):
    app, asked = right_app(service), 0

    async def wrong_sometimes(scope, receive, send):
        nonlocal asked
        asked += scope.get("path") == "/api/letter_count"
        wrong = asked % EVERY == 0

        async def send_wrongly(event):
            if wrong and "body" in event:
                event = event | {"body": event["body"].replace(b"letter_c", b"letter_k")}
            await send(event)

        await app(scope, receive, send_wrongly)

    return wrong_sometimes


def get_app():
    return create_app(open_service())
"""


@pytest.fixture
def wrong_entry(tmp_path: Path) -> Path:
    """An implementation that misspells one answer in forty."""
    folder = tmp_path / "wrong"
    folder.mkdir()
    (folder / "app.py").write_text(WRONG_APP)
    (folder / "entry.toml").write_text(
        'name = "wrong"\ninterface = "asgi"\nservers = ["uvicorn"]\nmodel_call = "loop"\n'
    )
    return folder


class SmallStudy:
    """A study of two stacks: two blocks, two rounds of each of two operations, unless given."""

    def __init__(
        self,
        path: Path,
        *stacks,
        operations=("count", "letter_count"),
        rounds=2,
        options=None,
        blocks=2,
    ) -> None:
        chosen = StudyOptions(stacks=stacks, blocks=blocks, operations=operations, connections=4)
        plan = make_plan(chosen, driver="engine", command=("podium", "compare"))
        self.plan = replace(
            plan,
            rounds_per_block=rounds,
            slice_s=0.05,
            options=options or PlanOptions(),
            seed=3,
        )
        self.path = path
        self.stacks = {stack.name: stack for stack in stacks}
        StudyFile.create(path, self.plan, Environment({}, {})).close()

    def run(self, gate=lambda url: GateResult(checks=1, failures=()), progress=None) -> Study:
        cores = split_cores(1)
        workloads = tuple(
            build_workload(name, seed=3, sample=SAMPLE) for name in self.plan.operations
        )
        with StudyFile.open(self.path) as file:
            if progress is not None:
                progress.file = file
            run_study(
                StudyContext(
                    plan=self.plan,
                    file=file,
                    stacks=self.stacks,
                    cores=cores,
                    workloads=workloads,
                    make_driver=partial(EngineDriver, workloads, cores.generator),
                    gate=gate,
                    progress=progress or Unseen(),
                    begun_s=time.monotonic(),
                )
            )
        return read_study(self.path)


class Unseen:
    """Progress that nobody looks at."""

    def message(self, text: str) -> None:
        """See `Progress`."""

    def update(self, done_ratio: float, text: str, left_s: float | None) -> None:
        """See `Progress`."""


class InterruptAt(Unseen):
    """Progress that is interrupted, as by Ctrl-C, at certain words."""

    def __init__(self, words: str) -> None:
        self.words = words

    def update(self, done_ratio: float, text: str, left_s: float | None) -> None:
        if self.words in text:
            raise KeyboardInterrupt


def left(study: Study) -> int:
    return blocks_left(study.plan, study.blocks, study.rounds)


@pytest.fixture(autouse=True)
def nothing_is_left_running():
    """Servers, keepers and load processes all end with their study."""
    before = psutil.Process().children(recursive=True)
    yield
    assert [one for one in psutil.Process().children(recursive=True) if one not in before] == []


def test_a_study_has_all_that_was_planned_and_finds_what_is_wrong(tmp_path, wrong_entry):
    right, wrong = find_stack("asgi:uvicorn"), find_stack("wrong", [wrong_entry])
    refused = find_stack("asgi:granian")
    answers = iter(
        [
            GateResult(checks=1, failures=()),
            GateResult(checks=1, failures=()),
            GateResult(checks=1, failures=("count says 2",)),
        ]
    )
    study = SmallStudy(tmp_path / "a.study", right, wrong, refused).run(lambda url: next(answers))

    assert study.finished_at is not None
    assert [(block.number, block.state) for block in study.blocks] == [(1, "whole"), (2, "whole")]
    assert {block.twin_stack for block in study.blocks} == {right.name, wrong.name}
    assert len({block.hash_seed for block in study.blocks}) == 2

    labels = {right.name, wrong.name, TWIN}
    assert len(study.rounds) == 2 * 2 * 2
    assert all(set(round_.order) == labels for round_ in study.rounds)
    assert len(study.slices) == len(study.rounds) * 3
    for one in study.slices:
        order = next(
            round_.order
            for round_ in study.rounds
            if (round_.block, round_.number, round_.operation)
            == (one.block, one.round, one.operation)
        )
        assert order[one.position] == one.label
        assert Histogram.decode(one.histogram).total == one.answered > 0
        assert one.server_cpu_s is None or one.server_cpu_s > 0

    wrongly = {(one.block, one.label) for one in study.slices if one.failures}
    twins = {(b.number, TWIN) for b in study.blocks if b.twin_stack == wrong.name}
    assert wrongly == {(1, wrong.name), (2, wrong.name)} | twins
    kinds = {kind for one in study.slices for kind in one.failures}
    assert kinds == {"wrong_content"}

    # What breaks the contract is told, and not loaded.
    assert {gate.label: gate.failures for gate in study.gates} == {
        right.name: (),
        wrong.name: (),
        refused.name: ("count says 2",),
    }
    assert {ceiling.operation for ceiling in study.ceilings} == {"count", "letter_count"}
    assert {one.label for one in study.footprints} == {right.name, wrong.name}
    assert all(one.startup_s > 0 and one.uss_rest_bytes > 0 for one in study.footprints)
    assert {(one.block, one.label) for one in study.server_cpu} == {
        (block, label) for block in (1, 2) for label in labels
    }


def test_an_interrupted_study_goes_on_with_a_new_block(tmp_path):
    study = SmallStudy(tmp_path / "a.study", find_stack("asgi:uvicorn"), operations=("count",))
    with pytest.raises(KeyboardInterrupt):
        study.run(progress=InterruptAt("block 1, round 2"))
    first = read_study(study.path)
    assert [(block.state, block.why_broken) for block in first.blocks] == [
        ("broken", "interrupted")
    ]
    assert len(first.slices) == 2
    assert len(first.gates) == 1
    # Half of its rounds are whole, so it counts.
    assert left(first) == 1

    with pytest.raises(KeyboardInterrupt):
        study.run(progress=InterruptAt("block 2, round 1"))
    assert left(read_study(study.path)) == 1

    whole = study.run()
    assert whole.finished_at is not None
    assert [block.state for block in whole.blocks] == ["broken", "broken", "whole"]
    assert whole.slices[:2] == first.slices
    assert len(whole.slices) == 2 + 4
    assert whole.gates == first.gates
    assert whole.ceilings == first.ceilings


# Within so much any two are equal, and within so little none.
WIDE, NARROW = 50.0, 1e-9


@pytest.mark.long
def test_a_study_with_looks_ends_at_the_one_at_which_all_is_decided(tmp_path):
    stacks = find_stack("asgi:uvicorn"), find_stack("flask:gunicorn")
    options = PlanOptions(looks=(4, 5, 6), margin_ratio=WIDE)
    study = SmallStudy(
        tmp_path / "a.study", *stacks, operations=("count",), options=options, blocks=6
    )
    # Ctrl-C is no look, and what it leaves is judged by nobody.
    with pytest.raises(KeyboardInterrupt):
        study.run(progress=InterruptAt("block 4, round 2"))
    first = read_study(study.path)
    assert [block.state for block in first.blocks] == ["whole"] * 3 + ["broken"]
    assert first.finished_at is None
    assert analyse(first).comparisons[0].pairs == ()

    # The broken block counts, so the first look is reached when the study goes on.
    whole = study.run()
    assert whole.finished_at is not None
    assert whole.blocks == first.blocks
    (pair,) = analyse(whole).comparisons[0].pairs
    assert pair.blocks == 4
    # On a loaded machine the generator may be the limit, which more blocks would not change.
    assert pair.verdict != "undecided"


@pytest.mark.long
def test_a_study_without_time_for_another_look_ends_with_the_last_one(tmp_path):
    stacks = find_stack("wsgi:gunicorn"), find_stack("flask:gunicorn")
    options = PlanOptions(looks=(2, 60), margin_ratio=NARROW, at_most_s=60.0)
    study = SmallStudy(
        tmp_path / "a.study", *stacks, operations=("count",), options=options, blocks=60
    ).run()
    assert study.finished_at is not None
    assert 2 <= len(study.blocks) < 60
    assert analyse(study).comparisons[0].blocks == (1, 2)


OPEN_AND_SOLO = PlanOptions(open_load_ratio=0.3, solo_passes=1)


@pytest.mark.long
def test_open_loops_have_one_rate_an_operation_and_solo_slices_are_long(tmp_path, monkeypatch):
    solo_s = 0.3
    monkeypatch.setattr("benchmarks.study.solo_block.SOLO_SLICE_S", solo_s)
    stacks = find_stack("asgi:uvicorn"), find_stack("wsgi:granian")
    study = SmallStudy(tmp_path / "a.study", *stacks, options=OPEN_AND_SOLO).run()
    labels = {stack.name for stack in stacks}

    for operation in ("count", "letter_count"):
        closed, open_loop = study.plan.shapes_of(operation)
        assert closed.rate_per_s is None
        assert open_loop.operation == operation
        slices = [s for s in study.slices if (s.operation, s.shape) == (operation, open_loop.name)]
        assert len(slices) == 2 * 2 * (len(labels) + 1)
        for one in slices:
            assert one.due == one.answered > 0
            assert one.unsent == 0
            for text in (one.histogram, one.service_histogram, one.lag_histogram):
                assert Histogram.decode(text).total == one.answered
        assert {(c.operation, c.shape) for c in study.ceilings} >= {
            (operation, closed.name),
            (operation, open_loop.name),
        }

    assert [(block.solo, block.state) for block in study.blocks] == [
        (True, "whole"),
        (False, "whole"),
        (False, "whole"),
    ]
    assert study.blocks[0].twin_stack is None
    alone = [one for one in study.slices if one.block == 1]
    assert {(one.label, one.operation, one.shape) for one in alone} == {
        (label, operation, "closed-4")
        for label in labels
        for operation in ("count", "letter_count")
    }
    assert min(one.duration_s for one in alone) >= solo_s
    assert not any(one.failures for one in study.slices)


@pytest.mark.long
def test_a_study_that_goes_on_keeps_its_rates(tmp_path):
    study = SmallStudy(
        tmp_path / "a.study",
        find_stack("asgi:uvicorn"),
        operations=("count",),
        options=OPEN_AND_SOLO,
    )
    with pytest.raises(KeyboardInterrupt):
        study.run(progress=InterruptAt("alone"))
    first = read_study(study.path)
    assert [(block.solo, block.state) for block in first.blocks] == [(True, "broken")]
    (_, chosen) = first.plan.shapes_of("count")

    whole = study.run()
    assert whole.plan.shapes_of("count")[1:] == (chosen,)
    assert [(block.solo, block.state) for block in whole.blocks] == [
        (True, "broken"),
        (True, "whole"),
        (False, "whole"),
        (False, "whole"),
    ]


@pytest.mark.long
def test_a_study_that_was_stopped_in_its_pilot_measures_the_rates_again(tmp_path):
    stacks = find_stack("asgi:uvicorn"), find_stack("wsgi:granian")
    study = SmallStudy(tmp_path / "a.study", *stacks, operations=("count",), options=OPEN_AND_SOLO)
    with pytest.raises(KeyboardInterrupt):
        study.run(progress=InterruptAt("(2/2)"))
    first = read_study(study.path)
    assert len(first.gates) == 1
    assert len(first.plan.shapes) == 1

    with pytest.raises(KeyboardInterrupt):
        study.run(progress=InterruptAt("alone"))
    then = read_study(study.path)
    assert then.gates[:1] == first.gates
    assert len(then.gates) == 2
    assert [one.label for one in then.footprints] == [stack.name for stack in stacks]
    assert len(then.plan.shapes) == 2


def test_without_a_stack_that_keeps_the_contract_there_is_nothing_to_compare(tmp_path):
    study = SmallStudy(tmp_path / "a.study", find_stack("asgi:uvicorn"), operations=("count",))
    with pytest.raises(NothingToCompare, match="asgi:uvicorn"):
        study.run(gate=lambda url: GateResult(checks=1, failures=("no",)))


# A page of the study file holds far fewer, so none of its tables has room for half of them.
MORE_ROUNDS_THAN_A_PAGE_HOLDS = 1000


def test_a_full_disk_ends_the_study_with_its_sentence_and_loses_nothing(tmp_path):
    stack = find_stack("asgi:uvicorn")
    study = SmallStudy(
        tmp_path / "a.study", stack, operations=("count",), rounds=MORE_ROUNDS_THAN_A_PAGE_HOLDS
    )

    class FillDisk(Unseen):
        """Lets the file take no further page from the second round on."""

        rounds_begun = 0

        def update(self, done_ratio: float, text: str, left_s: float | None) -> None:
            if "block 1, round" not in text:
                return
            self.rounds_begun += 1
            if self.rounds_begun == 2:
                pages = self.file._connection.execute("PRAGMA page_count").fetchone()[0]
                self.file._connection.execute(f"PRAGMA max_page_count = {pages}")

    full = FillDisk()
    with pytest.raises(StudyDiskFull):
        study.run(progress=full)
    first = read_study(study.path)
    assert first.finished_at is None
    assert len(first.rounds) == full.rounds_begun - 1 >= 1
    assert len(first.slices) - 2 * len(first.rounds) in (0, 2)
    assert left(first) == 2
