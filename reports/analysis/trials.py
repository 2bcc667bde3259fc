"""Trials: what a study measured, by operation and shape, of every entrant in every block."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from math import fsum
from statistics import median
from typing import cast

import numpy as np

from reports.analysis.generator_trouble import round_trouble
from reports.analysis.outside_noise import removals
from reports.analysis.reasons import GeneratorLimited, RemovalKind, TroubleKind
from reports.study.counted_blocks import counted_blocks
from reports.study.histogram import Histogram
from reports.study.records import Round, Shape, Slice, Study

RoundKey = tuple[int, int, str, str]


@dataclass(frozen=True, eq=False)
class Trial:
    """All slices of one entrant, operation and shape in the kept rounds of one block."""

    label: str
    block: int
    slices: tuple[Slice, ...]

    @property
    def answered(self) -> int:
        return sum(slice_.answered for slice_ in self.slices)

    @property
    def duration_s(self) -> float:
        return fsum(slice_.duration_s for slice_ in self.slices)

    @property
    def due(self) -> int | None:
        """The number of requests due in the open loop; None if a slice lacks it."""
        known = [slice_.due for slice_ in self.slices if slice_.due is not None]
        return sum(known) if len(known) == len(self.slices) else None

    @property
    def unsent(self) -> int:
        return sum(slice_.unsent for slice_ in self.slices)

    @property
    def drain_s(self) -> float:
        return fsum(slice_.drain_s or 0.0 for slice_ in self.slices)

    @property
    def requests_per_s(self) -> float | None:
        """Right answers over time, stalls included; None if no time was measured."""
        return self.answered / self.duration_s if self.duration_s > 0 else None

    @property
    def generator_cpu_ratio(self) -> float | None:
        """The generator's CPU time over time; None if a slice lacks it."""
        return _ratio((slice_.generator_cpu_s for slice_ in self.slices), self.duration_s)

    @property
    def server_cpu_s(self) -> float | None:
        """The server's CPU time; None if a slice lacks it."""
        known = [s.server_cpu_s for s in self.slices if s.server_cpu_s is not None]
        return fsum(known) if known and len(known) == len(self.slices) else None

    @property
    def server_cpu_us_per_request(self) -> float | None:
        """The server's CPU time an answer; None if a slice lacks it."""
        seconds = _ratio((slice_.server_cpu_s for slice_ in self.slices), self.answered)
        return None if seconds is None else seconds * 1e6

    @cached_property
    def times(self) -> Histogram:
        return Histogram.decode(*(slice_.histogram for slice_ in self.slices))

    @cached_property
    def service_times(self) -> Histogram:
        return _merged(s.service_histogram for s in self.slices)

    @cached_property
    def lags(self) -> Histogram:
        return _merged(s.lag_histogram for s in self.slices)

    @cached_property
    def on_time(self) -> Histogram | None:
        """Those of `times` that no late start can have delayed; None if a slice lacks them."""
        known = [s.on_time_histogram for s in self.slices if s.on_time_histogram is not None]
        return Histogram.decode(*known) if known and len(known) == len(self.slices) else None

    @property
    def mean_us(self) -> float | None:
        """The mean response time, from exact sums where every slice has one."""
        sums = [slice_.sum_us for slice_ in self.slices if slice_.sum_us is not None]
        if self.answered and len(sums) == len(self.slices):
            return sum(sums) / self.answered
        return self.times.mean_us


@dataclass(frozen=True, eq=False)
class Cell:
    """One operation under one shape: the trials of every entrant in the blocks that count.

    `trouble` of the generator in half of the rounds or more; where it had less, the rounds so hit
    are among the `removed`.
    """

    operation: str
    shape: Shape
    blocks: tuple[int, ...]
    rounds: tuple[Round, ...]
    removed: Mapping[RemovalKind, int]
    trials: Mapping[tuple[str, int], Trial]
    trouble: GeneratorLimited | None

    def of(self, label: str) -> tuple[Trial, ...]:
        """Return the label's trials in the order of the blocks; fewer where some are missing."""
        found = (self.trials.get((label, block)) for block in self.blocks)
        return tuple(trial for trial in found if trial is not None)

    def times(self, label: str) -> Histogram:
        """Return all response times of the label."""
        return sum((trial.times for trial in self.of(label)), Histogram())

    def service_times(self, label: str) -> Histogram:
        """Return the label's times from when a request was sent, in the open loop."""
        return sum((trial.service_times for trial in self.of(label)), Histogram())

    def lags(self, label: str) -> Histogram:
        """Return the start lag of the label's requests, in the open loop."""
        return sum((trial.lags for trial in self.of(label)), Histogram())

    def slices(self, label: str) -> int:
        """Return the number of slices that the label's times come from."""
        return sum(len(trial.slices) for trial in self.of(label))

    def round_rates(self, label: str) -> dict[tuple[int, int], float]:
        """Return the label's rate in each (block, round) that has one."""
        return {
            (slice_.block, slice_.round): slice_.answered / slice_.duration_s
            for trial in self.of(label)
            for slice_ in trial.slices
            if slice_.duration_s > 0 and slice_.answered
        }


