"""`reports.exports`: each file is one that its tool accepts, and has the report's own figures."""

import json
import re
from dataclasses import replace
from io import BytesIO, StringIO
from pathlib import Path

import jsonschema
import pandas as pd
import pytest

from reports.analysis.analysis import analyse
from reports.analysis.metrics import OPERATION_METRICS, STACK_METRICS
from reports.errors import NoSuchPlace
from reports.exports.bencher import bencher_json
from reports.exports.github_benchmark import github_benchmark_json
from reports.exports.shields import shields_json
from reports.exports.slices_csv import slices_csv
from reports.exports.slices_parquet import slices_parquet
from reports.study.file import read_study
from reports.study.histogram import Histogram
from reports.write import make_report
from tests.reports.simulated import change_slices

EXAMPLES = Path(__file__).parents[2] / "examples"
STUDY = EXAMPLES / "study.study"
FIGURES = json.loads((EXAMPLES / "study" / "report.json").read_text(encoding="utf-8"))
NUMBER = {"type": "number"}

# The structures that the tools publish, in our words; what they do not name is not allowed here.
BENCHER = {
    "type": "object",
    "minProperties": 1,
    "propertyNames": {"maxLength": 1024},
    "additionalProperties": {
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength": 64},
        "additionalProperties": {
            "type": "object",
            "properties": {"value": NUMBER, "lower_value": NUMBER, "upper_value": NUMBER},
            "required": ["value"],
            "additionalProperties": False,
        },
    },
}
GITHUB = {
    "type": "array",
    "minItems": 1,
    "items": {
        "type": "object",
        "properties": {
            "name": {"type": "string", "minLength": 1},
            "unit": {"type": "string"},
            "value": NUMBER,
            # The action looks for one number behind the sign, of more than one character.
            "range": {"type": "string", "pattern": r"^± \d\S+$"},
            "extra": {"type": "string"},
        },
        "required": ["name", "unit", "value"],
        "additionalProperties": False,
    },
}
SHIELDS = {
    "type": "object",
    "properties": {
        "schemaVersion": {"const": 1},
        "label": {"type": "string"},
        "message": {"type": "string", "minLength": 1},
        "color": {"enum": ["brightgreen", "blue", "lightgrey"]},
    },
    "required": ["schemaVersion", "label", "message"],
    "additionalProperties": False,
}


@pytest.fixture(scope="module")
def study():
    return read_study(STUDY)


@pytest.fixture(scope="module")
def report():
    return make_report(STUDY)


def accepted(text, schema):
    """The document, which is strict JSON (no NaN) and has the tool's structure."""
    document = json.loads(text, parse_constant=pytest.fail)
    jsonschema.Draft202012Validator(schema).validate(document)
    return document


def published():
    """Every figure of `report.json` by subject and metric."""
    figures = {
        (f"{standing['label']} {one['operation']} {one['shape']}", name): estimate
        for one in FIGURES["comparisons"]
        for standing in one["standings"]
        for name, estimate in standing["metrics"].items()
    }
    figures |= {
        (stack["label"], name): estimate
        for stack in FIGURES["stacks"]
        for name, estimate in stack["metrics"].items()
    }
    return {key: estimate for key, estimate in figures.items() if estimate is not None}


def test_the_csv_has_every_slice_as_it_was_recorded(study):
    """Read by pandas; percentiles are those of each slice's histogram."""
    text = slices_csv(study)
    table = pd.read_csv(StringIO(text, newline=""))
    assert len(table) == len(study.slices) == text.count("\r\n") - 1
    for name in ("block", "round", "label", "operation", "shape", "answered", "duration_s"):
        assert table[name].tolist() == [getattr(one, name) for one in study.slices]
    times = [Histogram.decode(one.histogram) for one in study.slices]
    assert table["response_p90_us"].tolist() == [one.percentile_us(0.9) for one in times]
    assert not [name for name in table.columns if "histogram" in name]


def test_parquet_has_the_rows_of_the_csv(study):
    """Read by pandas: the same values, and each column has its type, also where all are missing."""
    table = pd.read_parquet(BytesIO(slices_parquet(study)))
    text = pd.read_csv(StringIO(slices_csv(study), newline=""))
    pd.testing.assert_frame_equal(table, text, check_dtype=False)
    assert table["answered"].dtype == "int64"
    assert table["duration_s"].dtype == "float64"
    nothing = pd.read_parquet(BytesIO(slices_parquet(replace(study, slices=()))))
    assert (len(nothing), list(nothing)) == (0, list(table))


