"""An example of a wrong answer shows what is wrong with it."""

import pytest

from benchmarks.workload.excerpt import SHOWN_BYTES, excerpt

LONG = b'{"name":"' + b"a" * 500 + b'","letter_count":500}'


@pytest.mark.parametrize(
    ("content", "other", "shown"),
    [
        (b'{"a":1}', b"", '"{\\"a\\":1}"'),
        (b'{"a":1}', b'{"a":2}', '"{\\"a\\":1}"'),
        ("Zoë".encode(), b"", '"Zoë"'),
        (b"\xff", b"", '"\\\\xff"'),
        (b"a" * 200, b"", f'"{"a" * SHOWN_BYTES}" … (200 bytes)'),
    ],
)
def test_a_short_answer_is_shown_whole_and_a_long_one_from_its_start(content, other, shown):
    assert excerpt(content, other) == shown


def test_a_long_answer_is_shown_where_it_begins_to_differ():
    misspelt = LONG.replace(b"letter", b"lettre")
    assert "lettre_count" in excerpt(misspelt, LONG)
    assert "letter_count" in excerpt(LONG, misspelt)
    assert excerpt(LONG, LONG[:-1]).startswith("… ")
