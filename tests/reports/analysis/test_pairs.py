"""What an interval says, and who may win where the generator was the limit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.analysis.intervals import bootstrap_interval
from reports.analysis.pairs import judge, judge_limited, places

PAIR = ("a", "b")


@pytest.mark.parametrize(
    ("low", "high", "kind"),
    [
        (1.10, 1.20, "different"),
        (0.80, 0.90, "different"),
        (0.99, 1.01, "equal"),
        (1.005, 1.02, "faster_within_margin"),
        (0.98, 0.995, "faster_within_margin"),
        (0.98, 1.05, "undecided"),
        (0.90, 1.01, "undecided"),
        (1.01, 1.05, "different"),
        (1.0, 1.02, "equal"),
    ],
)
def test_an_interval_says(low, high, kind):
    assert judge(low, high, 0.03) == kind


@given(st.floats(0.5, 2), st.floats(0.5, 2), st.floats(0.001, 0.2))
def test_a_verdict_is_the_same_from_the_other_side(one, other, margin):
    low, high = sorted((one, other))
    assert judge(low, high, margin) == judge(1 / high, 1 / low, margin)


def test_a_limited_stack_may_win():
    verdict = judge_limited(PAIR, (1.10, 1.20), 0.03, {"a"})
    assert (verdict.kind, verdict.lower_bound, verdict.limited) == ("different", True, ())
    within = judge_limited(PAIR, (1.005, 1.02), 0.03, {"a"})
    assert (within.kind, within.lower_bound) == ("different", True)


@pytest.mark.parametrize("interval", [(0.80, 0.90), (0.99, 1.01), (0.98, 0.995)])
def test_a_limited_stack_never_loses_or_ties(interval):
    verdict = judge_limited(PAIR, interval, 0.03, {"a"})
    assert (verdict.kind, verdict.limited) == ("not_judged", ("a",))


def test_two_limited_stacks_are_not_told_apart():
    verdict = judge_limited(PAIR, (1.10, 1.20), 0.03, {"a", "b"})
    assert (verdict.kind, verdict.limited) == ("not_judged", PAIR)


def test_without_a_limit_the_interval_decides():
    assert judge_limited(PAIR, (0.8, 0.9), 0.03, {"c"}).kind == "different"


def test_places_of_a_clear_order():
    faster = [("a", "b"), ("a", "c"), ("b", "c")]
    assert places(["a", "b", "c"], faster) == {"a": (1, 1), "b": (2, 2), "c": (3, 3)}


def test_places_that_nothing_separates_are_shared():
    assert places(["a", "b", "c"], [("a", "c"), ("b", "c")]) == {
        "a": (1, 2),
        "b": (1, 2),
        "c": (3, 3),
    }
    assert places(["a", "b", "c"], [("a", "c")]) == {"a": (1, 2), "b": (1, 3), "c": (2, 3)}
    assert places(["a", "b"], []) == {"a": (1, 2), "b": (1, 2)}


@given(st.permutations(list("abcdef")), st.data())
def test_some_order_fits_all_places(order, data):
    """Whichever pairs of a true order are decided, each label's true rank is in its places."""
    pairs = [(order[i], order[j]) for i in range(6) for j in range(i + 1, 6)]
    decided = data.draw(st.lists(st.sampled_from(pairs), unique=True))
    found = places(sorted(order), decided)
    for rank, label in enumerate(order, 1):
        best, worst = found[label]
        assert best <= rank <= worst


def test_the_bootstrap_lies_near_the_normal_interval_for_many_blocks():
    values = np.random.default_rng(2).normal(0.1, 0.05, 200)
    low, high = bootstrap_interval(values, 0.95, seed=4)
    half = 1.96 * values.std(ddof=1) / np.sqrt(200)
    assert np.log((low, high)) == pytest.approx(
        (values.mean() - half, values.mean() + half), abs=2e-3
    )


def test_the_bootstrap_is_repeatable():
    values = np.array([0.1, 0.2, 0.15])
    assert bootstrap_interval(values, 0.95, 1) == bootstrap_interval(values, 0.95, 1)
    low, high = bootstrap_interval(values, 0.95, 1)
    assert np.exp(0.1) - 1e-12 <= low <= high <= np.exp(0.2) + 1e-12
