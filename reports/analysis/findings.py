"""The findings of a study: the tree that every page, table and file is written from.

Its fields are the members of `report.json`, whose schema is made from these classes. Ratios are of
speeds: above 1, the first is faster. What is not known is `None`, never 0. The analysis leaves all
English (`what`, `headline`, `sentence`, `sentences`, `verdicts`, `remedy`, `load`, `measured`,
`cautions`) empty; `reports.wording` fills it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from reports.analysis.metrics import Estimate
from reports.analysis.reasons import (
    Caveat,
    CaveatKind,
    Exclusion,
    ExclusionKind,
    GeneratorLimited,
    NoVerdict,
    RemovalKind,
)
from reports.analysis.sections import Compared
from reports.analysis.solo import SoloCheck
from reports.analysis.twins import TwinCheck

# 1: the first; 2: kinds and numbers beside each sentence; 3: sections, bounds from late starts
REPORT_VERSION = 3

VerdictKind = Literal["different", "equal", "faster_within_margin", "undecided", "not_judged"]
"""What a pair's interval says: excludes 1; lies inside ± margin; both; neither; nothing, for the
load generator was the limit."""


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
class More:
    """How many more blocks and minutes would decide a pair, if its estimate stays as it is.

    From the least to the most noise that the blocks measured are compatible with; None where no
    number that could be run is enough, or the time is not known.
    """

    blocks_low: int | None
    blocks_high: int | None
    minutes_low: float | None
    minutes_high: float | None


@dataclass(frozen=True)
class PairFinding:
    """Two stacks in one section, the one with the higher estimate first.

    `compared` says what speeds are of: answers a second, or one over a response time or over the
    share of late answers. `ratio` is how many times as fast the first is as measured; `least_ratio`
    to `most_ratio` is what late starts of the generator leave open of that. The interval
    `ratio_low` to `ratio_high`, the noise around these, holds together with those of all sections.
    `bootstrap_low` and `bootstrap_high` are a 95 % cross-check of this pair alone,
    `round_median_ratio` a robust estimate. `more` says what would decide an undecided pair. `solo`
    is the same with each stack alone on the machine. `blocks` counts those that all this is from:
    fewer than its comparison has where the pair was decided at an earlier look.
    """

    compared: Compared
    first: str
    second: str
    ratio: float
    ratio_low: float
    ratio_high: float
    least_ratio: float
    most_ratio: float
    blocks: int
    degrees_of_freedom: int
    verdict: VerdictKind
    lower_bound: bool
    limited_by_generator: tuple[str, ...]
    bootstrap_low: float
    bootstrap_high: float
    round_median_ratio: float | None
    more: More | None
    solo: SoloCheck | None
    sentence: str = ""


@dataclass(frozen=True)
class Section:
    """The verdicts on one quantity under one operation and shape.

    `late_after_us` is the time after which an answer is late, where the share of these is compared.
    `no_verdict` is set where no pair is judged. `detectable_ratio` 0.04: differences of 4 % or more
    would have been found in four studies of five; `equality_detectable` where that two stacks are
    equal within the margin could have been. `variances_agree_p` tests that all pairs vary alike.
    """

    compared: Compared
    late_after_us: float | None
    no_verdict: NoVerdict | None
    variances_pooled: bool | None
    variances_agree_p: float | None
    detectable_ratio: float | None
    equality_detectable: bool | None
    pairs: tuple[PairFinding, ...]


@dataclass(frozen=True)
class Comparison:
    """All stacks under one operation and shape; `standings` are ordered fastest first.

    The first of the `sections` decides the places. `sentences` are the verdicts on the fastest
    against the others. `solo_passes` counts the long slices of each stack alone on the machine.
    `what` is its name.
    """

    operation: str
    shape: str
    connections: int
    rate_per_s: float | None
    blocks: tuple[int, ...]
    rounds: int
    rounds_removed: Mapping[RemovalKind, int]
    ceiling_requests_per_s: float | None
    solo_passes: int
    sections: tuple[Section, ...]
    standings: tuple[Standing, ...]
    what: str = ""
    headline: str = ""
    sentences: tuple[str, ...] = ()

    @property
    def deciding(self) -> Section:
        """The section that decides the places."""
        return self.sections[0]

    @property
    def pairs(self) -> tuple[PairFinding, ...]:
        """The pairs that decide the places."""
        return self.deciding.pairs

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


GateOutcome = Literal["red", "green", "undecided"]
"""Of a gate: slower by more than it allows, for certain; not so, for certain; neither."""


@dataclass(frozen=True)
class OperationGate:
    """What a gate found in one operation and closed loop, named as its comparison is.

    `ratio` is the head's rate over the base's, with the interval that decides. `limited` holds the
    labels for which the load generator was the limit. Where there is no ratio, `excluded` are the
    labels without a place, or `no_verdict` is the reason. `detectable_ratio` is as in `Section`;
    where it is larger than the gate, so many `more_minutes` would make it as small.
    """

    operation: str
    shape: str
    outcome: GateOutcome
    ratio: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None
    limited: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    no_verdict: NoVerdict | None = None
    detectable_ratio: float | None = None
    more_minutes: float | None = None
    sentence: str = ""


@dataclass(frozen=True)
class GateFinding:
    """What a gate says of the `head` against the `base`, both labels.

    Red where one operation is, or where the head answered wrongly, for which `wrong` is the reason;
    green where all are. `gate_ratio` is how much slower the head may be, as a share.
    """

    base: str
    head: str
    gate_ratio: float
    outcome: GateOutcome
    operations: tuple[OperationGate, ...]
    wrong: Exclusion | None = None
    headline: str = ""


BoundKind = Literal["at_least", "at_most", "unknown"]
"""What a stack's share of the first's speed is where the load generator was the limit for it, for
the first, or for both."""


@dataclass(frozen=True)
class OverviewCell:
    """One stack under one operation and shape: its place, and its speed beside the first's.

    `value` is what speed is of: requests/s, or the response p50 in µs. `of_first` is the speed as a
    share of the fastest's as measured, and `of_first_low` to `of_first_high` the interval that
    decides; None where no pair is judged. `exclusion` says why there is no number.
    """

    place_best: int | None = None
    place_worst: int | None = None
    value: float | None = None
    of_first: float | None = None
    of_first_low: float | None = None
    of_first_high: float | None = None
    bound: BoundKind | None = None
    exclusion: ExclusionKind | None = None
    sentence: str = ""


@dataclass(frozen=True)
class OverviewRow:
    """One stack; `command` measures it again, beside the first row's (that beside the next)."""

    label: str
    cells: tuple[OverviewCell, ...]
    command: str


