"""Whole studies drawn from recorded rounds, for comparisons of two of them.

Rounds are drawn whole, as in `tests.reports.recorded_rounds`: stacks keep their own noise, skewed
and unequal, and have equal speeds but for what a test plants.
"""

from dataclasses import replace
from functools import cache

import numpy as np

from reports.study.records import Environment, Round, Slice
from tests.reports.recorded_rounds import OPERATIONS, QUICK, RECORDED, Noise
from tests.reports.simulated import closed_loop_histogram, simulate

LABELS = ("falcon:gunicorn", "falcon-asgi:uvicorn", "fastapi:uvicorn", "flask:gunicorn")
CONNECTIONS = 16
SHAPE = "closed-16"
VERSIONS = {"python": "3.11.7", "flask": "3.0.3", "falcon": "4.1.0", "code": "1"}


@cache
def recorded():
    """By operation, each slice's answers and seconds, the latter as if all stacks were equal."""
    file = np.load(RECORDED)
    found = {}
    for operation in OPERATIONS:
        answered, seconds = (file[f"{operation}_{name}"] for name in ("answered", "duration_s"))
        speeds = answered.sum(0) / seconds.sum(0)
        found[operation] = answered, seconds * speeds / speeds[0]
    return found


@cache
def histogram(answered):
    return closed_loop_histogram(answered, 5000.0)


@cache
def skeleton(blocks):
    study = simulate(dict.fromkeys(LABELS, 1000.0), OPERATIONS, blocks=blocks, rounds=1)
    entrants = tuple(one for one in study.plan.entrants if one.stack is not None)
    plan = replace(study.plan, entrants=entrants, rounds_per_block=QUICK.rounds)
    blocks = tuple(replace(block, twin_stack=None) for block in study.blocks)
    return replace(study, plan=plan, blocks=blocks, ceilings=(), footprints=(), server_cpu=())


def made_of(changed=()):
    """What each stack is made of; those `changed` of other sources than the rest."""
    return {
        label: {"python": "3.11.7", "packages": {}, "code": "2" if label in changed else "1"}
        for label in LABELS
    }


def draw(  # noqa: PLR0917 (each is one thing a test may want to be different)
    rng,
    study_id,
    speeds=None,
    machine=1.0,
    design=QUICK,
    noise=Noise(),  # noqa: B008 (frozen)
    changed=(),
    operations=OPERATIONS,
):
    """A study; `speeds` are factors by label, `machine` one for all of them."""
    study = skeleton(design.blocks)
    factors = np.array([(speeds or {}).get(label, 1.0) for label in LABELS]) * machine
    effects = noise.draw(rng, 1, len(operations), design.blocks)[:, 0]
    rounds, slices = [], []
    for operation, effect in zip(operations, effects, strict=True):
        answered, seconds = recorded()[operation]
        drawn = rng.integers(0, len(answered), (design.blocks, design.rounds))
        for block in range(design.blocks):
            slower = 1 / (factors * np.exp(effect[:, block]))
            for number, at in enumerate(drawn[block], 1):
                place = {"block": block + 1, "operation": operation, "shape": SHAPE}
                rounds.append(Round(number=number, order=LABELS, canary_ns=1_000_000, **place))
                for position, label in enumerate(LABELS):
                    took = float(seconds[at, position] * slower[position])
                    count = int(answered[at, position])
                    slices.append(_slice(place, number, position, label, count, took))
    return replace(
        study,
        study_id=study_id,
        plan=replace(study.plan, operations=tuple(operations)),
        environment=Environment({"cpu": "made up"}, VERSIONS, made_of(changed)),
        rounds=tuple(rounds),
        slices=tuple(slices),
    )


def _slice(place, number, position, label, answered, took):  # noqa: PLR0917
    return Slice(
        **place,
        round=number,
        position=position,
        label=label,
        started_at_ns=0,
        duration_s=took,
        answered=answered,
        failures={},
        examples={},
        histogram=histogram(answered),
        generator_cpu_s=0.1 * took,
        server_cpu_s=0.95 * took,
        drain_s=0.0,
        sum_us=round(CONNECTIONS * took * 1e6),
    )


def pair(seed, old=None, new=None, **both):
    """Two studies of one seed; `old` and `new` are what `draw` takes for each."""
    rng = np.random.default_rng(seed)
    return (
        draw(rng, "a" * 32, **both, **(old or {})),
        draw(rng, "b" * 32, **both, **(new or {})),
    )
