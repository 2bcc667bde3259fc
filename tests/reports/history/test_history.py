"""`reports.history` and its page: what is shown of a directory of studies."""

import json
import os
import re
import shutil
from dataclasses import replace

import jsonschema
import numpy as np
import pytest

from reports.errors import NoHistory, NoSuchBridge, OtavaFailed, OtavaMissing
from reports.history.change_points import find_change_points
from reports.history.findings import ChangePoint
from reports.history.history import history
from reports.pages.history import history_json, html, schema_text
from reports.wording.history import what_changed, worded_history
from tests.reports.diff.recorded_studies import LABELS, draw
from tests.reports.recorded_rounds import Design
from tests.reports.simulated import write

FALCON, ASGI, FASTAPI, FLASK = LABELS
SMALL = Design(4, 2, open_loops=False)
FLASKS = ("3.0.3", "3.0.3", "3.1.0")


def small_study(seed, flask, blocks=4):
    study = draw(
        np.random.default_rng(seed),
        f"{seed:032}",
        design=replace(SMALL, blocks=blocks),
        operations=("count", "predict"),
    )
    facts = {
        label: {"code": "1", "packages": {"flask": flask if label == FLASK else "3.0.3"}}
        for label in LABELS
    }
    return replace(study, environment=replace(study.environment, stacks=facts))


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    """Three studies, of which the last has another flask, and files that are no use."""
    folder = tmp_path_factory.mktemp("with a space")
    studies = [small_study(seed, flask) for seed, flask in enumerate(FLASKS)]
    for number, study in enumerate(studies):
        write(study, folder / f"{number}.study")
    shutil.copy(folder / "0.study", folder / "copy.study")
    (folder / "damaged.study").write_bytes(b"SQLite format 3\0 and nothing more")
    write(replace(studies[0], finished_at=None), folder / "unfinished.study")
    write(small_study(9, "3.0.3", blocks=2), folder / "short.study")
    without = replace(studies[0].plan, entrants=studies[0].plan.entrants[1:])
    write(replace(studies[0], plan=without), folder / "without.study")
    (folder / "notes.txt").write_text("no study")
    return folder


@pytest.fixture(scope="module")
def found(directory):
    return worded_history(history(directory, ["falcon"]))


def test_each_stack_has_a_line_in_each_operation_relative_to_the_bridge(found):
    assert found.bridges == (FALCON,)
    assert {(line.operation, line.label) for line in found.lines} == {
        (operation, label) for operation in ("count", "predict") for label in LABELS[1:]
    }
    assert [study.file for study in found.studies] == ["0.study", "1.study", "2.study"]


def test_a_point_is_the_ratio_of_rates_with_an_interval_around_it(found):
    study = small_study(1, FLASKS[1])
    rates = {}
    for label in (FALCON, FLASK):
        slices = [s for s in study.slices if (s.label, s.operation) == (label, "count")]
        rates[label] = sum(s.answered for s in slices) / sum(s.duration_s for s in slices)
    line = next(one for one in found.lines if (one.label, one.operation) == (FLASK, "count"))
    point = line.points[1]
    assert point.ratio == pytest.approx(rates[FLASK] / rates[FALCON])
    assert point.ratio_low < point.ratio < point.ratio_high


def test_versions_are_marked_where_they_change(found):
    changed = {
        (line.label, point.study): [one.new for one in point.changed]
        for line in found.lines
        for point in line.points
    }
    assert changed[FLASK, 2] == ["3.1.0"]
    assert not any(value for key, value in changed.items() if key != (FLASK, 2))
    assert list(what_changed(found, 2)) == [f"flask 3.0.3 → 3.1.0 ({FLASK})"]


