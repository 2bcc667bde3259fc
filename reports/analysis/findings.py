"""The findings of a study: the tree that every page, table and file is written from.

Its fields are the members of `report.json`, whose schema is made from these classes. Ratios are of
speeds: above 1, the first is faster. What is not known is `None`, never 0. The analysis leaves all
English (`what`, `headline`, `sentence`, `sentences`, `verdicts`, `remedy`) empty; `reports.wording`
fills it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from reports.analysis.metrics import Estimate
from reports.analysis.reasons import Caveat, Exclusion, GeneratorLimited, NoVerdict, RemovalKind
from reports.analysis.solo import SoloCheck
from reports.analysis.trials import Compared
from reports.analysis.twins import TwinControl

REPORT_VERSION = 2  # 1: the first; 2: kinds and numbers beside each sentence

VerdictKind = Literal["different", "equal", "different_within_margin", "undecided"]
"""What a pair's interval says: excludes 1; lies inside ± margin; both; neither."""


@dataclass(frozen=True)
class CurvePoint:
    """A response time that the share `quantile` of all answers kept within.

    In the open loop `service_us` is the same of the times from when requests were sent.
    """

    quantile: float
    response_us: int
    service_us: int | None


@dataclass(frozen=True)
class Standing:
    """One stack under one operation and shape.

    Places are the best and worst that the decided pairs leave open; both are `None` for a stack
    without a place, and `exclusion` says why. `generator_limit` says why its rate is only a
    lower bound, `generator_cpu_ratio` how much of its core the generator used. `rates_by_block`
    holds requests a second in the order of the comparison's `blocks`. In the open loop, `unsent` of
    the `due` requests could not be sent.
    """

    label: str
    place_best: int | None
    place_worst: int | None
    exclusion: Exclusion | None
    generator_limit: GeneratorLimited | None
    generator_cpu_ratio: float | None
    due: int | None
    unsent: int
    metrics: Mapping[str, Estimate | None]
    rates_by_block: tuple[float | None, ...]
    latency_curve: tuple[CurvePoint, ...]


@dataclass(frozen=True)
class PairFinding:
    """Two stacks under one operation and shape, the one with the higher estimate first.

    `compared` says what speeds are of: answers a second, or one over a response time. `ratio` is
    how many times as fast the first is; its interval holds together with those of all pairs of the
    comparison. `bootstrap_low` and `bootstrap_high` are a 95 % cross-check of this
    pair alone, `round_median_ratio` a robust estimate. `blocks_needed` and `minutes_needed` say how
    many more would about decide an undecided pair. `solo` is the same with each stack alone on the
    machine.
    """

    compared: Compared
    first: str
    second: str
    ratio: float
    ratio_low: float
    ratio_high: float
    degrees_of_freedom: int
    verdict: VerdictKind
    lower_bound: bool
    limited_by_generator: tuple[str, ...]
    bootstrap_low: float
    bootstrap_high: float
    round_median_ratio: float | None
    blocks_needed: int | None
    minutes_needed: float | None
    solo: SoloCheck | None
    sentence: str = ""


@dataclass(frozen=True)
class Tail:
    """Response p99 in the open loop, judged as the median is, without places of its own.

    `pairs` are of the stacks whose p99 may be shown, the faster first.
    """

    no_verdict: NoVerdict | None
    detectable_ratio: float | None
    twin: TwinControl | None
    pairs: tuple[PairFinding, ...]


@dataclass(frozen=True)
class Comparison:
    """All stacks under one operation and shape; `standings` are ordered fastest first.

    `compared` says what the ratios are of. `level`
    is that of each interval, so that all of them hold together at the report's `confidence`; those
    of the `tail`, which an open loop has, are among them. `sentences` are the verdicts on the
    fastest against the others. `solo_passes` counts the long slices of
    each stack alone on the machine.
    `detectable_ratio` 0.04: differences of 4 % or more would have been found in four studies of
    five. `no_verdict` is set where no pair is judged. `what` is its
    name.
    """

    operation: str
    shape: str
    connections: int
    rate_per_s: float | None
    compared: Compared
    no_verdict: NoVerdict | None
    blocks: tuple[int, ...]
    rounds: int
    rounds_removed: Mapping[RemovalKind, int]
    level: float | None
    variances_pooled: bool | None
    variances_agree_p: float | None
    detectable_ratio: float | None
    ceiling_requests_per_s: float | None
    twin: TwinControl | None
    solo_passes: int
    standings: tuple[Standing, ...]
    pairs: tuple[PairFinding, ...]
    tail: Tail | None
    what: str = ""
    headline: str = ""
    sentences: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Its name in `Caveat.where`, such as `count closed-16`."""
        return f"{self.operation} {self.shape}"

    @property
    def judged(self) -> tuple[Standing, ...]:
        """The stacks that are not excluded."""
        return tuple(one for one in self.standings if one.exclusion is None)

    @property
    def leader_pairs(self) -> tuple[PairFinding, ...]:
        """The fastest stack against each of the others."""
        return tuple(pair for pair in self.pairs if pair.first == self.standings[0].label)


@dataclass(frozen=True)
class StackFinding:
    """The cost of a stack, whatever it serves."""

    label: str
    stack: str
    metrics: Mapping[str, Estimate | None]


@dataclass(frozen=True)
class SettingRow:
    """One setting and its value for each label; `equal` is False where values differ.

    `values` are those that were asked for, `found` those that the running processes had, as far as
    either is known; where both are, what was found counts.
    """

    name: str
    values: Mapping[str, str | None]
    equal: bool
    found: Mapping[str, str | None]


@dataclass(frozen=True)
class BlockFinding:
    """One block: how it ended, and which stack was its twin (a solo block has none)."""

    number: int
    state: str
    solo: bool
    twin_stack: str | None
    why_broken: str | None


@dataclass(frozen=True)
class Report:
    """All of a study's findings."""

    report_version: int
    study_id: str
    created_at: str
    finished_at: str | None
    mode: str
    seed: int
    driver: str
    workers: int
    command: str
    confidence: float
    margin_ratio: float
    looks: tuple[int, ...]
    blocks_planned: int
    blocks: tuple[BlockFinding, ...]
    caveats: tuple[Caveat, ...]
    comparisons: tuple[Comparison, ...]
    stacks: tuple[StackFinding, ...]
    settings: tuple[SettingRow, ...]
    versions: Mapping[str, Any]
    machine: Mapping[str, Any]
    verdicts: tuple[str, ...] = ()
