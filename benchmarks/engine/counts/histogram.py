"""Complete counts of times: microseconds to 60 s, 3 significant digits, in a flat list.

The buckets are HdrHistogram's for (1 us, 60 s, 3 digits), so counts go into its V2 encoding as
they are, and histograms merge exactly by adding counts. See http://hdrhistogram.org.
"""

import ctypes
from collections.abc import Iterable

import numpy as np
from hdrh.histogram import HdrHistogram
from numpy.typing import NDArray

HIGHEST_US = 60_000_000
SIGNIFICANT_DIGITS = 3

EXACT_BELOW_US = 2048
"""Values below it have a bucket each; above, buckets hold 2, 4, 8… microseconds."""

SIZE: int = HdrHistogram(1, HIGHEST_US, SIGNIFICANT_DIGITS).counts_len

Counts = list[int]


def empty_counts() -> Counts:
    """Counts of an empty histogram, index by index. `counts[bucket(us)] += 1` records a time."""
    return [0] * SIZE


def bucket(value_us: int) -> int:
    """The index of the bucket that holds `value_us`; times over 60 s count as 60 s."""
    if value_us < EXACT_BELOW_US:
        return value_us
    value_us = min(value_us, HIGHEST_US)
    scale = value_us.bit_length() - 11
    return (scale << 10) + (value_us >> scale)


def lowest_us(index: int) -> int:
    """The smallest time that bucket `index` holds."""
    if index < EXACT_BELOW_US:
        return index
    scale = (index >> 10) - 1
    return (index - (scale << 10)) << scale


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
        """The histogram of these times."""
        counts = empty_counts()
        for value in values_us:
            counts[bucket(value)] += 1
        return cls(counts)

    @property
    def total(self) -> int:
        """How many times are in it."""
        return int(self._counts.sum())

    @property
    def min_us(self) -> int | None:
        """The lower end of the lowest bucket used, `None` when empty."""
        used = self._counts.nonzero()[0]
        return lowest_us(int(used[0])) if len(used) else None

    @property
    def max_us(self) -> int | None:
        """The upper end of the highest bucket used, `None` when empty."""
        used = self._counts.nonzero()[0]
        return lowest_us(int(used[-1]) + 1) - 1 if len(used) else None

    def percentile_us(self, percent: float) -> int | None:
        """The time that `percent` of 100 do not exceed (HdrHistogram's definition: nearest rank,
        upper end of the bucket); `None` when empty."""
        total = self.total
        if total == 0:
            return None
        rank = max(1, int(percent * total / 100 + 0.5))
        index = int(np.searchsorted(self._counts.cumsum(), rank))
        return lowest_us(index + 1) - 1

    def counts_by_us(self) -> list[tuple[int, int]]:
        """(lowest time of the bucket, count) of every bucket used, rising."""
        return [(lowest_us(int(i)), int(self._counts[i])) for i in self._counts.nonzero()[0]]

    def to_hdr(self) -> HdrHistogram:
        """The same as an `HdrHistogram`, such as for its log writer."""
        hdr = HdrHistogram(1, HIGHEST_US, SIGNIFICANT_DIGITS)
        ctypes.memmove(hdr.counts, self._counts.ctypes.data, SIZE * 8)
        used = self._counts.nonzero()[0]
        if len(used):
            hdr.set_internal_tacking_values(int(used[0]), int(used[-1]), self.total)
        return hdr

    def encode(self) -> str:
        """HdrHistogram's compressed V2 encoding, base64."""
        encoded: bytes = self.to_hdr().encode()
        return encoded.decode("ascii")

    @classmethod
    def decode(cls, text: str) -> "Histogram":
        """The histogram that `encode` made `text` of."""
        hdr = HdrHistogram.decode(text.encode("ascii"))
        return cls(np.ctypeslib.as_array(hdr.counts).astype(np.int64))
