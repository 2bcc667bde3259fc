"""The records of a study file, one frozen class a table.

Words are those of the README's glossary: a *slice* is one entrant, one operation, one shape; a
*round* is one slice of every entrant; a *block* is many rounds over freshly started processes.
Quantities carry their unit in the name. What was not measured is `None`, never 0.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

Json = Mapping[str, Any]
BlockState = Literal["running", "whole", "broken"]

GeneratorFailure = Literal["no_port", "no_descriptor", "no_memory", "no_route"]
"""Kinds of failure that are the load generator's own: it could not open a connection."""

GENERATOR_FAILURES: tuple[GeneratorFailure, ...] = get_args(GeneratorFailure)

ON_TIME_US = 50.0
"""The most by which the late start of a request that counts as on time can have delayed it."""


@dataclass(frozen=True)
class Shape:
    """A load shape: closed loop (a rate of `None`) or open loop with `rate_per_s` arrivals.

    One with an `operation` is for that operation only: a rate that all stacks can serve is another
    for each.
    """

    connections: int
    rate_per_s: float | None = None
    operation: str | None = None

    @property
    def name(self) -> str:
        """Such as `closed-16` or `open-500`."""
        if self.rate_per_s is None:
            return f"closed-{self.connections}"
        return f"open-{self.rate_per_s:g}"


@dataclass(frozen=True)
class Entrant:
    """One stack in the study. `label` is unique; a twin slot has `stack` `None`.

    The twin slot's stack changes from block to block, and in some there is none (see
    `Block.twin_stack`).
    `settings` are the knobs it ran with (name -> value), for the table of settings.
    """

    label: str
    stack: str | None
    settings: Json = field(default_factory=dict)


@dataclass(frozen=True)
class TwinResult:
    """What a finished study found of its twins, over `blocks` blocks of all operations together.

    `log_ratio` of the second's speed to the first's, with its standard error, and with that which
    the model of the noise states. `squares` is the sum of their squared deviations, with `df`
    degrees of freedom, each divided by the variance that the model states with `model_df`.
    """

    study_id: str
    blocks: int
    log_ratio: float
    standard_error: float
    stated_error: float
    squares: float
    df: int
    model_df: int


@dataclass(frozen=True)
class PlanOptions:
    """Choices of a plan that earlier versions of the format may lack.

    `budget_s` : from the command to the report; `None`: as long as it takes. `open_load_ratio` :
    the rate of the open loops, as a share of the slowest stack's capacity; `None`: no open loop.
    `solo_passes` : how often each stack is started to be measured alone on the machine.
    `margin_ratio` : differences below it do not matter, 0.03 stands for 3 %. `looks` : the numbers
    of blocks at which the study is evaluated; none: once, at its end. `entries` : folders of
    entries outside the checkout. `twin_every` : the twin slot, where there is one, is filled in one
    of so many blocks. `late_after_s` : the time after which an answer is late; `None`: ten times
    the median of the best stack. `model` : `NAME@VERSION`, or a version's directory; `None` is
    podium's own iris. `engine` : what answered for it; studies before it had one were served by
    scikit-learn. `at_most_s` : after so long a study with looks ends at the last one reached.
    `earlier_twins` : of studies on this machine before this one. `gate_ratio` : the study is a
    gate, which its head misses where its rate is lower than that of `gate_base` (a label) by more
    than this share. `python` : the interpreter of the stacks with versions of their own; `None` is
    podium's.
    """

    budget_s: float | None = None
    open_load_ratio: float | None = None
    solo_passes: int = 0
    margin_ratio: float = 0.03
    looks: tuple[int, ...] = ()
    entries: tuple[str, ...] = ()
    twin_every: int = 1
    late_after_s: float | None = None
    model: str | None = None
    engine: Literal["auto", "sklearn", "compiled", "batched"] = "sklearn"
    at_most_s: float | None = None
    earlier_twins: tuple[TwinResult, ...] = ()
    gate_ratio: float | None = None
    gate_base: str | None = None
    python: str | None = None


@dataclass(frozen=True)
class Plan:
    """The plan of a study: enough to resume it and to repeat it.

    Shapes that the pilot chose are added to `shapes` before the first block.
    """

    command: tuple[str, ...]
    mode: Literal["quick", "default", "thorough"]
    seed: int
    entrants: tuple[Entrant, ...]
    operations: tuple[str, ...]
    shapes: tuple[Shape, ...]
    blocks: int
    rounds_per_block: int
    slice_s: float
    rows: int
    workers: int
    driver: str
    options: PlanOptions = field(default_factory=PlanOptions)

    @property
    def looks(self) -> tuple[int, ...]:
        """The numbers of blocks at which the study is evaluated."""
        return self.options.looks or (self.blocks,)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of the stacks, the twin's left out."""
        return tuple(one.label for one in self.entrants if one.stack is not None)

    def shapes_of(self, operation: str) -> tuple[Shape, ...]:
        """The shapes under which `operation` is measured."""
        return tuple(one for one in self.shapes if one.operation in (None, operation))


@dataclass(frozen=True)
class Environment:
    """The machine and the versions: read once when the study starts.

    `stacks` has, by label, what each stack is made of: `python`, its version; `packages`, those of
    all that it serves with, by name; `code`, a fingerprint of its sources. Empty in the studies of
    formats before 6.
    """

    machine: Json
    versions: Json
    stacks: Json = field(default_factory=dict)


@dataclass(frozen=True)
class Gate:
    """The contract gate's answer for one entrant, before any load.

    With no `checks` it could not be asked: its versions cannot be had here, or it did not start,
    and the one of the `failures` is the reason.
    """

    label: str
    passed: bool
    checks: int
    failures: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ceiling:
    """The generator's own rate against a server that does next to nothing."""

    operation: str
    shape: str
    requests_per_s: float
    generator_cpu_us_per_request: float | None = None


