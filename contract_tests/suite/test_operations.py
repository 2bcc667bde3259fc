"""The answers of the operations to valid requests."""

import math
from pathlib import Path
from typing import cast

import numpy as np
import orjson
import pytest

from contract_tests.backends.base import Backend
from contract_tests.backends.in_process import InProcessBackend
from contract_tests.backends.services import new_service, ready_service
from contract_tests.contract.expected import HEALTHY, count_answer, letters, ok
from contract_tests.http.messages import Request, get, post, post_value
from contract_tests.http.sample import IRIS
from contract_tests.suite.cases import case
from contract_tests.suite.reference import reference
from contract_tests.suite.requests import ALICE, ROW, SETOSA
from shared.model.creation import make_version
from shared.model.training import train
from shared.settings import Settings

ROWS = [SETOSA, [6.7, 3.1, 4.7, 1.5], [6.3, 3.3, 6.0, 2.5], [0, 0, 0, 0], [-1.5, 1e3, 1e-7, 3]]

NUMBERS = [0, 1, 10]


@pytest.mark.holds("count.answer", "same.bytes")
def test_count_gives_a_number(backend: Backend) -> None:
    """GET /api/count gives one number and nothing else.

    Sends: GET /api/count
    Wants: 200 {{"count":n}} as JSON, with Cache-Control: no-store
    """
    answer = backend.send(get("/api/count"))
    assert answer.listed == count_answer(answer.member("count", int))


@pytest.mark.parametrize(
    "name",
    [
        case("alice", "Alice", holds=["same.bytes"]),
        case("empty", ""),
        case("accents", "Zoë Ångström"),
        case("combining", "e\u0301"),
        case("chinese", "愛麗絲"),
        case("emoji", "👩‍💻🇨🇭"),
        case("beyond-the-plane", "𝒜𝓁𝒾𝒸ℯ"),
        case("nul", "\0"),
        case("line-separators", "\u2028\u2029"),
        case("byte-order-mark-inside", "\ufeffAlice"),
        case("noncharacter", "\uffff\U0010ffff"),
        case("long", "é" * 100_000),
    ],
)
@pytest.mark.holds("letter-count.code-points")
def test_letter_count_counts_code_points(backend: Backend, name: str) -> None:
    """The code points of a name are counted, not its bytes or what is seen as letters.

    Sends: POST /api/letter_count with the name {name}
    Wants: 200 with the name and its number of code points
    """
    assert backend.send(post_value("/api/letter_count", {"name": name})).listed == letters(name)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        case("escaped-letter", b'"\\u0041lice"', "Alice"),
        case("escaped-pair", b'"\\ud83d\\ude00"', "😀"),
        case("escaped-nul", b'"\\u0000"', "\0"),
        case("short-escapes", b'"\\"\\\\\\/\\b\\f\\n\\r\\t"', '"\\/\b\f\n\r\t'),
    ],
)
@pytest.mark.holds("letter-count.code-points")
def test_letter_count_decodes_escapes(backend: Backend, text: bytes, name: str) -> None:
    """The name is counted after its escapes were decoded.

    Sends: POST /api/letter_count with {text} as name
    Wants: 200 with the name {name} and its number of code points
    """
    answer = backend.send(post("/api/letter_count", b'{"name":%b}' % text))
    assert answer.listed == letters(name)


@pytest.mark.parametrize("content", [case("alone", b"{}"), case("others", b'{"Name":"Alice"}')])
@pytest.mark.holds("letter-count.absent-name")
def test_letter_count_of_an_absent_name_is_0(backend: Backend, content: bytes) -> None:
    """An absent name counts 0.

    Sends: POST /api/letter_count of {content}
    Wants: 200 {{"name":"","letter_count":0}}
    """
    assert backend.send(post("/api/letter_count", content)).listed == letters("")


@pytest.mark.holds("predict.answer", "same.floats")
@pytest.mark.needs("iris")
def test_predict_gives_what_the_model_gives(backend: Backend) -> None:
    """predict gives what the model gives.

    The reference is the same model, asked without a backend between.

    Sends: POST /api/predict of 5 rows, among them zeros, a negative number and one far off
    Wants: 200 with the model, its predictions, and its probabilities within 1e-9
    """
    wanted = reference(engine="sklearn").answer([*ROWS])
    answer = backend.send(post_value("/api/predict", {"instances": ROWS}))
    assert answer.listed == ok(answer.content)
    assert list(answer.members()) == ["model", "predictions", "probabilities"]
    assert answer.member("model", dict) == {"name": "iris", "version": "1"}
    assert answer.member("predictions", list) == wanted["predictions"]
    probabilities = answer.number_rows("probabilities")
    assert [len(row) for row in probabilities] == [3] * len(ROWS)
    assert _flat(probabilities) == pytest.approx(_flat(wanted["probabilities"]), abs=1e-9, rel=0)


