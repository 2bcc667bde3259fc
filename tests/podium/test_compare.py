"""`podium compare`, as a process, in small."""

import json
import os
import re
import signal
import time
from dataclasses import replace

import click
import psutil
import pytest

from benchmarks.study.looks import with_looks
from benchmarks.study.plan import StudyOptions, make_plan
from benchmarks.study.study import blocks_left
from implementations.catalogue import find_stack
from podium.__main__ import could_not_run, podium, sentence
from podium.commands import compare
from podium.margin import refuse_unreachable, warn_of_few_blocks
from reports.errors import ReportsError
from reports.study.file import read_study
from reports.write import default_directory
from tests.benchmarks.command import TIMEOUT_S, is_one_sentence, run, start

pytestmark = [pytest.mark.early, pytest.mark.timeout(2 * TIMEOUT_S)]

# One stack and its twin, one operation, two blocks: the least that is a study.
SMALL = ("compare", "asgi:uvicorn", "--quick", "--blocks", "2", "--operations", "count")


def slices_in(path) -> int | None:
    """How many slices the study at `path` holds so far; `None` before there is one."""
    try:
        return len(read_study(path).slices)
    except ReportsError:
        return None


def wait_until(true, process) -> None:
    """Waits for a condition while the process lives, with a deadline."""
    deadline = time.monotonic() + TIMEOUT_S
    while not true():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def wait_gone(processes) -> None:
    """Waits until all of them have ended."""
    _, alive = psutil.wait_procs(processes, timeout=30)
    assert alive == []


def plan_of(margin, blocks=None):
    stacks = tuple(map(find_stack, compare.DEFAULT_STACKS))
    options = StudyOptions(stacks=stacks, blocks=blocks)
    plan = make_plan(options, driver="engine", command=("podium",))
    return replace(plan, options=replace(plan.options, margin_ratio=margin))


@pytest.mark.parametrize(("margin", "says"), [(0.03, ""), (0.005, "within 0.8%, not 0.5%")])
def test_a_margin_that_hardly_any_look_reaches_is_told_before_the_start(margin, says, capsys):
    refuse_unreachable(with_looks(plan_of(margin), None))
    told = capsys.readouterr().err
    assert says in told
    assert bool(told) == bool(says)


def test_a_margin_that_no_look_can_reach_is_refused():
    with pytest.raises(click.BadParameter, match=r"0\.2% cannot be reached"):
        refuse_unreachable(with_looks(plan_of(0.002), None))


@pytest.mark.parametrize(
    ("margin", "blocks", "says"),
    [(0.03, 8, ""), (0.01, 8, "--blocks "), (0.001, 8, "Name a wider"), (0.03, 3, "need 4 blocks")],
)
def test_blocks_that_are_too_few_for_the_margin_are_told(margin, blocks, says, capsys):
    """The number that is named is enough."""
    warn_of_few_blocks(plan_of(margin, blocks))
    told = capsys.readouterr().err
    assert says in told
    assert bool(told) == bool(says)
    for enough in re.findall(r"--blocks (\d+)", told):
        warn_of_few_blocks(plan_of(margin, int(enough)))
        assert not capsys.readouterr().err


def test_ctrl_c_tells_how_to_go_on_and_leaves_nothing_running(tmp_path):
    path = tmp_path / "a.study"
    process = start(*SMALL, "--study", path, cwd=tmp_path)
    wait_until(lambda: psutil.Process(process.pid).children(recursive=True), process)
    wait_until(lambda: slices_in(path) is not None, process)
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 130
    assert f"podium resume {path}\n" in stderr
    assert f"podium report {path}\n" in stderr
    assert "Traceback" not in stderr
    wait_gone(children)
    assert read_study(path).finished_at is None


@pytest.mark.long
def test_a_generator_that_is_killed_is_named_with_the_way_to_go_on(tmp_path):
    path = tmp_path / "a.study"
    process = start(*SMALL, "--study", path, cwd=tmp_path)
    wait_until(lambda: slices_in(path), process)
    for child in psutil.Process(process.pid).children():
        if "benchmarks.engine.process" in child.cmdline():
            child.kill()
    _, stderr = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 2
    assert f"go on with: podium resume {path}" in stderr
    assert "was ended by signal 9, and printed nothing" in stderr
    assert "Traceback" not in stderr


def kill_and_resume(tmp_path, when) -> None:
    """Kills a comparison when `when(path)` says so; nothing stays, and it can be resumed."""
    path = tmp_path / "a.study"
    process = start(*SMALL, "--study", path, cwd=tmp_path)
    wait_until(lambda: when(path), process)
    children = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.communicate()
    wait_gone(children)
    before = read_study(path)
    if before.finished_at is not None:
        return

    done = run("resume", path, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    after = read_study(path)
    assert after.finished_at is not None
    assert blocks_left(after.plan, after.blocks, after.rounds) == 0
    assert after.slices[: len(before.slices)] == before.slices
    assert after.rounds[: len(before.rounds)] == before.rounds
    assert "running" not in {block.state for block in after.blocks}
    assert not any(one.failures for one in after.slices)

    report = json.loads(done.stdout)
    assert report["driver"] == "engine"
    assert "--seed" in report["command"]
    assert (default_directory(path) / "report.html").stat().st_size > 0

    again = run("resume", path, cwd=tmp_path)
    assert again.returncode == 2
    assert is_one_sentence(again.stderr)


def test_a_comparison_that_is_killed_goes_on_to_its_verdict_and_report(tmp_path):
    kill_and_resume(tmp_path, slices_in)


@pytest.mark.long
@pytest.mark.parametrize("tenth", range(10))
def test_a_comparison_killed_at_any_moment_goes_on_where_it_was(tenth, tmp_path):
    moments = []

    def after_a_while(path) -> bool:
        """There is a study, and so many more seconds have passed."""
        if not moments and slices_in(path) is not None:
            moments.append(time.monotonic() + tenth * 2.3)
        return bool(moments) and time.monotonic() > moments[0]

    kill_and_resume(tmp_path, after_a_while)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["compare", "flusk"], "no stack 'flusk'"),
        (["compare", "flask", "--operations", "count,add"], "no operation 'add'"),
        (["compare", "flask", "flask:gunicorn"], "named twice"),
        (["compare", "flask", "--study", "file/a.study"], "file"),
        (["compare", "flask", "--study", "file"], "file"),
    ],
)
def test_what_cannot_be_run_is_refused_in_one_sentence(arguments, says, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("not a study")
    with pytest.raises((click.ClickException, *could_not_run())) as refused:
        podium.main(arguments, standalone_mode=False)
    said = getattr(refused.value, "message", sentence(refused.value))
    assert says in said
    assert "\n" not in said


def test_a_study_that_is_not_there_ends_with_2_and_one_sentence(tmp_path):
    done = run("resume", "none.study", cwd=tmp_path)
    assert done.returncode == 2
    assert is_one_sentence(done.stderr), done.stderr


def test_studies_that_begin_in_the_same_second_have_names_of_their_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(time, "strftime", lambda _: "2026-01-31-120000")
    names = set()
    for process in (41, 42):
        monkeypatch.setattr(os, "getpid", lambda process=process: process)
        names.add(compare._new_study("quick"))
    assert len(names) == 2
