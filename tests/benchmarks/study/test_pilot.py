"""What follows from the pilot's rates."""

from decimal import Decimal

from hypothesis import example, given
from hypothesis import strategies as st

from benchmarks.study.pilot import rounded_down

RATES = st.floats(0.01, 1e6)


@given(RATES)
@example(0.95)
@example(999_999.9)
def test_a_rounded_rate_is_the_greatest_of_two_digits_that_is_not_above(rate):
    rounded = rounded_down(rate)
    next_one = Decimal(str(rounded)) + Decimal(1).scaleb(Decimal(str(rounded)).adjusted() - 1)
    assert rounded <= rate < float(next_one)
    assert rounded == float(f"{rounded:.2g}")


@given(RATES)
def test_a_rounded_rate_stays_when_it_is_rounded_again(rate):
    assert rounded_down(rounded_down(rate)) == rounded_down(rate)


@given(st.integers(10, 99), st.integers(-3, 4))
def test_a_rate_of_two_digits_stays(digits, exponent):
    rate = float(Decimal(digits).scaleb(exponent))
    assert rounded_down(rate) == rate