def test_texts_of_a_backend_survive_the_csv(study):
    """Commas, quotes and line ends of a failed answer do not make cells of their own."""
    example = {"wrong_content": 'a,"b"\r\nc; =1+1 é'}
    changed = change_slices(study, lambda one: one.block == 1, examples=example)
    table = pd.read_csv(StringIO(slices_csv(changed), newline=""))
    found = [json.loads(text) for text in table[table.block == 1]["examples"]]
    assert found == [example] * len(found) != []


def test_bencher_gets_every_figure_with_its_interval(report):
    document = accepted(bencher_json(report), BENCHER)
    names = {"throughput": ("requests_per_s", 1), "latency": ("response_p50_us", 1000)}
    expected = published()
    found = {
        (benchmark, *names.get(measure, (measure.replace("-", "_"), 1))): metric
        for benchmark, measures in document.items()
        for measure, metric in measures.items()
    }
    assert {key[:2] for key in found} == set(expected)
    for (benchmark, name, factor), metric in found.items():
        estimate = expected[benchmark, name]
        assert metric["value"] == pytest.approx(estimate["value"] * factor, rel=1e-5)
        if estimate["low"] is None:
            assert "lower_value" not in metric
        else:
            assert metric["lower_value"] <= metric["value"] <= metric["upper_value"]


@pytest.mark.parametrize("better", ["higher", "lower"])
def test_github_action_benchmark_gets_the_figures_of_one_direction(report, better):
    entries = accepted(github_benchmark_json(report, better), GITHUB)
    metrics = {one.name: one for one in (*OPERATION_METRICS, *STACK_METRICS)}
    expected = {
        f"{subject} {metrics[name].title}": (metrics[name].unit, estimate)
        for (subject, name), estimate in published().items()
        if metrics[name].better == better
    }
    assert [one["name"] for one in entries] == [*dict.fromkeys(one["name"] for one in entries)]
    assert {one["name"] for one in entries} == set(expected)
    for one in entries:
        unit, estimate = expected[one["name"]]
        assert one["unit"] == unit
        assert one["value"] == pytest.approx(estimate["value"], rel=1e-5)
        if estimate["low"] is not None:
            reach = float(re.fullmatch(r"± (\S+)", one["range"])[1])
            assert one["value"] + reach >= estimate["high"] * (1 - 1e-5)
            assert one["value"] - reach <= estimate["low"] * (1 + 1e-5)


def test_a_stack_that_answered_wrongly_is_not_among_the_figures(study):
    changed = change_slices(
        study, lambda one: one.label == "flask:gunicorn", failures={"wrong_content": 1}
    )
    document = json.loads(bencher_json(analyse(changed)))
    assert not [name for name in document if name.startswith("flask:gunicorn ")]
    assert [name for name in document if name.startswith("falcon:gunicorn ")]


def test_a_badge_has_the_place_as_an_interval(report):
    document = accepted(shields_json(report, "falcon:gunicorn", "predict"), SHIELDS)
    assert document["label"] == "falcon:gunicorn predict closed-16"
    assert (document["message"], document["color"]) == ("2–3 of 4", "blue")


@pytest.mark.parametrize(
    ("places", "message", "color"),
    [
        ((1, 1), "1 of 4", "brightgreen"),
        ((1, 2), "1–2 of 4", "blue"),
        ((3, 3), "3 of 4", "blue"),
        ((None, None), "no place", "lightgrey"),
    ],
)
def test_a_badge_is_bright_only_for_a_first_place_that_is_decided(report, places, message, color):
    comparison = report.comparisons[0]
    best, worst = places
    first = replace(comparison.standings[0], place_best=best, place_worst=worst)
    changed = replace(comparison, standings=(first, *comparison.standings[1:]))
    document = accepted(
        shields_json(
            replace(report, comparisons=(changed, *report.comparisons[1:])),
            first.label,
            comparison.operation,
        ),
        SHIELDS,
    )
    assert (document["message"], document["color"]) == (message, color)


def test_a_badge_of_what_is_not_ranked_names_what_is(report):
    with pytest.raises(NoSuchPlace, match=r"it has .*falcon:gunicorn.* in count, letter_count"):
        shields_json(report, "falcon", "predict")
