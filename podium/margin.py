"""The margin of a study that is to be run, against what its blocks can show."""

from dataclasses import replace

import click

from podium.commands.options import say
from reports.study.records import Plan

FEWER = "fewer stacks or operations"
MOST_BLOCKS = 200


def refuse_unreachable(plan: Plan) -> None:
    """Refuse a margin within which no machine could show at the last look that stacks are equal.

    Print a warning where a quiet one could not.
    """
    from reports.analysis.looks import (  # noqa: PLC0415 (imports scipy)
        QUIET_SD,
        STEADIEST_SD,
        least_margin,
    )

    margin, remedy = plan.options.margin_ratio, f"more time, or {FEWER}"
    least, usual = (least_margin(plan, sd) for sd in (STEADIEST_SD, QUIET_SD))
    if margin < least:
        raise click.BadParameter(
            f"{margin:.1%} cannot be reached: even where speeds vary by only {STEADIEST_SD:.1%} "
            f"from block to block, {plan.blocks} blocks show that stacks are equal within "
            f"{least:.1%}. Name a wider margin, {remedy}.",
            param_hint="--margin",
        )
    if margin < usual:
        _say_at_best(plan, usual, f"a wider margin, {remedy}")


def warn_of_few_blocks(plan: Plan) -> None:
    """Print a warning where so many blocks could not show that stacks are equal within the margin.

    It is judged for a quiet machine, on which no other needs fewer.
    """
    from reports.analysis.eligibility import LEAST_BLOCKS  # noqa: PLC0415 (imports numpy)
    from reports.analysis.looks import QUIET_SD, least_margin  # noqa: PLC0415 (imports scipy)

    if plan.blocks < LEAST_BLOCKS:
        say(f"verdicts need {LEAST_BLOCKS} blocks: this study will show numbers only")
        return
    usual = least_margin(plan, QUIET_SD)
    if plan.options.margin_ratio >= usual:
        return
    for blocks in range(plan.blocks + 1, MOST_BLOCKS + 1):
        if least_margin(replace(plan, blocks=blocks), QUIET_SD) <= plan.options.margin_ratio:
            _say_at_best(plan, usual, f"--blocks {blocks}, a wider margin, or {FEWER}")
            return
    _say_at_best(plan, usual, f"a wider margin, or {FEWER}")


def _say_at_best(plan: Plan, least: float, remedy: str) -> None:
    from reports.analysis.looks import QUIET_SD  # noqa: PLC0415 (imports scipy)

    say(
        f"equal stacks will hardly be decided: where speeds vary by {QUIET_SD:.0%} from block to "
        f"block, as on a quiet machine, {plan.blocks} blocks show at best that they are equal "
        f"within {least:.1%}, not {plan.options.margin_ratio:.1%}. Name {remedy}"
    )
