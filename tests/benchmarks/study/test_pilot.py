"""What follows from the pilot's rates."""

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.study.pilot import rounded_down


@given(st.floats(0.01, 1e6))
def test_a_rounded_rate_has_two_digits_and_is_not_above(rate):
    rounded = rounded_down(rate)
    assert 0.9 * rate < rounded <= rate
    assert f"{rounded:.2g}" == f"{float(f'{rounded:.6g}'):.2g}"
    assert float(f"{rounded:.2g}") == float(f"{rounded:.6g}")
