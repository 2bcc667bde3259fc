"""Requests are varied and seeded, with the right answers beside them."""

import json
import unicodedata

import pytest

from benchmarks.workload.workload import asking_order, build_workload
from shared.contract import OPERATIONS
from tests.benchmarks.miniature import SAMPLE, reference


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_request_set_is_the_same_for_the_same_seed_and_another_for_another(operation):
    first, second, other = (
        build_workload(operation, seed=seed, sample=SAMPLE) for seed in (1, 1, 2)
    )
    assert first == second
    assert (first == other) == (operation == "count")


def test_names_vary_in_length_and_script_and_are_counted_in_code_points():
    exchanges = build_workload("letter_count", seed=1, sample=SAMPLE).exchanges
    names = [json.loads(exchange.content).get("name", "") for exchange in exchanges]
    for name, exchange in zip(names, exchanges, strict=True):
        assert json.loads(exchange.answer) == {"name": name, "letter_count": len(name)}
    assert {0, 1, 2} < {len(name) for name in names}
    assert len({len(name) for name in names}) > 20
    scripts = {unicodedata.name(name[0]).split()[0] for name in names if name}
    assert {"LATIN", "GREEK", "CYRILLIC", "ARABIC", "CJK"} < scripts
    assert any(ord(letter) > 0xFFFF for name in names for letter in name)
    assert any("\\u" in exchange.content for exchange in exchanges)
    assert any(exchange.content == "{}" for exchange in exchanges)


@pytest.mark.parametrize("rows", [1, 3, 1024])
def test_predict_asks_rows_of_the_sample_and_knows_the_answers(rows):
    exchanges = build_workload("predict", seed=1, rows=rows, sample=SAMPLE).exchanges
    for exchange in exchanges:
        instances = json.loads(exchange.content)["instances"]
        assert len(instances) == rows
        assert set(map(tuple, instances)) <= set(SAMPLE.rows)
        assert json.loads(exchange.answer) == reference(instances)
    distinct = len({exchange.content for exchange in exchanges})
    assert distinct >= min(len(exchanges), len(SAMPLE.rows) / rows)


def test_slices_with_one_seed_ask_in_one_order_that_is_shuffled():
    workload = build_workload("letter_count", seed=1, sample=SAMPLE)
    order = asking_order(workload, 5)
    assert order == asking_order(workload, 5) != asking_order(workload, 6)
    assert sorted(order) == list(range(len(workload.exchanges))) != order
