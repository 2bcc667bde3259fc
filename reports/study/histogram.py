"""Response times as complete counts: HDR histograms, merged by adding counts.

3 significant digits, microseconds (https://hdrhistogram.org, encoding V2 in base64). Percentiles
are never averaged.
"""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from math import ceil

import numpy as np
from hdrh.codec import HdrCookieException, HdrLengthException
from hdrh.histogram import HdrHistogram
from numpy.typing import NDArray

from reports.errors import ReportsError

LOWEST_US = 1
HIGHEST_US = 60_000_000
SIGNIFICANT_DIGITS = 3


class HistogramDamaged(ReportsError):
    """A recorded histogram cannot be decoded."""

    def __str__(self) -> str:
        return "a recorded histogram is damaged; take the study from a copy, or run it again"


@dataclass(frozen=True, eq=False)
class ResponseTimes:
    """How often each time was seen: `counts[i]` times within the bucket that ends at
    `highest_us[i]`, whose middle is `middle_us[i]`; rising, no empty bucket."""

    highest_us: NDArray[np.int64]
    middle_us: NDArray[np.float64]
    counts: NDArray[np.int64]

    @cached_property
    def answered(self) -> int:
        """How many times there are."""
        return int(self.counts.sum())

    @property
    def mean_us(self) -> float | None:
        """The arithmetic mean; None for no times at all."""
        if not self.answered:
            return None
        return float((self.middle_us * self.counts).sum()) / self.answered

    @property
    def max_us(self) -> int | None:
        """The end of the last bucket; None for no times at all."""
        return int(self.highest_us[-1]) if self.answered else None

    def percentile_us(self, quantile: float) -> int | None:
        """The nearest-rank percentile (Hyndman & Fan type 1), at its bucket's end.

        `quantile` is above 0 and at most 1. None for no times at all.
        """
        if not self.answered:
            return None
        index = np.searchsorted(np.cumsum(self.counts), self._rank(quantile))
        return int(self.highest_us[index])

    def beyond(self, quantile: float) -> int:
        """How many times lie beyond that percentile's rank."""
        return self.answered - self._rank(quantile) if self.answered else 0

    def _rank(self, quantile: float) -> int:
        # The subtraction keeps 0.99 * 100 = 99.00000000000001 at rank 99.
        return max(1, ceil(quantile * self.answered - 1e-9))


def combine(parts: Iterable[ResponseTimes]) -> ResponseTimes:
    """All times of the parts."""
    listed = [_NO_TIMES, *parts]
    highest_us, first, where = np.unique(
        np.concatenate([part.highest_us for part in listed]), return_index=True, return_inverse=True
    )
    counts = np.zeros(len(highest_us), np.int64)
    np.add.at(counts, where, np.concatenate([part.counts for part in listed]))
    middle_us = np.concatenate([part.middle_us for part in listed])[first]
    return ResponseTimes(highest_us, middle_us, counts)


def decode(encoded: Iterable[str]) -> ResponseTimes:
    """All times of several recorded histograms; raises HistogramDamaged."""
    merged = HdrHistogram(LOWEST_US, HIGHEST_US, SIGNIFICANT_DIGITS)
    for text in encoded:
        try:
            merged.decode_and_add(text)
        # The package lets whatever its parts raise come through.
        except (
            ValueError,
            TypeError,
            IndexError,
            zlib.error,
            HdrCookieException,
            HdrLengthException,
        ) as exc:
            raise HistogramDamaged from exc
    counts = np.ctypeslib.as_array(merged.counts).astype(np.int64)
    filled = np.flatnonzero(counts)
    lowest = [merged.get_value_from_index(int(index)) for index in filled]
    return ResponseTimes(
        highest_us=np.array([merged.get_highest_equivalent_value(v) for v in lowest], np.int64),
        middle_us=np.array([_middle_us(merged, v) for v in lowest], np.float64),
        counts=counts[filled],
    )


_NO_TIMES = ResponseTimes(np.array([], np.int64), np.array([], np.float64), np.array([], np.int64))


def _middle_us(histogram: HdrHistogram, lowest_us: int) -> float:
    return (lowest_us + int(histogram.get_highest_equivalent_value(lowest_us))) / 2
