"""Every problem byte for byte, and which comes first where several apply."""

import pytest

from contract_tests.backends.base import Backend
from contract_tests.contract.expected import (
    LIMIT_BYTES,
    MALFORMED,
    NO_READ_METHOD,
    NO_WRITE_METHOD,
    NOT_FOUND,
    TOO_LARGE,
    UNSUPPORTED,
    invalid,
)
from contract_tests.http.messages import Expected, Request, get, post, post_value
from contract_tests.suite.cases import case
from contract_tests.suite.requests import NAME, SETOSA

PREDICT = "/api/predict"
LONG = b" " * (LIMIT_BYTES + 1)
TEXT = (("Content-Type", "text/plain"),)


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        case("404", get("/nowhere"), NOT_FOUND, holds=["problem.404"]),
        case("404-root", get("/"), NOT_FOUND, holds=["problem.404"]),
        case("404-delete", Request("DELETE", "/nowhere"), NOT_FOUND, holds=["problem.404"]),
        case("404-options", Request("OPTIONS", "/nowhere"), NOT_FOUND, holds=["problem.404"]),
        case("405-read", Request("PUT", "/api/count"), NO_READ_METHOD, holds=["problem.405"]),
        case("405-write", Request("PUT", PREDICT), NO_WRITE_METHOD, holds=["problem.405"]),
        case("415", Request("POST", NAME, TEXT, b"{}"), UNSUPPORTED, holds=["problem.415"]),
        case("413", post(NAME, LONG), TOO_LARGE, holds=["problem.413"]),
        case("400", post(NAME, b"{"), MALFORMED, holds=["problem.400"]),
        case(
            "422",
            post(NAME, b'{"name":1}'),
            invalid(("/name", "must be a string")),
            holds=["problem.422"],
        ),
    ],
)
@pytest.mark.holds("problem.document", "same.bytes")
def test_problem_is_told_in_full(backend: Backend, request_: Request, expected: Expected) -> None:
    """Every problem is told in full, byte for byte."""
    assert backend.send(request_).listed == expected


@pytest.mark.parametrize(
    ("path", "value", "errors"),
    [
        case("array", NAME, [], [("", "must be an object")]),
        case("string", NAME, "Alice", [("", "must be an object")]),
        case("null", NAME, None, [("", "must be an object")]),
        case("number", NAME, 1, [("", "must be an object")]),
        case("predict-array", PREDICT, [[SETOSA]], [("", "must be an object")]),
        case("name", NAME, {"name": None}, [("/name", "must be a string")]),
        case("missing", PREDICT, {}, [("/instances", "is required")]),
        case("other-case", PREDICT, {"Instances": [SETOSA]}, [("/instances", "is required")]),
        case("no-array", PREDICT, {"instances": "x"}, [("/instances", "must be an array")]),
        case("null-rows", PREDICT, {"instances": None}, [("/instances", "must be an array")]),
        case("object-rows", PREDICT, {"instances": {}}, [("/instances", "must be an array")]),
        case("flat", PREDICT, {"instances": [1]}, [("/instances/0", "must be an array")]),
        case(
            "string-row", PREDICT, {"instances": ["1234"]}, [("/instances/0", "must be an array")]
        ),
        case(
            "second-row",
            PREDICT,
            {"instances": [SETOSA, [1, 2, 3, None]]},
            [("/instances/1/3", "must be a number")],
            needs=["four_features"],
        ),
    ],
)
@pytest.mark.holds("errors.sentences", "problem.422")
def test_each_error_has_its_place_and_sentence(
    backend: Backend, path: str, value: object, errors: list[tuple[str, str]]
) -> None:
    """Each error has a pointer to its place and one of the fixed sentences.

    Sends: POST {path} of {value}
    Wants: 422 with {errors}
    """
    assert backend.send(post_value(path, value)).listed == invalid(*errors)


@pytest.mark.parametrize(
    ("instances", "pointer", "sentence"),
    [
        case("no-rows", [], "/instances", "must have 1 to 1024 rows"),
        case("1025-rows", [SETOSA] * 1025, "/instances", "must have 1 to 1024 rows"),
        case("1025-wrong-rows", ["x"] * 1025, "/instances", "must have 1 to 1024 rows"),
        case("short-row", [[1, 2, 3]], "/instances/0", "{row_length}"),
        case("long-row", [SETOSA, [*SETOSA, 1]], "/instances/1", "{row_length}"),
        case("empty-row", [[]], "/instances/0", "{row_length}"),
        case("short-wrong-row", [["a", None]], "/instances/0", "{row_length}"),
    ],
)
@pytest.mark.holds("errors.container")
def test_a_wrong_length_is_the_only_error(
    backend: Backend, instances: object, pointer: str, sentence: str
) -> None:
    """A container of the wrong length gives that error alone.

    Sends: POST /api/predict of {instances}
    Wants: 422 with the pointer {pointer} and "{sentence}" alone
    """
    answer = backend.send(post_value(PREDICT, {"instances": instances}))
    wanted = sentence.format(row_length=backend.sample.row_length)
    assert answer.listed == invalid((pointer, wanted))


@pytest.mark.holds("errors.order")
@pytest.mark.needs("four_features")
def test_errors_are_in_document_order(backend: Backend) -> None:
    """Errors come in the order of what they point to.

    Rows of wrong length, no rows at all and wrong numbers, mixed.

    Sends: POST /api/predict of 6 rows, of which 5 are wrong in 7 places
    Wants: 422 with 7 errors in order
    """
    instances = [["a", 1, None, 2], [1, 2, 3], SETOSA, 5, [1, 2, 3, True], [[], 1, 1, {}]]
    assert backend.send(post_value(PREDICT, {"instances": instances})).listed == invalid(
        ("/instances/0/0", "must be a number"),
        ("/instances/0/2", "must be a number"),
        ("/instances/1", backend.sample.row_length),
        ("/instances/3", "must be an array"),
        ("/instances/4/3", "must be a number"),
        ("/instances/5/0", "must be a number"),
        ("/instances/5/3", "must be a number"),
    )


