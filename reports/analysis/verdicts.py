"""What one interval says about a pair, and who may win where the generator was the limit."""

from dataclasses import dataclass
from typing import Literal

VerdictKind = Literal["different", "equal", "different_within_margin", "undecided"]


@dataclass(frozen=True)
class Verdict:
    """`kind` as the rules name it; `limited` holds why an interval alone did not decide: the
    labels for which the generator was the limit. `lower_bound`: the winner may be faster still."""

    kind: VerdictKind
    limited: tuple[str, ...] = ()
    lower_bound: bool = False


def judge(low: float, high: float, margin_ratio: float) -> VerdictKind:
    """What a ratio's interval says: excludes 1, inside ± margin, both, neither."""
    apart = low > 1 or high < 1
    within = low > 1 / (1 + margin_ratio) and high < 1 + margin_ratio
    if apart:
        return "different_within_margin" if within else "different"
    return "equal" if within else "undecided"


def judge_limited(
    labels: tuple[str, str], interval: tuple[float, float], margin_ratio: float, marked: set[str]
) -> Verdict:
    """`judge` for two labels of which some only have a lower bound.

    A marked label may win, never lose or tie: its true speed is at least what was measured.
    """
    kind = judge(*interval, margin_ratio)
    limited = tuple(label for label in labels if label in marked)
    if not limited or kind == "undecided":
        return Verdict(kind)
    winner = labels[0] if interval[0] > 1 else labels[1] if interval[1] < 1 else None
    if limited == (winner,):
        return Verdict("different", lower_bound=True)
    return Verdict("undecided", limited)