@pytest.mark.parametrize("rows", [1, 5])
@pytest.mark.holds("predict.answer", "same.bytes", "json-out.floats")
@pytest.mark.needs("fresh", "iris")
def test_predict_gives_the_bytes_of_the_model(backend: Backend, rows: int) -> None:
    """predict gives the model's answer to the last digit.

    One inference engine and the same rows: not even the last digit differs.

    Sends: POST /api/predict, rows: {rows}
    Wants: the bytes that the model's answer has as compact JSON
    """
    content = orjson.dumps(reference().answer([*ROWS[:rows]]))
    assert backend.send(post_value("/api/predict", {"instances": ROWS[:rows]})).content == content


@pytest.mark.holds("predict.answer", "same.bytes")
def test_predict_gives_the_same_bytes_again(backend: Backend) -> None:
    """The same rows are answered with the same bytes.

    Sends: POST /api/predict of one row, twice
    Wants: two equal answers of 200
    """
    first, second = backend.send(ROW), backend.send(ROW)
    assert first.listed == second.listed
    assert first.listed == ok(first.content)


@pytest.mark.holds("predict.answer", "same.bytes")
@pytest.mark.needs("in_process")
def test_classes_that_are_numbers_have_names(backend: InProcessBackend, tmp_path: Path) -> None:
    """A classifier's predictions are names, also of classes that are numbers.

    Sends: POST /api/predict of 5 rows, to a model whose classes are 0, 1 and 10
    Wants: 200 with "0", "1" and "10" for predictions
    """
    model = train("iris")
    classifier = model.estimator.steps[-1][1]
    names = {name: str(number) for name, number in zip(classifier.classes_, NUMBERS, strict=True)}
    classifier.classes_ = np.array(NUMBERS)
    make_version(model, "1", tmp_path)
    service = ready_service(new_service(Settings(model=str(tmp_path))))
    with backend.with_service(service) as other:
        answer = other.send(post_value("/api/predict", {"instances": ROWS}))
    found = cast("list[str]", reference().answer([*ROWS])["predictions"])
    assert answer.member("predictions", list) == [names[name] for name in found]


@pytest.mark.parametrize("rows", [1, 2, 32, 1024])
@pytest.mark.holds("predict.rows")
def test_predict_takes_rows(backend: Backend, rows: int) -> None:
    """predict takes up to 1,024 rows, and answers each in its place.

    Sends: POST /api/predict, rows: {rows}
    Wants: 200 with one prediction a row, those that are known for its sample
    """
    instances = IRIS.instances(rows)
    answer = backend.send(post_value("/api/predict", {"instances": instances}))
    predictions = answer.member("predictions", list)
    assert len(predictions) == rows
    known = backend.sample.predicted(rows) or predictions
    if known and isinstance(known[0], str):
        assert predictions == known
    else:  # another inference engine may round the last digit otherwise
        assert predictions == pytest.approx(known, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("rows", [1, 2, 32, 1024])
@pytest.mark.holds("predict.rows", "predict.answer")
@pytest.mark.needs("classes")
def test_probabilities_of_each_row_sum_to_1(backend: Backend, rows: int) -> None:
    """The probabilities of each row sum to 1.

    Sends: POST /api/predict, rows: {rows}
    Wants: 200 with probabilities for each row, which sum to 1
    """
    instances = IRIS.instances(rows)
    answer = backend.send(post_value("/api/predict", {"instances": instances}))
    probabilities = answer.number_rows("probabilities")
    assert len(probabilities) == rows
    assert all(math.isclose(sum(row), 1.0) for row in probabilities)


@pytest.mark.holds("health.ok", "same.bytes")
def test_health_is_ok(backend: Backend) -> None:
    """A backend whose model can answer is healthy.

    Sends: GET /api/health
    Wants: 200 {{"status":"ok"}}
    """
    assert backend.send(get("/api/health")).listed == HEALTHY


@pytest.mark.parametrize(
    "request_",
    [
        case("count", get("/api/count")),
        case("letter_count", ALICE),
        case("predict", ROW),
    ],
)
@pytest.mark.holds("guard.off")
@pytest.mark.needs("keyless")
def test_nobody_is_asked_for_a_key(backend: Backend, request_: Request) -> None:
    """Unless the guard is configured, nobody is asked for a key.

    Without a key and with a wrong one alike, and however many requests there were.

    Sends: {request_}, ten times without a key and ten times with a wrong one
    Wants: 200 each time
    """
    for sent in [request_, request_.with_fields(("Authorization", "Bearer wrong"))] * 10:
        assert backend.send(sent).status == 200


def _flat(rows: object) -> list[float]:
    assert isinstance(rows, list)
    return [number for row in rows for number in row]
