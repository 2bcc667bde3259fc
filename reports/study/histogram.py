"""Complete counts of times: HDR histograms, merged by adding counts.

Microseconds to 60 s with 3 significant digits. The buckets are HdrHistogram's for (1 us, 60 s, 3
digits), so counts go into its V2 encoding as they are (http://hdrhistogram.org). Percentiles are
never averaged. The load engine counts into a plain list (`empty_counts`, `bucket`), because a list
is the fastest that Python can add to.
"""

import ctypes
import zlib
from collections.abc import Iterable
from functools import cached_property
from math import ceil

import numpy as np
from hdrh.codec import HdrCookieException, HdrLengthException
from hdrh.histogram import HdrHistogram
from numpy.typing import NDArray

from reports.errors import HistogramDamaged

HIGHEST_US = 60_000_000
SIGNIFICANT_DIGITS = 3

EXACT_BELOW_US = 2048
"""Values below it have a bucket each; above, buckets hold 2, 4, 8… microseconds."""

SIZE: int = HdrHistogram(1, HIGHEST_US, SIGNIFICANT_DIGITS).counts_len

Counts = list[int]

# The package lets errors of its parts through.
_DAMAGED = (ValueError, TypeError, IndexError, zlib.error, HdrCookieException, HdrLengthException)


def empty_counts() -> Counts:
    """Return the counts of an empty histogram; `counts[bucket(us)] += 1` records a time."""
    return [0] * SIZE


def bucket(value_us: int) -> int:
    """Return the index of the bucket that holds `value_us`; times over 60 s count as 60 s."""
    if value_us < EXACT_BELOW_US:
        return value_us
    value_us = min(value_us, HIGHEST_US)
    scale = value_us.bit_length() - 11
    return (scale << 10) + (value_us >> scale)


def lowest_us(index: int) -> int:
    """Return the smallest time that bucket `index` holds."""
    if index < EXACT_BELOW_US:
        return index
    scale = (index >> 10) - 1
    return (index - (scale << 10)) << scale


_LOWEST_US = np.array([lowest_us(index) for index in range(SIZE + 1)], np.float64)


