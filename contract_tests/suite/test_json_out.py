"""JSON as it goes out, byte for byte."""

import pytest

from contract_tests.backends.base import Backend
from contract_tests.contract.expected import MALFORMED, NOT_FOUND, letters, ok
from contract_tests.http.messages import Expected, Request, get, post, post_value
from contract_tests.suite.cases import case
from contract_tests.suite.requests import ALICE, SETOSA

PREDICT = post_value("/api/predict", {"instances": [SETOSA, [6.3, 3.3, 6, 2.5]]})
ANSWERED = [
    case("count", get("/api/count")),
    case("letter_count", post_value("/api/letter_count", {"name": "Zoë, Bob"})),
    case("predict", PREDICT),
    case("health", get("/api/health")),
]
PROBLEMS = [
    case("404", get("/nowhere")),
    case("405", Request("PUT", "/api/count")),
    case("400", post("/api/predict", b"")),
    case("415", Request("POST", "/api/predict", (), b"{}")),
    case("422", post("/api/predict", b'{"instances":"x"}')),
]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        case("accent", "Zoë", '"Zoë"'),
        case("emoji", "😀", '"😀"'),
        case("slash", "a/b", '"a/b"'),
        case("markup", "<b>&'", '"<b>&\'"'),
        case("line-separator", "\u2028", '"\u2028"'),
        case("delete", "\x7f", '"\x7f"'),
        case("quote", 'a"b\\c', '"a\\"b\\\\c"'),
        case("short-escapes", "\b\t\n\f\r", '"\\b\\t\\n\\f\\r"'),
        case("control", "\x00\x1f", '"\\u0000\\u001f"'),
    ],
)
@pytest.mark.holds("json-out.unescaped", "same.bytes")
def test_only_what_must_be_escaped_is(backend: Backend, name: str, text: str) -> None:
    """Answers are UTF-8, with only those escapes that JSON asks for.

    Sends: POST /api/letter_count with the name {name}
    Wants: 200 with the name written as {text}
    """
    answer = backend.send(post_value("/api/letter_count", {"name": name}))
    assert answer.content == b'{"name":%b,"letter_count":%d}' % (text.encode(), len(name))


@pytest.mark.parametrize("request_", ANSWERED + PROBLEMS)
@pytest.mark.holds("json-out.compact")
def test_there_is_no_white_space(backend: Backend, request_: Request) -> None:
    """There is no white space between tokens, and none at the end.

    Wants: the same JSON as its compact form
    """
    answer = backend.send(request_)
    assert answer.content == answer.compact()


@pytest.mark.parametrize(
    ("request_", "members"),
    [
        case("letter_count", ANSWERED[1].values[0], ["name", "letter_count"]),
        case("predict", PREDICT, ["model", "predictions", "probabilities"], needs=["classes"]),
        case("problem", PROBLEMS[0].values[0], ["type", "title", "status", "code", "detail"]),
        case(
            "problem-with-errors",
            PROBLEMS[4].values[0],
            ["type", "title", "status", "code", "detail", "errors"],
        ),
    ],
)
@pytest.mark.holds("json-out.member-order")
def test_members_are_in_order(backend: Backend, request_: Request, members: list[str]) -> None:
    """Members come in the contract's order.

    Wants: the members {members}
    """
    assert list(backend.send(request_).members()) == members


@pytest.mark.holds("json-out.member-order")
def test_inner_members_are_in_order(backend: Backend) -> None:
    """Members of inner objects come in the contract's order.

    Sends: POST /api/predict of two rows, then of {{}}
    Wants: name, version of the model; pointer, detail of an error
    """
    assert list(backend.send(PREDICT).member("model", dict)) == ["name", "version"]
    errors = backend.send(post("/api/predict", b"{}")).member("errors", list)
    assert [isinstance(error, dict) and list(error) for error in errors] == [["pointer", "detail"]]


@pytest.mark.holds("json-out.floats")
@pytest.mark.needs("iris")
def test_floats_have_the_fewest_digits(backend: Backend) -> None:
    """Floats have the fewest digits that read back to the same value.

    Probabilities of many sizes, small ones with an exponent among them.

    Sends: POST /api/predict of 8 rows
    Wants: numbers written as orjson writes them, one with a negative exponent among them
    """
    rows = [[5.1 + step, 3.5, 1.4 + 3 * step, 0.2 + step] for step in range(8)]
    answer = backend.send(post_value("/api/predict", {"instances": rows}))
    assert b"e-" in answer.content
    assert answer.content == answer.compact()


@pytest.mark.parametrize("request_", ANSWERED)
@pytest.mark.holds("json-out.content-type")
def test_the_media_type_has_no_parameters(backend: Backend, request_: Request) -> None:
    """JSON is application/json, without parameters.

    Wants: one field Content-Type: application/json
    """
    assert backend.send(request_).values("Content-Type") == ["application/json"]


@pytest.mark.parametrize("request_", PROBLEMS)
@pytest.mark.holds("problem.media-type")
def test_a_problem_has_its_media_type(backend: Backend, request_: Request) -> None:
    """A problem is application/problem+json, without parameters.

    Wants: one field Content-Type: application/problem+json
    """
    assert backend.send(request_).values("Content-Type") == ["application/problem+json"]


@pytest.mark.parametrize("request_", [*ANSWERED, *PROBLEMS, case("docs", get("/docs"))])
@pytest.mark.holds("json-out.content-length")
def test_the_length_is_declared(backend: Backend, request_: Request) -> None:
    """Every answer with content declares its exact length.

    Wants: one Content-Length, which is right, and no Transfer-Encoding
    """
    answer = backend.send(request_)
    assert answer.values("Content-Length") == [str(len(answer.content))]
    assert answer.values("Transfer-Encoding") == []


@pytest.mark.parametrize("request_", [ANSWERED[0], *PROBLEMS])
@pytest.mark.holds("json-out.no-store")
def test_what_changes_is_not_stored(backend: Backend, request_: Request) -> None:
    """The count and every problem must not be stored by caches.

    Wants: one field Cache-Control: no-store
    """
    assert backend.send(request_).values("Cache-Control") == ["no-store"]


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        case("letter_count", ALICE, letters("Alice")),
        case("health", get("/api/health"), ok(b'{"status":"ok"}')),
        case("not-found", get("/api"), NOT_FOUND),
        case("malformed", post("/api/predict", b"{"), MALFORMED),
    ],
)
@pytest.mark.holds("same.bytes")
def test_no_other_listed_field_is_there(
    backend: Backend, request_: Request, expected: Expected
) -> None:
    """Of the header fields that the contract speaks of, no others are there."""
    assert backend.send(request_).listed == expected
