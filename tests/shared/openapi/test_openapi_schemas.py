"""What the OpenAPI document says of contents is what the service takes and answers."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.contract import LETTER_COUNT, MAX_ERRORS, MAX_ROWS, PREDICT
from shared.counter import MemoryCounter
from shared.model.rows import row_reader
from shared.openapi.document import build_document
from shared.openapi.tables import CONTENT_ERRORS
from shared.problems import ContentError, InvalidContent, Problem
from shared.schemas import LetterCountRequest, PredictRequest, parse
from shared.service import Service
from shared.settings import Settings
from tests.shared.openapi_tree import (
    ALL_PROBLEMS,
    FEATURES,
    LIMIT_BYTES,
    TREE,
    described,
    operations,
    responses,
    schema_of,
    validator,
)

RESPONSES = [
    pytest.param(*row, id=f"{row[1]} {row[0]} {row[2]}") for row in responses() if row[0]
] + [pytest.param(*row, id=row[2]) for row in responses() if not row[0]]


@pytest.mark.parametrize(("path", "method", "status", "response"), RESPONSES)
def test_answers_are_described_with_examples_that_fit(path, method, status, response):
    assert response["description"]
    with_content = method in ("get", "post") and status != "304"
    assert ("content" in response) == with_content
    for media_type, media in response.get("content", {}).items():
        if path in ("/openapi.json", "/docs") and status == "200":
            continue
        assert media["examples"]
        for code, shown in media["examples"].items():
            validator(media["schema"]).validate(shown["value"])
            if status >= "400":
                assert media_type == "application/problem+json"
                assert "Cache-Control" in response["headers"]
                assert (str(shown["value"]["status"]), shown["value"]["code"]) == (status, code)


@pytest.mark.parametrize(
    ("path", "operation"),
    [(path, operation) for path, method, operation in operations() if method == "post"],
)
@pytest.mark.parametrize("features", [None, 1, 4, 30])
def test_requests_are_described_with_examples_that_fit(path, operation, features):
    tree = build_document(LIMIT_BYTES, described(features)).document
    (media,) = tree["paths"][path]["post"]["requestBody"]["content"].values()
    schema = validator(media["schema"], tree)
    assert len(media["examples"]) == 2
    for shown in media["examples"].values():
        schema.validate(shown["value"])


def test_the_limits_are_those_of_the_service():
    for path in ("/api/letter_count", "/api/predict"):
        body = TREE["paths"][path]["post"]["requestBody"]
        assert body["required"]
        assert body["x-content-limit-bytes"] == LIMIT_BYTES
        assert "1,000 bytes" in body["description"]
    rows = TREE["components"]["schemas"]["PredictRequest"]["properties"]["instances"]
    assert (rows["minItems"], rows["maxItems"]) == (1, MAX_ROWS)
    assert (rows["items"]["minItems"], rows["items"]["maxItems"]) == (FEATURES, FEATURES)
    without_model = build_document(LIMIT_BYTES, None).document["components"]["schemas"]
    assert "minItems" not in without_model["PredictRequest"]["properties"]["instances"]["items"]
    for name in ("InvalidName", "InvalidInstances"):
        errors = TREE["components"]["schemas"][name]["properties"]["errors"]
        assert errors["maxItems"] == MAX_ERRORS


def test_every_problem_that_there_is_is_described():
    """`IncompleteContent` is told as the `MalformedJson` that it is."""
    listed = {type(problem) for problem in ALL_PROBLEMS} | {InvalidContent}
    assert listed == set(Problem.__subclasses__())


@pytest.mark.parametrize("problem", ALL_PROBLEMS, ids=lambda problem: problem.code)
def test_a_problem_is_described_to_the_letter(problem):
    found = [
        response for _, method, status, response in responses() if status == str(problem.status)
    ]
    schemas = [media["schema"] for each in found for media in each.get("content", {}).values()]
    fitting = [schema for schema in schemas if validator(schema).is_valid(problem.document())]
    assert fitting
    for schema in fitting:
        for member in problem.document():
            assert not validator(schema).is_valid({**problem.document(), member: "other"})
            rest = {name: value for name, value in problem.document().items() if name != member}
            assert not validator(schema).is_valid(rest)
        assert not validator(schema).is_valid({**problem.document(), "more": 1})
    for response in found:
        fields = problem.header_fields().keys() - {"Content-Type"}
        assert response["headers"].keys() == fields


@pytest.mark.parametrize("problem", ALL_PROBLEMS, ids=lambda problem: problem.code)
def test_header_fields_of_a_problem_fit_their_schemas(problem):
    for name, value in problem.header_fields().items():
        if name != "Content-Type":
            schema = TREE["components"]["headers"][name]["schema"]
            validator(schema).validate(int(value) if schema.get("type") == "integer" else value)


@given(st.dictionaries(st.sampled_from(["name", "nom"]), st.text() | st.integers() | st.none()))
@example({})
def test_letter_count_takes_what_its_schema_allows(value):
    try:
        parse(LetterCountRequest, value)
    except InvalidContent as problem:
        assert not schema_of("/api/letter_count").is_valid(value)
        schema_of("/api/letter_count", "422").validate(problem.document())
    else:
        assert schema_of("/api/letter_count").is_valid(value)


CELL = st.integers() | st.booleans() | st.none()
ROW = st.lists(CELL, min_size=FEATURES - 1, max_size=FEATURES)
ROWS = st.lists(ROW | st.integers())
READ = row_reader(described(FEATURES).features)


def take(value):
    """What a service of version 1 does before it predicts."""
    request = parse(PredictRequest, value)
    if request.model_version not in (None, "1"):
        raise InvalidContent([ContentError("/model_version", "is not served")])
    READ(request.instances)


VERSIONS = st.just("1") | st.text() | st.integers() | st.none()


@given(
    st.fixed_dictionaries({}, optional={"instances": ROWS | st.none(), "model_version": VERSIONS})
)
@example({"instances": [[1, 2, 3, 4]] * 1024})
@example({"instances": [[1, 2, 3, 4]] * 1025})
def test_predict_takes_what_its_schema_allows(value):
    try:
        take(value)
    except InvalidContent as problem:
        assert not schema_of("/api/predict").is_valid(value)
        schema_of("/api/predict", "422").validate(problem.document())
    else:
        assert schema_of("/api/predict").is_valid(value)


def refusals():
    """What is said of contents that are each wrong in one way."""
    service = Service(Settings(), MemoryCounter())
    service.start_loading().join()
    rows = [[], [1], [[1]], [["a"] * 4], [[1e308] * 4]]
    versions = [{"instances": [[1]], "model_version": each} for each in ("9", 9)]
    for value in ([], {}, {"instances": 1}, *versions, *({"instances": each} for each in rows)):
        with pytest.raises(InvalidContent) as caught:
            service.predict(parse(PredictRequest, value))
        yield PREDICT, caught.value
    for value in ([], {"name": 1}):
        with pytest.raises(InvalidContent) as caught:
            parse(LetterCountRequest, value)
        yield LETTER_COUNT, caught.value


def test_the_sentences_of_422_are_those_that_are_said():
    said = {LETTER_COUNT: set(), PREDICT: set()}
    for route, problem in refusals():
        schema_of(route.path, "422").validate(problem.document())
        said[route] |= {error.detail for error in problem.errors}
    for route, (_, sentences) in CONTENT_ERRORS.items():
        assert said[route] == {
            sentence.format(row_length="must have 4 numbers") for sentence in sentences
        }


@pytest.mark.parametrize(
    ("path", "pointer", "detail"),
    [
        ("/api/letter_count", "/instances", "must be a string"),
        ("/api/letter_count", "/name", "is required"),
        ("/api/predict", "/name", "must be a number"),
        ("/api/predict", "/instances/0/1/2", "must be a number"),
        ("/api/predict", "/instances/0", "must have 3 numbers"),
    ],
)
def test_422_says_nothing_else(path, pointer, detail):
    document = InvalidContent([ContentError(pointer, detail)]).document()
    assert not schema_of(path, "422").is_valid(document)


def test_answers_fit_their_schema_and_nothing_more_does(iris):
    answer = iris.answer([[5.1, 3.5, 1.4, 0.2]])
    schema = schema_of("/api/predict", "200")
    schema.validate(answer)
    schema.validate({"model": answer["model"], "predictions": [1.5, 2]})
    assert not schema.is_valid({**answer, "more": 1})
    assert not schema.is_valid({**answer, "probabilities": None})
    assert not schema.is_valid({**answer, "predictions": [1.5, "setosa"]})
    assert not schema.is_valid({"predictions": ["setosa"]})
