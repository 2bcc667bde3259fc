"""Right answers are taken, and each way of being wrong is found."""

import json
from dataclasses import replace

import pytest

from benchmarks.workload import answer_check as answers
from benchmarks.workload.answer_check import CountCheck, check_of
from benchmarks.workload.workload import ExpectedExchange, build_workload
from tests.benchmarks.miniature import SAMPLE

NO_CONTENT = ExpectedExchange(None, None)
LONG = b'{"name":"' + b"a" * 500 + b'","letter_count":500}'


def count(check: CountCheck, content: bytes, floor: int = 0) -> str | None:
    return check.find_fault(NO_CONTENT, floor, content)


def test_counts_that_rise_are_right_in_any_order_of_overlapping_requests():
    check = CountCheck()
    assert [count(check, b'{"count":%d}' % number) for number in (2, 1, 5, 3)] == [None] * 4
    assert check.highest == 5


def test_a_count_that_comes_twice_is_wrong():
    check = CountCheck()
    count(check, b'{"count":7}')
    assert "twice" in count(check, b'{"count":7}')


def test_a_count_below_what_was_known_at_the_sending_is_wrong():
    check = CountCheck()
    count(check, b'{"count":7}')
    assert "back" in count(check, b'{"count":6}', floor=7)
    assert check.highest == 7


@pytest.mark.parametrize(
    "content", [b"", b'{"count":}', b'{"count":1.5}', b'{"count":-1}', b'{"count": 1}', b"[1]"]
)
def test_what_is_no_count_is_wrong(content):
    assert "not a count" in count(CountCheck(), content)


@pytest.mark.parametrize("operation", ["letter_count", "predict"])
def test_the_expected_answer_is_right_byte_by_byte_and_no_other_of_the_set(operation):
    workload = build_workload(operation, seed=1, sample=SAMPLE)
    check = check_of(workload)
    first = workload.exchanges[0]
    other = next(one for one in workload.exchanges if one.answer != first.answer)
    assert check.find_fault(first, 0, first.answer.encode()) is None
    assert "expected" in check.find_fault(first, 0, other.answer.encode())
    assert "not JSON" in check.find_fault(first, 0, first.answer.encode()[:-1])


def predicted(value: float, model: str = "iris") -> bytes:
    document = {
        "model": {"name": model, "version": "1"},
        "predictions": ["a"],
        "probabilities": [[value, 1 - value]],
    }
    return json.dumps(document).encode()


def predict_check(*, any_model: bool) -> tuple[answers.AnswerCheck, ExpectedExchange]:
    workload = build_workload("predict", seed=1, sample=SAMPLE, any_model=any_model)
    exchange = ExpectedExchange(workload.exchanges[0].content, predicted(0.75).decode())
    return check_of(replace(workload, exchanges=(exchange,))), exchange


def test_floats_may_differ_in_their_last_digits_and_no_more():
    check, exchange = predict_check(any_model=False)
    assert check.find_fault(exchange, 0, predicted(0.75 + 1e-12)) is None
    assert check.find_fault(exchange, 0, predicted(0.75 + 1e-6)) is not None


def test_another_models_answer_is_right_only_where_it_is_allowed_and_makes_sense():
    strict, exchange = predict_check(any_model=False)
    assert strict.find_fault(exchange, 0, predicted(0.5, model="other")) is not None
    lenient, exchange = predict_check(any_model=True)
    assert lenient.find_fault(exchange, 0, predicted(0.6, model="other")) is None
    # What says that it is our model is held to its answers.
    assert lenient.find_fault(exchange, 0, predicted(0.6)) is not None


SENSIBLE = {"predictions": ["a", "b"], "probabilities": [[0.9, 0.1], [0.2, 0.8]]}


@pytest.mark.parametrize(
    "change",
    [
        {"predictions": ["a"]},
        {"predictions": None},
        {"predictions": ["a", 1]},
        {"predictions": ["a", "a"]},
        {"predictions": ["b", "a"]},
        {"probabilities": None},
        {"probabilities": [[0.9, 0.1]]},
        {"probabilities": [[0.9, 0.2], [0.2, 0.8]]},
        {"probabilities": [[1.1, -0.1], [0.2, 0.8]]},
        {"probabilities": [[0.9, 0.1], ["0.2", 0.8]]},
        {"probabilities": [[0.9, 0.1], [0.9, 0.1]]},
    ],
)
def test_a_prediction_that_contradicts_itself_is_wrong(change):
    known = {"a": 0, "b": 1}
    assert answers.find_inconsistency(SENSIBLE, 2, dict(known)) is None
    assert answers.find_inconsistency({**SENSIBLE, **change}, 2, known) is not None


def test_a_regression_answers_in_numbers():
    assert answers.find_inconsistency({"predictions": [1.5, 2]}, 2, {}) is None
    assert answers.find_inconsistency({"predictions": [1.5, "2"]}, 2, {}) is not None


def test_true_is_no_number_one():
    assert not answers.agrees({"letter_count": True}, {"letter_count": 1})
    assert not answers.agrees([1, 2], [1, 2, 3])
    assert answers.agrees({"a": 1, "b": [0.1]}, {"b": [0.1], "a": 1})


@pytest.mark.parametrize(
    ("content", "other", "shown"),
    [
        (b'{"a":1}', b"", '"{\\"a\\":1}"'),
        (b'{"a":1}', b'{"a":2}', '"{\\"a\\":1}"'),
        ("Zoë".encode(), b"", '"Zoë"'),
        (b"\xff", b"", '"\\\\xff"'),
        (b"a" * 200, b"", f'"{"a" * answers.SHOWN_BYTES}" … (200 bytes)'),
    ],
)
def test_a_short_answer_is_shown_whole_and_a_long_one_from_its_start(content, other, shown):
    assert answers.excerpt(content, other) == shown


def test_a_long_answer_is_shown_where_it_begins_to_differ():
    misspelt = LONG.replace(b"letter", b"lettre")
    assert "lettre_count" in answers.excerpt(misspelt, LONG)
    assert "letter_count" in answers.excerpt(LONG, misspelt)
    assert answers.excerpt(LONG, LONG[:-1]).startswith("… ")
