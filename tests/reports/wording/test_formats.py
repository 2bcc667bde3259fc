"""Quantities as people read them; a rounded interval is never narrower than it was."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.wording import formats


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (12345, "12,300"),
        (999.6, "1,000"),
        (945.2, "945"),
        (6.1, "6.10"),
        (0.01234, "0.0123"),
    ],
)
def test_three_significant_digits(value, text):
    assert formats.plain(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(167.3, "167 µs"), (1500, "1.50 ms"), (2_500_000, "2.50 s")]
)
def test_times_in_the_unit_that_fits(value, text):
    assert formats.time_us(value) == text


def test_sizes_shares_and_places():
    assert formats.size_bytes(75 << 20) == "75.0 MiB"
    assert [formats.percent(r) for r in (0.03, 0.034, 0.125)] == ["3 %", "3.4 %", "12 %"]
    assert (formats.place(1, 1), formats.place(1, 3)) == ("1", "1–3")
    assert formats.listed(["a"]) == "a"
    assert formats.listed(["a", "b", "c"]) == "a, b and c"
    assert [formats.minutes(m) for m in (0.2, 5.2, 300)] == ["1 minute", "5 minutes", "5 hours"]


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (1.1234, 1.1890, "12–19 % faster than"),
        (1.004, 1.0123, "0.4–1.3 % faster than"),
        (2.15, 2.41, "2.1–2.5 times as fast as"),
        (1.0061, 1.42, "0.6–42 % faster than"),
        (1.25, 3.4, "25–240 % faster than"),
        (1.55, 2.05, "1.5–2.1 times as fast as"),
    ],
)
def test_a_lead_in_words(low, high, text):
    assert formats.faster_than(low, high) == text


@given(st.floats(1.0001, 1.9), st.floats(0, 0.5))
def test_a_lead_in_words_holds_the_interval(low, width):
    text = formats.faster_than(low, low + width)
    shown_low, shown_high = map(float, re.findall(r"[0-9.]+", text))
    if "%" in text:
        shown_low, shown_high = 1 + shown_low / 100, 1 + shown_high / 100
    assert shown_low <= low + 1e-6
    assert shown_high >= low + width - 1e-6


def test_a_lower_bound_in_words():
    assert formats.at_least_faster_than(1.129) == "at least 12 % faster than"
    assert formats.at_least_faster_than(1.0129) == "at least 1.2 % faster than"
    assert formats.at_least_faster_than(2.19) == "at least 2.1 times as fast as"


def test_a_moment_to_the_minute():
    assert formats.moment("2025-06-01T16:30:59+02:00") == "2025-06-01 14:30 UTC"