@dataclass(frozen=True)
class OverviewColumn:
    """One operation and shape; `first` are the stacks that may be its first.

    `ahead_low` to `ahead_high` is the interval of the fastest's speed over that of the `next`, as
    measured, and `verdict` what it says; None where no pair is judged.
    """

    operation: str
    shape: str
    compared: Compared
    first: tuple[str, ...]
    next: str | None
    ahead_low: float | None
    ahead_high: float | None
    verdict: VerdictKind | None
    load: str = ""
    sentence: str = ""


@dataclass(frozen=True)
class Overview:
    """The whole study in one table; the cells of a row are in the order of the `columns`.

    `unsafe` are the kinds of caveats with which a verdict is not to be quoted, and `cautions` their
    short names. `measured` says where and when.
    """

    columns: tuple[OverviewColumn, ...]
    rows: tuple[OverviewRow, ...]
    unsafe: tuple[CaveatKind, ...]
    measured: str = ""
    cautions: tuple[str, ...] = ()


@dataclass(frozen=True)
class StackFinding:
    """The cost of a stack, whatever it serves, and the versions that its process found in itself.

    `versions` holds Python, the state of its lock (`GIL`) where it has a choice, and distributions.
    """

    label: str
    stack: str
    metrics: Mapping[str, Estimate | None]
    versions: Mapping[str, str]


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
    """All of a study's findings.

    All intervals of all `sections` hold together with the probability `confidence`, those of one
    with `section_confidence`. `widening` is the factor by which noise that persists from block to
    block widens them. `twins` is the study's control of itself, where it has one; `gate` is what
    the study says as a gate, where it is one.
    """

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
    section_confidence: float
    sections: int
    margin_ratio: float
    looks: tuple[int, ...]
    blocks_planned: int
    blocks: tuple[BlockFinding, ...]
    widening: float
    twins: TwinCheck | None
    overview: Overview
    caveats: tuple[Caveat, ...]
    comparisons: tuple[Comparison, ...]
    stacks: tuple[StackFinding, ...]
    settings: tuple[SettingRow, ...]
    versions: Mapping[str, Any]
    machine: Mapping[str, Any]
    gate: GateFinding | None = None
    verdicts: tuple[str, ...] = ()