@dataclass(frozen=True)
class Block:
    """One set of freshly started processes. Which blocks count is said by `counted_blocks`.

    `twin_stack` is the stack that was entered a second time, under the twin slot's label; None
    where none was. In a `solo` block, long slices were made with one stack alone on the machine at
    a time, without a twin; it says only whether interleaving changes a ratio, and is not one of
    `Plan.blocks`.
    """

    number: int
    state: BlockState
    hash_seed: int
    twin_stack: str | None
    started_at: str
    ended_at: str | None = None
    why_broken: str | None = None
    solo: bool = False


@dataclass(frozen=True, kw_only=True)
class MachineNoise:
    """The machine's own noise, as shares of wall time (a core's mean, where several are in use).

    `steal_ratio` : taken by the host for others. `other_cpu_ratio` : used by processes that are not
    ours. `run_queue_delay_ratio` : the generator was ready to run and another process ran.
    `throttled_ratio` : stopped by a quota of a control group.
    """

    steal_ratio: float | None = None
    other_cpu_ratio: float | None = None
    run_queue_delay_ratio: float | None = None
    throttled_ratio: float | None = None


@dataclass(frozen=True, kw_only=True)
class Round(MachineNoise):
    """One slice of every entrant, same operation and shape, in `order` (labels), and the noise.

    `canary_ns` is the longest time of a fixed busy loop on the servers' core, before and after each
    slice (up to format 4: anywhere, before the first). A round is written when its last slice has
    ended, so one that was cut has no record.
    """

    block: int
    number: int
    operation: str
    shape: str
    order: tuple[str, ...]
    canary_ns: int | None = None


@dataclass(frozen=True, kw_only=True)
class SliceOutcome:
    """The outcome of one slice: one service under one operation and shape, a second or less.

    `answered` counts right answers that ended within the slice or its drain; `failures` counts
    the others by kind (`refused`, `reset`, `timeout`, `wrong_status`, `wrong_content`, `short`, and
    `GENERATOR_FAILURES`).
    `sent` counts every request that was begun, the untimed ones before the slice (each connection
    answers once) included; so a service that had no other clients counted as many.
    `duration_s` includes the drain. `histogram` holds the right answers' times in microseconds,
    as an HDR histogram (3 significant digits, 1 us to 60 s), in HdrHistogram's compressed
    V2 encoding (base64 text); `sum_us` adds them up, as far as they lie within the slice.
    `generator_cpu_s` is the load process's CPU time, polling excluded; `paused_s` the time for
    which it had work and did not run, in pauses of 50 ms or more.
    In the open loop times count from when a request was due; `service_histogram` counts them from
    when it was sent, and `lag_histogram` has the start lag between. `on_time_histogram` has those
    of `histogram` that no late start can have delayed by more than `ON_TIME_US`: of requests
    that started within as much, while none that did not was unanswered. Of the `due` requests,
    `unsent` could not be sent at all: they are neither answers nor failures.
    """

    started_at_ns: int
    duration_s: float
    answered: int
    histogram: str
    failures: Mapping[str, int] = field(default_factory=dict)
    examples: Mapping[str, str] = field(default_factory=dict)
    generator_cpu_s: float | None = None
    drain_s: float | None = None
    idle_closes: int = 0
    service_histogram: str | None = None
    on_time_histogram: str | None = None
    lag_histogram: str | None = None
    sum_us: int | None = None
    due: int | None = None
    unsent: int = 0
    sent: int | None = None
    paused_s: float | None = None


@dataclass(frozen=True, kw_only=True)
class Slice(SliceOutcome):
    """The outcome of one entrant's slice, and its place in the study.

    `canary_before_ns` and `canary_after_ns` are the times of a fixed busy loop on the servers' core
    just before and just after it.
    """

    block: int
    round: int
    position: int
    label: str
    operation: str
    shape: str
    server_cpu_s: float | None = None
    canary_before_ns: int | None = None
    canary_after_ns: int | None = None


@dataclass(frozen=True)
class Footprint:
    """The start-up time and memory of one stack alone, all its processes together.

    Memory in bytes, at rest (before load) and after load; `startup_s` to the first right answer.
    `found` has what its processes were found to have of the settings, by name, after load, and as
    `versions` those that a process found in itself.
    """

    label: str
    startup_s: float | None
    uss_rest_bytes: int | None
    pss_rest_bytes: int | None
    uss_loaded_bytes: int | None
    pss_loaded_bytes: int | None
    found: Json = field(default_factory=dict)


@dataclass(frozen=True)
class Recall:
    """Requests that a stack had not seen against the same ones again, before the blocks.

    `cpu_ratios` : the server's CPU time of a new request over that of a repeated one, in each of
    several sets.
    """

    label: str
    operation: str
    cpu_ratios: tuple[float, ...]


@dataclass(frozen=True)
class ServerCpu:
    """The CPU time of one entrant's processes in one block, microseconds a request by operation."""

    block: int
    label: str
    us_per_request: Mapping[str, float]


@dataclass(frozen=True)
class Study:
    """All of a study file. `finished_at` is `None` while it can be resumed."""

    study_id: str
    format_version: int
    created_at: str
    finished_at: str | None
    plan: Plan
    environment: Environment
    gates: tuple[Gate, ...]
    ceilings: tuple[Ceiling, ...]
    blocks: tuple[Block, ...]
    rounds: tuple[Round, ...]
    slices: tuple[Slice, ...]
    footprints: tuple[Footprint, ...]
    server_cpu: tuple[ServerCpu, ...]
    recalls: tuple[Recall, ...] = ()
