"""A stack with a version that cannot be had or started is left out, and the study goes on."""

import os

import pytest

from implementations.catalogue import find_stack
from reports.analysis.analysis import analyse
from reports.check.results import GateResult
from reports.study.records import PlanOptions
from reports.wording.report import worded
from tests.benchmarks.study.test_study import SmallStudy
from tests.implementations.environments.tiny_wheels import without_uv


@pytest.fixture
def no_index(monkeypatch):
    """Nothing can be installed."""
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    variables = {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull, "PATH": without_uv()}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("no_index")
def test_a_gate_of_which_one_cannot_be_had_ends_before_its_blocks_with_the_reason(tmp_path):
    options = PlanOptions(gate_ratio=0.05, gate_base="wsgi:granian@99")
    study = small(tmp_path, "wsgi:granian@99", options=options).run()
    assert study.finished_at is not None
    assert study.blocks == ()
    found = worded(analyse(study)).gate
    assert found.outcome == "undecided"
    reason = "wsgi:granian@99 is left out: an environment with these versions cannot be made: no "
    assert reason in found.operations[0].sentence


def test_a_gate_of_which_one_breaks_the_contract_ends_before_its_blocks(tmp_path):
    options = PlanOptions(gate_ratio=0.05, gate_base="asgi:uvicorn")
    answers = iter([(), ("wrong",)])
    study = small(tmp_path, "wsgi:granian", options=options).run(
        gate=lambda url: GateResult(checks=1, failures=next(answers))
    )
    assert study.blocks == ()
    found = worded(analyse(study)).gate
    assert found.outcome == "red"
    assert "wsgi:granian failed the contract" in found.headline


@pytest.mark.long
@pytest.mark.usefixtures("no_index")
def test_the_others_go_on_without_one_that_cannot_be_had(tmp_path):
    study = small(tmp_path, "wsgi:granian@99").run()
    assert study.finished_at is not None
    gates = {gate.label: gate for gate in study.gates}
    assert gates["asgi:uvicorn"].passed
    left_out = gates["wsgi:granian@99"]
    assert (left_out.passed, left_out.checks) == (False, 0)
    assert "no granian==99.* has a wheel" in left_out.failures[0]
    assert {one.label for one in study.slices} == {"asgi:uvicorn", "twin"}
    (comparison,) = analyse(study).comparisons
    kinds = {one.label: one.exclusion and one.exclusion.kind for one in comparison.standings}
    assert kinds == {"asgi:uvicorn": None, "wsgi:granian@99": "not_started"}


def small(tmp_path, name: str, **further) -> SmallStudy:
    """A study of asgi:uvicorn and the stack of this name."""
    stacks = find_stack("asgi:uvicorn"), find_stack(name)
    return SmallStudy(tmp_path / "a.study", *stacks, operations=("count",), **further)
