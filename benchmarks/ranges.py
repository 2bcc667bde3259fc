"""Ranges of the numbers that options take, as types for argparse."""

import argparse
import math
from collections.abc import Callable

HIGHEST_RATE_PER_S = 1_000_000.0
"""Of an open loop: several times what one core can send."""


def integer(least: int, most: int) -> Callable[[str], int]:
    """Return a type that takes the integers of a range, and says which those are."""

    def convert(text: str) -> int:
        if not text.isascii() or not text.isdecimal() or not least <= int(text[:20]) <= most:
            raise argparse.ArgumentTypeError(
                f"must be an integer from {least} to {most}, got {text!r}"
            )
        return int(text)

    return convert


def finite(above: float, most: float) -> Callable[[str], float]:
    """Return a type that takes the finite numbers above one and up to another."""

    def convert(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not above < value <= most:
            raise argparse.ArgumentTypeError(
                f"must be a number above {above:g} and up to {most:g}, got {text!r}"
            )
        return value

    return convert
