"""Why a case failed, in words in which no secret is left, however they are shortened."""

import pytest

from contract_tests.http.errors import BrokenAnswer, ClosedEarly, Silent
from contract_tests.http.secrets import HIDDEN, Secrets
from contract_tests.run.failure_message import why

SECRET = "ZQXJ-4711-KWYU"
SECRETS = Secrets((SECRET,))


def failed(value, other="a"):
    """The error of an assertion about this value."""
    try:
        assert value == other, "it differs"
    except AssertionError as exc:
        return exc
    raise ZeroDivisionError


def test_an_assertion_is_told_with_its_message_and_values():
    assert why(failed([1, 2]), Secrets()).splitlines() == [
        "it differs",
        "assert value == other",
        "where value = [1, 2]",
        "where other = 'a'",
    ]


def test_an_error_of_ours_is_its_sentence_and_another_has_its_name():
    assert why(Silent(2.0), Secrets()) == "no whole answer within 2 s; received b''"
    assert why(ZeroDivisionError("planted"), Secrets()) == "ZeroDivisionError: planted"


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
    told = why(error("a" * before + SECRET + "b" * 400), SECRETS)
    assert set(told).isdisjoint(set(SECRET) - set("-147"))
    assert before > 200 or HIDDEN in told or repr(HIDDEN.encode())[2:-1] in told