class Histogram:
    """A histogram at rest: built from counts, merged, read, encoded; never recorded into."""

    def __init__(self, counts: Counts | NDArray[np.int64] | None = None) -> None:
        self._counts = np.zeros(SIZE, np.int64) if counts is None else np.array(counts, np.int64)

    def __add__(self, other: "Histogram") -> "Histogram":
        return Histogram(self._counts + other._counts)

    def __sub__(self, other: "Histogram") -> "Histogram":
        return Histogram(self._counts - other._counts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Histogram) and bool((self._counts == other._counts).all())

    __hash__ = None  # type: ignore[assignment]  # equal by content, which could be large

    @classmethod
    def of(cls, values_us: Iterable[int]) -> "Histogram":
        """Return the histogram of these times."""
        counts = empty_counts()
        for value in values_us:
            counts[bucket(value)] += 1
        return cls(counts)

    @property
    def total(self) -> int:
        """The number of times in it."""
        return int(self._counts.sum())

    @property
    def min_us(self) -> int | None:
        """The lower end of the lowest bucket used; `None` when empty."""
        used = self._counts.nonzero()[0]
        return lowest_us(int(used[0])) if len(used) else None

    @property
    def max_us(self) -> int | None:
        """The upper end of the highest bucket used; `None` when empty."""
        used = self._counts.nonzero()[0]
        return _highest_us(int(used[-1])) if len(used) else None

    @property
    def mean_us(self) -> float | None:
        """The mean, each time taken as the middle of its bucket; `None` when empty."""
        used = self._counts.nonzero()[0]
        if not len(used):
            return None
        middle_us = [(lowest_us(int(i)) + _highest_us(int(i))) / 2 for i in used]
        counts = self._counts[used]
        return float((np.array(middle_us) * counts).sum()) / int(counts.sum())

    def percentile_us(self, quantile: float) -> int | None:
        """Return the smallest time that at least the share `quantile` does not exceed.

        The nearest-rank percentile (Hyndman & Fan 1996, type 1) at its bucket's upper end;
        `quantile` is above 0 and at most 1. `None` when empty.
        """
        total = self.total
        if not total:
            return None
        index = int(np.searchsorted(self._counts.cumsum(), _rank(quantile, total)))
        return _highest_us(index)

    def quantiles_us(self, quantiles: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return percentiles read within their buckets, as if the times there were spread evenly.

        A bucket is a microsecond wide or more, which is much of a short time. There must be times;
        `quantiles` are from 0 to 1.
        """
        starts_us, ends_us, below = self._used
        ranks = np.clip(quantiles, 0.0, 1.0) * below[-1]
        at = np.clip(np.searchsorted(below, ranks) - 1, 0, len(starts_us) - 1)
        within = (ranks - below[at]) / (below[at + 1] - below[at])
        found: NDArray[np.float64] = starts_us[at] + within * (ends_us[at] - starts_us[at])
        return found

    def share_above(self, values_us: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the share of times above each value, read in the same way."""
        starts_us, ends_us, below = self._used
        at = np.minimum(np.searchsorted(ends_us, values_us, side="right"), len(starts_us) - 1)
        part = np.clip((values_us - starts_us[at]) / (ends_us[at] - starts_us[at]), 0.0, 1.0)
        share: NDArray[np.float64] = (
            1 - (below[at] + part * (below[at + 1] - below[at])) / below[-1]
        )
        return share

    def ends_us(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the ends of the buckets used, rising, and how many times lie below each."""
        _, ends_us, below = self._used
        return ends_us, below[1:]

    @cached_property
    def _used(self) -> tuple[NDArray[np.float64], ...]:
        """The buckets used: where each begins and ends, and the counts below each and all."""
        used = self._counts.nonzero()[0]
        below = np.concatenate([[0.0], np.cumsum(self._counts[used])])
        return _LOWEST_US[used], _LOWEST_US[used + 1], below

    def beyond(self, quantile: float) -> int:
        """Return how many times lie beyond that percentile's rank."""
        total = self.total
        return total - _rank(quantile, total) if total else 0

    def counts_by_us(self) -> list[tuple[int, int]]:
        """Return (lowest time of the bucket, count) of every bucket used, rising."""
        return [(lowest_us(int(i)), int(self._counts[i])) for i in self._counts.nonzero()[0]]

    def to_hdr(self) -> HdrHistogram:
        """Return the same as an `HdrHistogram`, such as for its log writer."""
        hdr = _empty_hdr()
        ctypes.memmove(hdr.counts, self._counts.ctypes.data, SIZE * 8)
        used = self._counts.nonzero()[0]
        if len(used):
            hdr.set_internal_tacking_values(int(used[0]), int(used[-1]), self.total)
        return hdr

    def encode(self) -> str:
        """Return HdrHistogram's compressed V2 encoding, base64."""
        encoded: bytes = self.to_hdr().encode()
        return encoded.decode("ascii")

    @classmethod
    def decode(cls, *encoded: str) -> "Histogram":
        """Return all times of these encoded histograms; raises HistogramDamaged."""
        merged = _empty_hdr()
        try:
            for text in encoded:
                merged.decode_and_add(text.encode("ascii"))
        except _DAMAGED as exc:
            raise HistogramDamaged from exc
        return cls(np.ctypeslib.as_array(merged.counts).astype(np.int64))


def _empty_hdr() -> HdrHistogram:
    return HdrHistogram(1, HIGHEST_US, SIGNIFICANT_DIGITS)


def _highest_us(index: int) -> int:
    return lowest_us(index + 1) - 1


def _rank(quantile: float, total: int) -> int:
    # The subtraction keeps 0.99 * 100 = 99.00000000000001 at rank 99.
    return max(1, ceil(quantile * total - 1e-9))
