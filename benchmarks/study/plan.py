"""The plan of a study: how many blocks and rounds, within which time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from benchmarks.errors import NotTwo, RepeatedStack, UnknownOperation
from implementations.catalogue import Stack
from reports.study.records import Entrant, Plan, PlanOptions, Shape
from shared.contract import OPERATIONS, OperationName
from shared.model.built_in import DEFAULT_MODEL
from shared.model.version import EngineChoice

Mode = Literal["quick", "default", "thorough"]

TWIN = "twin"
SLICE_S = 0.1
DEFAULT_CONNECTIONS = 16
# All stacks can serve it, also where one has a slow moment, and queues are short enough to build
# up within a slice.
OPEN_LOAD_RATIO = 0.5


@dataclass(frozen=True)
class StudySize:
    """The size of a study of a mode.

    `budget_s` : all of it, from the command to the report, for `blocks` blocks; `None`: as long
    as it takes. `rounds` : of each operation and shape in a block, at most. `connections` : also
    measured, beside the number that is asked for. `open_load_ratio` : what an open loop asks for,
    of the slowest stack's capacity; `None`: there is no open loop. `twin_every` : one of the stacks
    is entered again in one of so many blocks; `None`: in none. `solo_passes` : how often each stack
    is started to be measured alone on the machine.
    """

    blocks: int
    rounds: int
    budget_s: float | None
    connections: tuple[int, ...] = ()
    open_load_ratio: float | None = None
    twin_every: int | None = 2
    solo_passes: int = 0


SIZES: dict[Mode, StudySize] = {
    "quick": StudySize(blocks=4, rounds=20, budget_s=90.0, twin_every=None),
    "default": StudySize(blocks=8, rounds=20, budget_s=360.0, open_load_ratio=OPEN_LOAD_RATIO),
    "thorough": StudySize(
        blocks=16,
        rounds=40,
        budget_s=None,
        connections=(1, 64),
        open_load_ratio=OPEN_LOAD_RATIO,
        solo_passes=4,
    ),
}


@dataclass(frozen=True)
class StudyOptions:
    """The choices made on the command line; `None` leaves one to the mode."""

    stacks: tuple[Stack, ...]
    mode: Mode = "default"
    blocks: int | None = None
    operations: tuple[str, ...] = OPERATIONS
    connections: int = DEFAULT_CONNECTIONS
    rows: int = 1
    workers: int = 1
    seed: int = 0
    model: str | None = None
    engine: EngineChoice = "auto"


def make_plan(options: StudyOptions, *, driver: str, command: Sequence[str]) -> Plan:
    """Return the plan of a study; raises `UnknownOperation` and `RepeatedStack`."""
    names = [stack.name for stack in options.stacks]
    for name in names:
        if names.count(name) > 1:
            raise RepeatedStack(name)
    size = SIZES[options.mode]
    blocks = size.blocks if options.blocks is None else options.blocks
    budget_s = None if size.budget_s is None else size.budget_s * blocks / size.blocks
    twin = () if size.twin_every is None else (Entrant(TWIN, None),)
    return Plan(
        command=tuple(command),
        mode=options.mode,
        seed=options.seed,
        entrants=(*[_entrant(stack, options) for stack in options.stacks], *twin),
        operations=known_operations(options.operations),
        shapes=tuple(Shape(c) for c in dict.fromkeys((options.connections, *size.connections))),
        blocks=blocks,
        rounds_per_block=size.rounds,
        slice_s=SLICE_S,
        rows=options.rows,
        workers=options.workers,
        driver=driver,
        options=PlanOptions(
            budget_s=budget_s,
            open_load_ratio=size.open_load_ratio,
            solo_passes=size.solo_passes,
            twin_every=size.twin_every or 1,
            model=options.model,
            engine=options.engine,
        ),
    )


def as_gate(plan: Plan, gate_ratio: float, *, open_loops: bool) -> Plan:
    """Return the plan as a gate, which its head misses if slower than the base by so much.

    The base is the stack with an `@` in its name, else the first. Raises NotTwo.
    """
    labels = plan.labels
    if len(labels) != 2:
        raise NotTwo(labels)
    versioned = [label for label in labels if "@" in label]
    base = versioned[0] if len(versioned) == 1 else labels[0]
    options = replace(plan.options, gate_ratio=gate_ratio, gate_base=base)
    return replace(plan, options=options if open_loops else replace(options, open_load_ratio=None))


def known_operations(operations: Sequence[str]) -> tuple[OperationName, ...]:
    """Return the operations in the contract's order; raises `UnknownOperation`."""
    for operation in operations:
        if operation not in OPERATIONS:
            raise UnknownOperation(operation, OPERATIONS)
    return tuple(operation for operation in OPERATIONS if operation in operations)


def _entrant(stack: Stack, options: StudyOptions) -> Entrant:
    knobs = stack.server.settings(stack.entry.interface, {"workers": stack.workers})
    served = {"model": options.model or DEFAULT_MODEL, "engine": options.engine}
    settings = {**knobs, "model_call": stack.entry.model_call, **served}
    return Entrant(stack.name, stack.placed_name, settings)
