"""The bench reads other generators rightly and pairs its ratios."""

import math

import pytest

from benchmarks.generators import rivals
from benchmarks.generators.lines import agreement, ratio
from tests.benchmarks.engine.servers import right, serving
from tests.programs import need


def test_ratios_are_paired_by_round():
    theirs = [100.0, 10.0, 1000.0]
    mean, low, high = ratio([one / 2 for one in theirs], theirs)
    assert (mean, low, high) == pytest.approx((0.5, 0.5, 0.5))


def test_the_interval_is_students():
    mean, low, high = ratio([math.e, math.e**2, math.e**3], [1.0, 1.0, 1.0])
    half = 4.302652729911275 / math.sqrt(3)  # t with 2 degrees of freedom, by table
    assert math.log(mean) == pytest.approx(2)
    assert (math.log(low), math.log(high)) == pytest.approx((2 - half, 2 + half))


@pytest.mark.parametrize(
    ("ours", "says"),
    [
        ([101.0, 102.0, 100.0, 101.0], "agrees with wrk within 5%"),
        ([130.0, 131.0, 129.0, 130.0], "differs from wrk by more than 5%"),
        ([70.0, 71.0, 69.0, 70.0], "differs from wrk by more than 5%"),
        ([80.0, 130.0, 90.0, 120.0], "undecided whether it agrees with wrk"),
        ([101.0], "undecided whether it agrees with wrk"),
    ],
)
def test_agreement_is_judged_by_the_whole_interval(ours, says):
    assert agreement(ours, [100.0] * len(ours), "wrk").startswith(says)


def test_one_round_has_no_interval():
    assert ratio([2.0], [1.0]) == (2.0, 0.0, math.inf)


@pytest.mark.parametrize("name", ["HttpUser", "FastHttpUser", "wrk", "h2load", "hey"])
def test_a_reading_agrees_with_the_server(name):
    available = rivals.available()
    if name not in available:
        need(name)
    with serving(right) as server:
        reading = available[name](
            # wrk takes a moment before it can be interrupted, longer on a loaded machine.
            rivals.Request(server.url + "/api/x", b'{"a":"\n"}'),
            2,
            2.0,
            None,
        )
        assert 0 < reading.requests_per_s <= 2 * server.answered
    assert reading.cpu_us_per_request is None or reading.cpu_us_per_request > 0
    assert (reading.p50_us is not None) == (name == "wrk")
