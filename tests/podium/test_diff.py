"""`podium diff`: its exit codes, and what it prints."""

import json
import re
from dataclasses import replace

import jsonschema
import pytest

from podium.__main__ import main
from reports.pages.diff import schema_text
from tests.reports.diff.recorded_studies import LABELS, made_of, pair
from tests.reports.recorded_rounds import Design
from tests.reports.simulated import write

FALCON, _, _, FLASK = LABELS


@pytest.fixture(scope="module")
def studies(tmp_path_factory):
    """By name: before; after, on a machine 15 % slower, with flask 10 % slower; and others."""
    new = {"speeds": {FLASK: 0.9}, "machine": 0.85, "changed": (FLASK,)}
    old, new = pair(7, new=new, design=Design(16, 16, open_loops=False), operations=("count",))
    found = {
        "old": old,
        "new": new,
        "everywhere": replace(new, environment=replace(new.environment, stacks=made_of(LABELS))),
        "unfinished": replace(new, finished_at=None),
    }
    folder = tmp_path_factory.mktemp("with a space")
    for name, study in found.items():
        write(study, folder / f"{name}.study")
    return {name: str(folder / f"{name}.study") for name in found}


def test_a_planted_slowdown_is_told_while_the_machine_was_slowed(studies, capfd):
    assert main(["diff", studies["old"], studies["new"]]) == 0
    printed = capfd.readouterr().out
    assert "its sources 1 → 2 (flask:gunicorn)" in printed
    assert "which are in both studies unchanged" in printed
    assert re.search(rf"count: {FLASK} is [\d.]+–\d+ % slower than before", printed)


@pytest.mark.parametrize(("percent", "status"), [(1, 1), (60, 0)])
def test_fail_above_ends_with_1_only_where_the_whole_interval_is_beyond(
    studies, capfd, percent, status
):
    arguments = ["diff", studies["old"], studies["new"], "--fail-above", str(percent)]
    assert main(arguments) == status
    assert (f"above {percent} %: " in capfd.readouterr().err) == bool(status)


def test_a_stack_that_became_faster_fails_nothing(studies):
    assert main(["diff", studies["new"], studies["old"], "--fail-above", "0"]) == 0


@pytest.mark.parametrize("form", [(), ("--json",), ("--markdown",), ("--fail-above", "1")])
def test_without_a_bridge_there_is_no_verdict_and_the_reason_is_told(studies, capfd, form):
    assert main(["diff", studies["old"], studies["everywhere"], *form]) == 2
    printed = capfd.readouterr()
    assert "machine and code are confounded" in printed.err
    assert "--bridge" in printed.err
    assert "--anyway" in printed.err
    assert "slower than before" not in printed.out


def test_anyway_and_a_named_bridge_give_verdicts(studies):
    both = [studies["old"], studies["everywhere"], "--fail-above", "1"]
    assert main(["diff", *both, "--anyway"]) == 1
    assert main(["diff", *both, "--bridge", "falcon"]) == 1


def test_json_has_its_schema(studies, capfd):
    assert main(["diff", studies["old"], studies["new"], "--json"]) == 0
    document = json.loads(capfd.readouterr().out, parse_constant=pytest.fail)
    jsonschema.Draft202012Validator(json.loads(schema_text())).validate(document)
    assert document["statements"] == len(document["sections"]) * 4


def test_markdown_has_the_same_sentences(studies, capfd):
    assert main(["diff", studies["old"], studies["new"], "--markdown"]) == 0
    printed = capfd.readouterr().out
    assert printed.startswith("### What differs between ")
    assert printed.count("- count: flask:gunicorn is ") == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("old", "old"), "name two different ones"),
        (("old", "unfinished"), "is not finished"),
        (("old", "missing"), "there is no study"),
        (("old", "new", "--bridge", "starlette"), "names no one stack"),
        (("old", "new", "--json", "--markdown"), "contradict each other"),
        (("old", "new", "--fail-above", "-1"), "--fail-above"),
    ],
)
def test_what_cannot_be_compared_is_2_and_a_sentence(studies, arguments, says, capfd):
    words = [studies.get(word, word) for word in arguments]
    assert main(["diff", *words]) == 2
    captured = capfd.readouterr()
    assert (captured.out, says in captured.err) == ("", True)
