"""The time that a study's blocks took."""

from collections.abc import Iterable
from datetime import datetime
from statistics import median

from reports.study.records import Block


def minutes_a_block(blocks: Iterable[Block]) -> float | None:
    """Return the median time of a whole interleaved block; None where there is none."""
    lasted = [
        (datetime.fromisoformat(b.ended_at) - datetime.fromisoformat(b.started_at)).total_seconds()
        for b in blocks
        if b.state == "whole" and not b.solo and b.ended_at is not None
    ]
    return median(lasted) / 60 if lasted else None
