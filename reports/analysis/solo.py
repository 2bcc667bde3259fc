"""The effect of interleaving on a ratio: the same pair with each stack alone on the machine."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, fsum, log, sqrt

import numpy as np
from scipy.special import stdtrit

from reports.analysis.eligibility import invalid_trial
from reports.analysis.generator_limit import limited_labels
from reports.analysis.intervals import BlockModel, Difference, Floats
from reports.analysis.trials import Cell, Trial, speed
from reports.study.records import Ceiling

TOLERATED_RATIO = 0.02
# Slices alone on the machine are seconds apart, where the machine itself changes; what that does
# shows only between passes.
LEAST_PASSES = 4


@dataclass(frozen=True)
class SoloCheck:
    """A pair with each stack alone on the machine.

    `ratio` is of their speeds; `change` is that ratio over the interleaved one, with its
    interval. `differs` is True where they are more than 2 % apart and noise alone does not do it.
    """

    ratio: float
    change: float
    change_low: float
    change_high: float
    differs: bool


@dataclass(frozen=True, eq=False)
class SoloRuns:
    """`log_speeds` : array of shape (n_labels, n_passes), one value a long slice."""

    labels: tuple[str, ...]
    log_speeds: Floats

    def check(
        self, pair: tuple[str, str], interleaved: Difference, alpha: float
    ) -> SoloCheck | None:
        """Return the pair alone against `interleaved`; None if it was not measured alone.

        The processes of the solo block have speeds of their own, as those of every block have, so
        its log ratio is as far from the others' mean as one more block's might be, and its slices
        bring their own noise (F. E. Satterthwaite, Biometrics Bulletin 2, 1946). All checks of a
        section hold together with probability `1 - alpha`.
        """
        if not set(pair) <= set(self.labels):
            return None
        first, second = (self.labels.index(label) for label in pair)
        log_ratio = float(np.mean(self.log_speeds[first] - self.log_speeds[second]))
        noise = [(interleaved.standard_error**2 * (1 + interleaved.blocks), interleaved.df)]
        passes = BlockModel(self.log_speeds).difference(first, second)
        noise.append((passes.standard_error**2, passes.df))
        variance = fsum(part for part, _ in noise)
        half = 0.0
        if variance > 0:
            df = variance**2 / fsum(part**2 / df for part, df in noise)
            pairs_here = interleaved.stacks * (interleaved.stacks - 1) / 2
            half = float(stdtrit(df, 1 - alpha / pairs_here / 2)) * sqrt(variance)
        change = log_ratio - interleaved.log_ratio
        return SoloCheck(
            ratio=exp(log_ratio),
            change=exp(change),
            change_low=exp(change - half),
            change_high=exp(change + half),
            differs=abs(change) > max(half, log(1 + TOLERATED_RATIO)),
        )


def solo_runs(cell: Cell, labels: Sequence[str], ceiling: Ceiling | None) -> SoloRuns | None:
    """Return the labels' solo slices, of the valid ones that the generator did not limit.

    None where no two are left, or there were too few passes.
    """
    if len(cell.rounds) < LEAST_PASSES:
        return None
    limited = limited_labels(cell, ceiling)
    speeds = {
        label: values
        for label in labels
        if label not in limited
        and all(invalid_trial(trial, cell.shape) is None for trial in cell.of(label))
        and len(values := _speeds(cell, label)) == len(cell.rounds)
    }
    if len(speeds) < 2:
        return None
    return SoloRuns(tuple(speeds), np.log(np.array([*speeds.values()], np.float64)))


def _speeds(cell: Cell, label: str) -> list[float]:
    slices = [slice_ for trial in cell.of(label) for slice_ in trial.slices]
    found = (speed(Trial(label, each.block, (each,)), cell.shape) for each in slices)
    return [value for value in found if value]
