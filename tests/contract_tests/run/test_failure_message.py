"""The reason why a case failed, in which no secret is left, however it is shortened."""

from typing import get_args

import pytest

from contract_tests.backends.base import Need
from contract_tests.backends.errors import (
    ConnectionFailed,
    ConnectionKind,
    NotOpened,
    Unreachable,
)
from contract_tests.http.errors import (
    BrokenAnswer,
    ClosedEarly,
    CutShort,
    NoLongerAnswers,
    NotAsked,
    Silent,
)
from contract_tests.http.secrets import HIDDEN, Secrets
from contract_tests.run.failure_message import not_opened, reason_of, skipped_need
from reports.check.results import Reason

SECRET = "ZQXJ-4711-KWYU"
SECRETS = Secrets((SECRET,))
NO_SECRETS = Secrets()


def failed(value, other="a"):
    """The error of an assertion about this value."""
    try:
        assert value == other, "it differs"
    except AssertionError as exc:
        return exc
    raise ZeroDivisionError


def reason(error, secrets=NO_SECRETS, *, was_sent=True, compared=False):
    return reason_of(error, secrets, was_sent=was_sent, compared=compared)


def test_an_assertion_is_told_with_its_message_and_values():
    found = reason(failed([1, 2]), compared=True)
    assert found.kind == "comparison"
    assert found.facts == {"message": "it differs", "asserted": "value == other"}
    assert found.sentence.splitlines() == [
        "it differs",
        "assert value == other",
        "where value = [1, 2]",
        "where other = 'a'",
    ]


@pytest.mark.parametrize(
    ("error", "kind", "facts", "sentence"),
    [
        (
            BrokenAnswer("it is odd", b"HTTP/9"),
            "broken_answer",
            {"fault": "it is odd", "received_bytes": 6},
            "the answer is broken: it is odd; received b'HTTP/9'",
        ),
        (
            ClosedEarly(b"HT"),
            "closed_early",
            {"received_bytes": 2},
            "the connection was closed before the answer was whole, after b'HT'",
        ),
        (
            Silent(2.0),
            "silent",
            {"waited_s": 2.0, "received_bytes": 0},
            "no whole answer within 2 s; received b''",
        ),
        (
            CutShort(0.5, silent_cases=4, deadline_s=10.0),
            "cut_short",
            {"waited_s": 0.5, "received_bytes": 0, "silent_cases": 4, "deadline_s": 10.0},
            "no whole answer within 0.5 s; received b''; it was not waited for longer, because it "
            "was silent in 4 cases before; --case runs this one with all of 10 s",
        ),
        (
            NotAsked(5),
            "not_asked",
            {"silent_cases": 5},
            "not asked: the backend was silent in 5 cases like this one; --case runs it alone",
        ),
        (
            NoLongerAnswers(ConnectionFailed("host"), "1.1.1 a"),
            "backend_lost",
            {"error": "no host is known by this name", "answered_last": "1.1.1 a"},
            "the backend no longer answers (no host is known by this name); it answered last in "
            "1.1.1 a; see what it has logged",
        ),
        (
            ConnectionRefusedError("planted"),
            "connection_lost",
            {"error": "ConnectionRefusedError: planted"},
            "ConnectionRefusedError: planted",
        ),
        (
            ZeroDivisionError("planted"),
            "suite_error",
            {"error": "ZeroDivisionError: planted"},
            "ZeroDivisionError: planted",
        ),
    ],
)
def test_an_error_has_a_kind_and_facts_and_one_sentence(error, kind, facts, sentence):
    assert reason(error) == Reason(kind, sentence, facts)


def test_a_backend_that_was_not_opened_has_the_kind_of_its_connection():
    error = NotOpened("x", Unreachable("http://x", ConnectionFailed("host")))
    found = not_opened(error, NO_SECRETS)
    assert found.kind == "not_opened"
    assert found.sentence == str(error)
    assert found.facts == {"error": str(error.reason), "connection": "host"}
    assert not_opened(NotOpened("x", OSError(SECRET)), SECRETS).facts == {"error": HIDDEN}


def test_a_connection_that_was_never_taken_is_a_backend_that_is_lost():
    assert reason(ConnectionRefusedError("planted"), was_sent=False).kind == "backend_lost"


def test_a_failed_connection_is_worded_by_its_kind():
    words = {kind: str(ConnectionFailed(kind, "WHY_NOT")) for kind in get_args(ConnectionKind)}
    assert words == {
        "certificate": "its certificate is not trusted: WHY_NOT; see --ca-file",
        "tls": "TLS fails: why not",
        "host": "no host is known by this name",
        "timeout": "the connection is not taken in time",
        "system": "WHY_NOT",
    }


@pytest.mark.parametrize("need", get_args(Need))
def test_a_case_that_is_skipped_says_what_it_needs(need):
    assert skipped_need(need).sentence.startswith("needs ")
    assert skipped_need(need).facts == {"need": need}


@pytest.mark.parametrize("before", [*range(8), *range(270, 310)])
@pytest.mark.parametrize(
    "error",
    [
        failed,
        lambda text: failed({"a": [text]}),
        lambda text: failed(text.encode()),
        lambda text: BrokenAnswer("it is odd", text.encode()),
        lambda text: ClosedEarly(text.encode()),
        lambda text: Silent(1.0, text.encode()),
        ValueError,
    ],
)
def test_not_a_letter_of_a_secret_is_left_wherever_a_text_is_shortened(error, before):
    found = reason(error("a" * before + SECRET + "b" * 400), SECRETS)
    told = found.sentence
    for text in (told, *map(str, found.facts.values())):
        assert set(text).isdisjoint(set(SECRET) - set("-147"))
    assert before > 200 or HIDDEN in told or repr(HIDDEN.encode())[2:-1] in told
