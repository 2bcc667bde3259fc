"""A stack's speed from all blocks together, and what each block contributes to it.

Rates are all answers over all time; percentiles and shares are read from all times together, never
averaged. A block contributes its pseudo-value of the delete-one-block jackknife (R. G. Miller,
"The jackknife: a review", Biometrika 61, 1974), so that tables, charts and verdicts are all on one
quantity.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import fsum, log

import numpy as np

from reports.analysis.intervals import Floats
from reports.analysis.late_starts import LateStarts, late_starts, least_share, least_us
from reports.analysis.sections import QUANTILES, Compared
from reports.analysis.trials import Trial
from reports.study.histogram import Histogram

LEAST_US = 1.0  # what a clock of microseconds tells from nothing


@dataclass(frozen=True, eq=False)
class Pooled:
    """The records of several blocks together; those that some block lacks are None."""

    answered: int = 0
    duration_s: float = 0.0
    server_cpu_s: float | None = None
    times: Histogram = field(default_factory=Histogram)
    lags: Histogram = field(default_factory=Histogram)
    on_time: Histogram | None = None

    @classmethod
    def of(cls, trials: Sequence[Trial]) -> "Pooled":
        cpu_s = [trial.server_cpu_s for trial in trials]
        known = [used for used in cpu_s if used is not None]
        on_time = [trial.on_time for trial in trials if trial.on_time is not None]
        return cls(
            sum(trial.answered for trial in trials),
            fsum(trial.duration_s for trial in trials),
            fsum(known) if known and len(known) == len(cpu_s) else None,
            sum((trial.times for trial in trials), Histogram()),
            sum((trial.lags for trial in trials), Histogram()),
            sum(on_time, Histogram()) if len(on_time) == len(trials) else None,
        )

    def __sub__(self, other: "Pooled") -> "Pooled":
        known = self.server_cpu_s is not None and other.server_cpu_s is not None
        return Pooled(
            self.answered - other.answered,
            self.duration_s - other.duration_s,
            (self.server_cpu_s or 0.0) - (other.server_cpu_s or 0.0) if known else None,
            self.times - other.times,
            self.lags - other.lags,
            None if self.on_time is None or other.on_time is None else self.on_time - other.on_time,
        )

    def quantile_us(self, quantile: float) -> float:
        """Return the response time, from when a request was due, that the share did not exceed."""
        return max(LEAST_US, float(self.times.quantiles_us(np.array([quantile]))[0]))

    def least_us(self, quantile: float) -> float:
        """Return the least that it can have been, had every request been sent when it was due."""
        return max(LEAST_US, least_us(self.times, self._late, quantile))

    def late_ratio(self, after_us: float) -> float:
        """Return the share of answers that came later; that of no answer counts as half of one."""
        return self._as_share(float(self.times.share_above(np.array([after_us]))[0]))

    def least_late_ratio(self, after_us: float) -> float:
        """Return the least that it can have been, had every request been sent when it was due."""
        return self._as_share(least_share(self.times, self._late, after_us))

    def _as_share(self, share: float) -> float:
        total = self.times.total
        return (share * total + 0.5) / (total + 1)

    @cached_property
    def _late(self) -> LateStarts:
        known = self.server_cpu_s is not None and self.duration_s > 0
        used = (self.server_cpu_s or 0) / self.duration_s if known else None
        return late_starts(self.lags, used, self.on_time)


@dataclass(frozen=True, eq=False)
class Speed:
    """The logarithm of a stack's speed; larger is faster.

    `by_block` : array of shape (n_blocks,), what each block contributes; its mean is `value`.
    `of_blocks` : the speed in each block by itself. The two vary alike, unless a percentile lies
    where stalls begin; then neither tells how much the whole may vary.
    """

    value: float
    by_block: Floats
    of_blocks: Floats


@dataclass(frozen=True, eq=False)
class SpeedBounds:
    """A speed as `measured`, and the logarithm of the `fastest` that it can have been.

    The latter is what the same requests would have shown at most, had every one been sent when it
    was due. In a closed loop the two are one.
    """

    measured: Speed
    fastest: float

    @property
    def gap(self) -> float:
        """The logarithm of how much faster than measured it can have been."""
        return max(0.0, self.fastest - self.measured.value)


@dataclass(frozen=True, eq=False)
class AllBlocks:
    """A stack's records of all blocks together, of each block, and of all without that block."""

    whole: Pooled
    each: tuple[Pooled, ...]
    without: tuple[Pooled, ...]
    _found: dict[tuple[Compared, float | None], SpeedBounds] = field(default_factory=dict)

    @classmethod
    def of(cls, trials: Sequence[Trial]) -> "AllBlocks":
        """Return those of these trials, one a block."""
        whole, each = Pooled.of(trials), tuple(Pooled.of([trial]) for trial in trials)
        return cls(whole, each, tuple(whole - one for one in each))

    def jackknife(self, estimate: Callable[[Pooled], float]) -> Speed:
        """Return the estimate from everything, and each block's part in it."""
        value = estimate(self.whole)
        of_blocks = np.array([*map(estimate, self.each)])
        if len(of_blocks) < 2:
            return Speed(value, of_blocks, of_blocks)
        without = np.array([*map(estimate, self.without)])
        return Speed(value, pseudo_values(value, without), of_blocks)

    def bounds(self, compared: Compared, late_after_us: float | None = None) -> SpeedBounds:
        """Return the speed in what is compared.

        `late_after_us` is the time after which an answer is late, for `late_ratio`.
        """
        key = (compared, late_after_us)
        if key not in self._found:
            self._found[key] = self._bounds(compared, late_after_us or 0.0)
        return self._found[key]

    def _bounds(self, compared: Compared, after_us: float) -> SpeedBounds:
        if compared == "requests_per_s":
            found = self.jackknife(lambda part: log(part.answered / part.duration_s))
            return SpeedBounds(found, found.value)
        if compared == "late_ratio":
            return SpeedBounds(
                self.jackknife(lambda part: -log(part.late_ratio(after_us))),
                -log(self.whole.least_late_ratio(after_us)),
            )
        quantile = QUANTILES[compared]
        return SpeedBounds(
            self.jackknife(lambda part: -log(part.quantile_us(quantile))),
            -log(self.whole.least_us(quantile)),
        )


def pseudo_values(whole: Floats | float, without: Floats) -> Floats:
    """Return what each block contributes to an estimate, so that the mean of that is the estimate.

    `without` : the same estimate without each block, in the last axis; `whole` : of all blocks.
    """
    blocks = without.shape[-1]
    own = (blocks - 1) * (without.mean(-1, keepdims=True) - without)
    values: Floats = own + np.expand_dims(np.asarray(whole), -1)
    return values
