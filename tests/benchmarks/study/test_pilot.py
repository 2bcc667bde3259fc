"""What follows from the pilot's rates."""

from decimal import Decimal

from hypothesis import example, given
from hypothesis import strategies as st

from benchmarks.study.pilot import rounded_down

RATES = st.floats(0.01, 1e6)


@given(RATES)
@example(0.95)
@example(999_999.9)
def test_a_rounded_rate_is_the_greatest_of_one_digit_that_is_not_above(rate):
    rounded = rounded_down(rate)
    next_one = Decimal(str(rounded)) + Decimal(1).scaleb(Decimal(str(rounded)).adjusted())
    assert rounded <= rate < float(next_one)
    assert rounded == float(f"{rounded:.1g}")


@given(RATES)
def test_a_rounded_rate_stays_when_it_is_rounded_again(rate):
    assert rounded_down(rounded_down(rate)) == rounded_down(rate)


@given(st.integers(1, 9), st.integers(-2, 5))
def test_a_rate_of_one_digit_stays(digit, exponent):
    rate = float(Decimal(digit).scaleb(exponent))
    assert rounded_down(rate) == rate
