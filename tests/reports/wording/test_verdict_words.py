"""The verdict on a pair as one sentence."""

from dataclasses import replace

import pytest

from reports.analysis.findings import More, PairFinding
from reports.wording.verdicts import pair_sentence

PAIR = PairFinding(
    compared="requests_per_s",
    first="a",
    second="b",
    ratio=1.15,
    ratio_low=1.1234,
    ratio_high=1.189,
    least_ratio=1.15,
    most_ratio=1.15,
    blocks=8,
    degrees_of_freedom=7,
    verdict="different",
    lower_bound=False,
    limited_by_generator=(),
    bootstrap_low=1.1,
    bootstrap_high=1.2,
    round_median_ratio=None,
    more=None,
    solo=None,
)
P50 = replace(PAIR, compared="response_p50_us")
LATE = replace(PAIR, compared="late_ratio", ratio_low=4.16, ratio_high=7.91)
OPEN_PAIR = replace(PAIR, verdict="undecided")

VERDICTS = [
    (PAIR, "a serves predict 12–19 % faster than b"),
    (
        replace(PAIR, lower_bound=True),
        "a serves predict at least 12 % faster than b (the load generator was the limit for a)",
    ),
    (
        replace(PAIR, ratio_low=1.17, ratio_high=8.18),
        "a serves predict at least 17 % faster than b",
    ),
    (
        replace(PAIR, ratio_low=1.004, ratio_high=1.0123, verdict="faster_within_margin"),
        "a serves predict 0.4–1.3 % faster than b, which is less than the margin of 3 %",
    ),
    (replace(PAIR, verdict="equal"), "predict: a and b are equal within 3 %"),
    (
        replace(OPEN_PAIR, more=More(3, 12, 2.1, 8.6)),
        "predict: not decided between a and b, 3–12 more blocks (2–9 minutes)",
    ),
    (
        replace(OPEN_PAIR, more=More(1, 1, 0.4, 0.4)),
        "predict: not decided between a and b, about 1 more block (1 minute)",
    ),
    (
        replace(OPEN_PAIR, more=More(3, None, 2.1, None)),
        "predict: not decided between a and b, at least 3 more blocks (2 minutes)",
    ),
    (
        OPEN_PAIR,
        "predict: not decided between a and b, and no number of blocks that could be run would "
        "decide it",
    ),
    (
        replace(P50, verdict="undecided", limited_by_generator=("b",)),
        "predict: not decided in response p50 between a and b, requests to b started too late for "
        "it",
    ),
    (
        replace(PAIR, verdict="not_judged", limited_by_generator=("b",)),
        "predict: a and b are not judged, the load generator was the limit for b",
    ),
    (P50, "predict: response p50 of a is 10–16 % lower than that of b"),
    (
        replace(P50, lower_bound=True),
        "predict: response p50 of a is at least 10 % lower than that of b (the load generator was "
        "the limit for a)",
    ),
    (
        replace(P50, compared="response_p90_us", verdict="equal"),
        "predict: a and b are equal within 3 % in response p90",
    ),
    (LATE, "predict: b gives 4.1–8.0 times as many answers later than 10.0 ms as a"),
    (
        replace(LATE, ratio_high=9.0),
        "predict: b gives at least 4.1 times as many answers later than 10.0 ms as a",
    ),
]


@pytest.mark.parametrize(("pair", "sentence"), VERDICTS, ids=range(len(VERDICTS)))
def test_a_pairs_verdict_is_one_sentence(pair, sentence):
    assert pair_sentence("predict", pair, 0.03, "10.0 ms") == sentence