def test_files_without_points_are_listed_with_the_reason(found):
    reasons = {one.file: one.reason for one in found.left_out}
    assert set(reasons) == {
        f"{name}.study" for name in ("copy", "damaged", "unfinished", "short", "without")
    }
    assert reasons["copy.study"] == "it is the same study as 0.study"
    assert "damaged.study" in reasons["damaged.study"]
    assert reasons["unfinished.study"] == "it is not finished"
    assert reasons["short.study"] == "it has no verdicts, it needs 4 blocks"
    assert reasons["without.study"] == "it lacks a bridge"


def test_bridges_are_the_stacks_that_are_unchanged_in_all(directory, tmp_path):
    for number in range(3):
        shutil.copy(directory / f"{number}.study", tmp_path)
    found = history(tmp_path)
    assert found.bridges == (FALCON, ASGI, FASTAPI)
    assert {line.label for line in found.lines} == {FLASK}


def test_without_a_bridge_there_is_no_history(directory, tmp_path):
    """Of one of the two it is not recorded what its stacks are made of."""
    study = small_study(5, "3.0.3")
    write(replace(study, environment=replace(study.environment, stacks={})), tmp_path / "a.study")
    shutil.copy(directory / "0.study", tmp_path)
    with pytest.raises(NoHistory, match="machine and code are confounded"):
        history(tmp_path)
    assert len(history(tmp_path, ["falcon"]).studies) == 2


def test_a_directory_without_studies_and_an_unknown_bridge_are_refused(directory, tmp_path):
    with pytest.raises(NoHistory, match="no finished study"):
        history(tmp_path)
    with pytest.raises(NoSuchBridge):
        history(directory, ["starlette"])


def test_few_studies_are_not_searched_for_change_points(found):
    assert found.searched == "too_few_studies"
    assert "lines of 11 studies or more" in found.sentences[1]


def test_json_has_its_schema(found):
    document = json.loads(history_json(found), parse_constant=pytest.fail)
    jsonschema.Draft202012Validator(json.loads(schema_text())).validate(document)


def test_the_page_needs_nothing_from_outside_and_has_every_figure(found):
    lines = tuple(
        replace(line, change_points=(ChangePoint(2, 0.95, 1e-5),)) for line in found.lines
    )
    page = html(worded_history(replace(found, lines=lines, searched="searched")))
    text = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r"(?:src|href)=|@import|url\(", text)
    assert text.count("data-chart=") == 2
    for line in found.lines:
        for point in line.points:
            assert f"{point.ratio:.3f} ({point.ratio_low:.3f}–{point.ratio_high:.3f})" in text
    assert f"count: {FLASK} changed by −5 % with study 3" in text
    assert f"flask 3.0.3 → 3.1.0 ({FLASK})" in text
    assert "damaged.study" in text


def path_with(tmp_path, monkeypatch, script=None):
    """A PATH of one folder, with this program as otava."""
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    if script is not None:
        (tmp_path / "otava").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "otava").chmod(0o755)


SERIES = [[1.0 + 0.001 * (number % 3) for number in range(12)]]


def test_without_otava_a_sentence_says_how_to_get_it(tmp_path, monkeypatch, found):
    path_with(tmp_path, monkeypatch)
    with pytest.raises(OtavaMissing):
        find_change_points(SERIES, 0.03)
    (_, sentence) = worded_history(replace(found, searched="not_installed")).sentences
    assert "pipx install apache-otava" in sentence


@pytest.mark.parametrize("script", ["exit 1", "echo no JSON", "echo ERROR: worse >&2; exit 2"])
def test_an_otava_that_fails_is_a_sentence(tmp_path, monkeypatch, script):
    path_with(tmp_path, monkeypatch, script)
    with pytest.raises(OtavaFailed, match=re.escape(os.fspath(tmp_path / "otava"))):
        find_change_points(SERIES, 0.03)


def test_short_series_are_not_searched(tmp_path, monkeypatch):
    path_with(tmp_path, monkeypatch, "exit 1")
    assert find_change_points([SERIES[0][:10]], 0.03) == [()]