def speed(trial: Trial, shape: Shape) -> float | None:
    """Return answers a second, or where the rate is given one over the median response time in s.

    Larger is faster; None where nothing was measured.
    """
    if not trial.answered:
        return None
    if shape.rate_per_s is None:
        return trial.requests_per_s
    return 1e6 / float(trial.times.quantiles_us(np.array([0.5]))[0])


def interleaved(study: Study) -> Study:
    """Return the study without its solo blocks: what all comparisons are made from."""
    return _in_blocks(study, {block.number for block in study.blocks if not block.solo})


def solo(study: Study) -> Study:
    """Return the study with its solo blocks only."""
    return _in_blocks(study, {block.number for block in study.blocks if block.solo})


def cells(study: Study) -> tuple[Cell, ...]:
    """Return every operation and shape of the plan, in the plan's order."""
    removed = dict(zip(map(_key, study.rounds), removals(study.rounds), strict=True))
    counted = counted_blocks(study.plan, study.blocks, study.rounds)
    return tuple(
        _cell(study, operation, shape, removed, counted)
        for operation in study.plan.operations
        for shape in study.plan.shapes_of(operation)
    )


def _in_blocks(study: Study, numbers: set[int]) -> Study:
    return replace(
        study,
        blocks=tuple(block for block in study.blocks if block.number in numbers),
        rounds=tuple(round_ for round_ in study.rounds if round_.block in numbers),
        slices=tuple(slice_ for slice_ in study.slices if slice_.block in numbers),
    )


def _cell(
    study: Study,
    operation: str,
    shape: Shape,
    removed: Mapping[RoundKey, RemovalKind | None],
    counted: Collection[int],
) -> Cell:
    rounds = sorted(
        (
            one
            for one in study.rounds
            if (one.operation, one.shape) == (operation, shape.name) and one.block in counted
        ),
        key=lambda one: (one.block, one.number),
    )
    slices = {
        (s.block, s.round, s.label): s
        for s in study.slices
        if (s.operation, s.shape) == (operation, shape.name)
    }
    hit = _troubles(rounds, slices, study.environment.machine)
    trouble = _usual(hit, len(rounds))
    reasons = [
        (None if trouble else _kind(hit.get(_key(round_))))
        or removed[_key(round_)]
        or _incomplete(round_, slices)
        for round_ in rounds
    ]
    kept = [round_ for round_, reason in zip(rounds, reasons, strict=True) if reason is None]
    return Cell(
        operation=operation,
        shape=shape,
        blocks=tuple(sorted({round_.block for round_ in kept})),
        rounds=tuple(kept),
        removed=dict(sorted(Counter(reason for reason in reasons if reason).items())),
        trials=_trials(kept, slices),
        trouble=trouble,
    )


def _troubles(
    rounds: Iterable[Round],
    slices: Mapping[tuple[int, int, str], Slice],
    machine: Mapping[str, object],
) -> dict[RoundKey, GeneratorLimited]:
    """Return the generator's trouble in each round that had one."""
    found = {}
    for round_ in rounds:
        keys = [(round_.block, round_.number, label) for label in round_.order]
        there = [slices[key] for key in keys if key in slices]
        if trouble := round_trouble(round_, there, machine):
            found[_key(round_)] = trouble
    return found


def _usual(hit: Mapping[RoundKey, GeneratorLimited], rounds: int) -> GeneratorLimited | None:
    """Return the commonest trouble, its median measured, if at least half of the rounds had one."""
    if not hit or 2 * len(hit) < rounds:
        return None
    (kind, _), *_ = Counter(one.kind for one in hit.values()).most_common(1)
    alike = [one for one in hit.values() if one.kind == kind]
    return replace(alike[0], measured=median(one.measured for one in alike))


def _kind(trouble: GeneratorLimited | None) -> RemovalKind | None:
    return None if trouble is None else cast("TroubleKind", trouble.kind)


def _key(round_: Round) -> RoundKey:
    return round_.block, round_.number, round_.operation, round_.shape


def _incomplete(round_: Round, slices: Mapping[tuple[int, int, str], Slice]) -> RemovalKind | None:
    there = all((round_.block, round_.number, label) in slices for label in round_.order)
    return None if there else "slice_missing"


def _trials(
    rounds: Iterable[Round], slices: Mapping[tuple[int, int, str], Slice]
) -> dict[tuple[str, int], Trial]:
    collected: dict[tuple[str, int], list[Slice]] = {}
    for round_ in rounds:
        for label in sorted(round_.order):
            slice_ = slices[round_.block, round_.number, label]
            collected.setdefault((label, round_.block), []).append(slice_)
    return {
        (label, block): Trial(label, block, tuple(listed))
        for (label, block), listed in collected.items()
    }


def _merged(encoded: Iterable[str | None]) -> Histogram:
    return Histogram.decode(*filter(None, encoded))


def _ratio(parts: Iterable[float | None], whole: float) -> float | None:
    listed = list(parts)
    known = [part for part in listed if part is not None]
    if not known or len(known) != len(listed) or whole <= 0:
        return None
    return fsum(known) / whole