@pytest.mark.parametrize("rows", [5, 6, 1024])
@pytest.mark.holds("errors.at-most-20")
@pytest.mark.needs("four_features")
def test_at_most_20_errors_are_listed(backend: Backend, rows: int) -> None:
    """At most 20 errors are listed.

    Sends: POST /api/predict with null for each number, rows: {rows}
    Wants: 422 with the first 20 errors
    """
    instances = [[None] * 4] * rows
    first = [
        (f"/instances/{row}/{place}", "must be a number") for row in range(5) for place in range(4)
    ]
    assert backend.send(post_value(PREDICT, {"instances": instances})).listed == invalid(*first)


@pytest.mark.parametrize(
    ("instances", "errors"),
    [
        case(
            "no-arrays",
            ["x"] * 30,
            [(f"/instances/{row}", "must be an array") for row in range(20)],
        ),
        case(
            "short-rows",
            [[1]] * 30,
            [(f"/instances/{row}", "{row_length}") for row in range(20)],
        ),
        case(
            "within-a-row",
            [[None, None, None, 1]] * 30,
            [(f"/instances/{n // 3}/{n % 3}", "must be a number") for n in range(20)],
        ),
    ],
)
@pytest.mark.holds("errors.at-most-20")
@pytest.mark.needs("four_features")
def test_at_most_20_errors_of_any_kind_are_listed(
    backend: Backend, instances: object, errors: list[tuple[str, str]]
) -> None:
    """At most 20 errors are listed, of whatever kind, and wherever the 20th stands.

    Sends: POST /api/predict of 30 rows that are wrong: {id}
    Wants: 422 with the first 20 errors
    """
    length = backend.sample.row_length
    wanted = [(pointer, detail.format(row_length=length)) for pointer, detail in errors]
    assert backend.send(post_value(PREDICT, {"instances": instances})).listed == invalid(*wanted)


@pytest.mark.parametrize(
    ("instances", "rows"),
    [
        case("alone", [[1.7e308] * 4], [0]),
        case("among-others", [SETOSA, [-1.7e308] * 4, SETOSA, [1.7e308] * 4], [1, 3]),
        case("more-than-20", [[1.7e308] * 4] * 30, list(range(20))),
    ],
)
@pytest.mark.holds("errors.range")
@pytest.mark.needs("iris")
def test_a_row_beyond_the_model_is_named(
    backend: Backend, instances: object, rows: list[int]
) -> None:
    """A row on which the model overflows is named.

    Sends: POST /api/predict of {instances}
    Wants: 422 with "is out of the model's range" for the rows {rows}
    """
    errors = [(f"/instances/{row}", "is out of the model's range") for row in rows]
    assert backend.send(post_value(PREDICT, {"instances": instances})).listed == invalid(*errors)


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        case(
            "404-before-405",
            Request("PATCH", "/api/nowhere"),
            NOT_FOUND,
            holds=["precedence.404-first"],
        ),
        case(
            "404-before-415",
            Request("POST", "/api/nowhere", TEXT, b"{}"),
            NOT_FOUND,
            holds=["precedence.404-first"],
        ),
        case(
            "404-before-413", post("/api/nowhere", LONG), NOT_FOUND, holds=["precedence.404-first"]
        ),
        case(
            "404-before-400", post("/api/nowhere", b"{"), NOT_FOUND, holds=["precedence.404-first"]
        ),
        case(
            "405-before-415",
            Request("PUT", PREDICT, TEXT, b"{}"),
            NO_WRITE_METHOD,
            holds=["precedence.405-before-content"],
        ),
        case(
            "405-before-413",
            post("/api/count", LONG),
            NO_READ_METHOD,
            holds=["precedence.405-before-content"],
        ),
        case(
            "405-before-400",
            post("/api/health", b"{"),
            NO_READ_METHOD,
            holds=["precedence.405-before-content"],
        ),
        case(
            "415-before-413",
            Request("POST", PREDICT, TEXT, LONG),
            UNSUPPORTED,
            holds=["precedence.415-before-413"],
        ),
        case(
            "415-before-400",
            Request("POST", PREDICT, TEXT, b"{"),
            UNSUPPORTED,
            holds=["precedence.415-before-400"],
        ),
        case(
            "415-before-empty",
            Request("POST", NAME, TEXT),
            UNSUPPORTED,
            holds=["precedence.415-before-400"],
        ),
        case(
            "413-before-400",
            post(PREDICT, b"{" * (LIMIT_BYTES + 1)),
            TOO_LARGE,
            holds=["precedence.413-before-400"],
        ),
        case(
            "413-before-400-chunked",
            post(NAME, b"{" * (LIMIT_BYTES + 1)).in_chunks(64 * 1024),
            TOO_LARGE,
            holds=["precedence.413-before-400"],
        ),
        case(
            "400-before-422",
            post(NAME, b'{"name":1'),
            MALFORMED,
            holds=["precedence.400-before-422"],
        ),
        case(
            "400-before-422-predict",
            post(PREDICT, b'{"instances":"x"}x'),
            MALFORMED,
            holds=["precedence.400-before-422"],
        ),
    ],
)
def test_the_first_that_applies_is_told(
    backend: Backend, request_: Request, expected: Expected
) -> None:
    """Where several problems apply, the first of the contract's table is told."""
    assert backend.send(request_).listed == expected
