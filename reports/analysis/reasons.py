"""Reasons of a report, as kinds and numbers: exclusions, limits, caveats; no English.

`reports.wording` fills each `sentence`. Kinds are part of `report.json` and never renamed.
"""

from dataclasses import dataclass
from typing import Literal

from reports.study.records import GeneratorFailure

ExclusionKind = Literal[
    "not_started",
    "contract_failed",
    "wrong_answers",
    "remembers_answers",
    "block_missing",
    "not_measured",
    "nothing_answered",
    "untimed_answers",
    "littles_law",
    "no_steady_state",
    "due_unknown",
    "saturated",
    "too_few_answers",
]
"""Why a stack has no place.

`not_started`       its versions cannot be had, or it did not start: `faults` has the reason
`contract_failed`   the gate before the load found a fault: `faults`
`wrong_answers`     wrong answers or none under load: `failures`
`remembers_answers` a new request took `measured` times the CPU time of one answered before
`block_missing`     it was not measured in `block`
`not_measured`      no block has it
`nothing_answered`  no right answer in `block`, or in a slice of it nothing at all
`untimed_answers`   `measured` answers have a time where `limit` were counted, in `block`
`littles_law`       rate × time gives `measured` connections at the nearest where `limit` were open
`no_steady_state`   `measured` is its speed in a block's second half over the first, against others
`due_unknown`       an open loop in which the number of due requests was not recorded
`saturated`         `measured` of what was due was served (in time), below `limit`
`too_few_answers`   too little is behind its response p50
"""


@dataclass(frozen=True)
class FailureCount:
    """The number of requests of an operation that failed in one way under load."""

    operation: str
    kind: str
    count: int


@dataclass(frozen=True)
class Exclusion:
    """The reason for which a stack has no place in a comparison; see `ExclusionKind`."""

    kind: ExclusionKind
    block: int | None = None
    measured: float | None = None
    limit: float | None = None
    failures: tuple[FailureCount, ...] = ()
    faults: tuple[str, ...] = ()
    sentence: str = ""


TroubleKind = Literal["quota", "core_taken", "paused", GeneratorFailure]
"""What happened to the load generator itself; a round so hit is no evidence on any stack."""

LimitKind = Literal["shared_core", TroubleKind, "cpu", "ceiling", "start_lag_p50", "start_lag_p99"]


@dataclass(frozen=True)
class GeneratorLimited:
    """The load generator, not the stack, may have been the limit: `measured` is above `limit`.

    `shared_core` : server and generator had one core between them; both numbers count processes.
    `quota` : the share of time that a control group's quota of `reference` cores stopped it.
    `core_taken` : the share of time that it was ready to run and another process had its core.
    `paused` : the share of time that it had work and did not run.
    `no_port`, `no_descriptor`, `no_memory`, `no_route` : connections that it could not open for
    lack of a local port, of file descriptors, of memory, or of a way through its own network.
    `cpu` : shares of the generator's core.
    `ceiling` : requests/s; the limit is a share of `reference`, the generator's own ceiling.
    `start_lag_p50`, `start_lag_p99` : µs; the limit is a share of `reference`, the service time's
    p50 or the response time's p99.
    """

    kind: LimitKind
    measured: float
    limit: float
    reference: float | None = None
    sentence: str = ""


NoVerdictKind = Literal[
    "too_few_stacks", "too_few_late", "too_few_blocks", "study_unfinished", "twins_differ"
]


@dataclass(frozen=True)
class NoVerdict:
    """The reason for which no pair of a section is judged.

    `too_few_late` : fewer than two stacks have enough late answers. `twins_differ` : over all
    operations the ratio of a stack to itself has the interval `ratio_low` to `ratio_high`.
    """

    kind: NoVerdictKind
    ratio_low: float | None = None
    ratio_high: float | None = None
    sentence: str = ""


RemovalKind = Literal[
    TroubleKind, "steal_time", "run_queue_delay", "other_processes", "slow_canary", "slice_missing"
]
"""Why a round does not count, judged without looking at what was measured in it."""

CaveatKind = Literal[
    "interleaving_changes_ratios",
    "order_turns_over",
    "no_place",
    "study_unfinished",
    "block_broken",
    "contract_unchecked",
    "generator_limited",
    "generator_not_limited",
    "ceiling_unknown",
    "generator_cpu_unknown",
    "start_lag_unknown",
    "requests_unsent",
    "machine_busy",
    "machine_quiet",
    "machine_unsteady",
    "steal_time",
    "not_pinned",
    "shared_cores",
    "detectable_difference",
    "twins_agree",
    "noise_understated",
    "no_twin",
    "stalls_weigh",
    "rounds_removed",
    "percentile_withheld",
    "solo_agrees",
    "solo_unknown",
    "settings_differ",
    "solo_unmeasured",
    "scope",
]


@dataclass(frozen=True)
class CaveatDetail:
    """One case of a caveat: in which comparison, for which stacks, how much, against what limit.

    `subject` names what is neither: a setting, or a `RemovalKind`.
    """

    where: str = ""
    stacks: tuple[str, ...] = ()
    measured: float | None = None
    limit: float | None = None
    subject: str = ""


@dataclass(frozen=True)
class Caveat:
    """Something to know before the numbers are read.

    `where` holds keys of comparisons (`Comparison.key`), `stacks` labels. `measured` and `limit`
    are in the unit that the kind implies. `exclusion` or `generator` say more for the kinds
    `no_place` and `generator_limited`. `remedy` says what can be done about it, where something
    can.
    """

    kind: CaveatKind
    where: tuple[str, ...] = ()
    stacks: tuple[str, ...] = ()
    measured: float | None = None
    limit: float | None = None
    details: tuple[CaveatDetail, ...] = ()
    exclusion: Exclusion | None = None
    generator: GeneratorLimited | None = None
    sentence: str = ""
    remedy: str = ""
