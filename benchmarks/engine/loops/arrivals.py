"""Arrivals of an open loop: due times fixed in advance by a seed, whatever the server does."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Spacing = Literal["poisson", "even"]

CHUNK = 2048


@dataclass(frozen=True)
class Arrivals:
    """An endless stream of due times at `rate_per_s`, evenly spaced or a Poisson process.

    Several generators share one stream of arrivals: `share` of `shares` takes every `shares`-th,
    beginning with its own number, so that all shares together are the whole stream.
    """

    rate_per_s: float
    spacing: Spacing = "poisson"
    seed: int = 0
    share: int = 0
    shares: int = 1

    def offsets_ns(self) -> Iterator[int]:
        """Yield nanoseconds from the start to each arrival of this share, without end."""
        # Only `random` of a named bit generator is promised to give the same in every numpy
        # (NEP 19), so the exponential distribution is made of it here, by inversion.
        uniform = np.random.Generator(np.random.PCG64(self.seed))
        gap_ns = 1e9 / self.rate_per_s
        first = 0
        start_ns = 0.0
        while True:
            if self.spacing == "poisson":
                gaps = -np.log1p(-uniform.random(CHUNK)) * gap_ns
                offsets: NDArray[np.float64] = start_ns + np.cumsum(gaps)
                start_ns = float(offsets[-1])
            else:
                offsets = (first + np.arange(CHUNK, dtype=np.float64)) * gap_ns
            mine = (self.share - first) % self.shares
            yield from offsets[mine :: self.shares].astype(np.int64).tolist()
            first += CHUNK
