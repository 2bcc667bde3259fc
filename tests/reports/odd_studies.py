"""Studies of unusual kinds, each of which must have a readable report."""

from dataclasses import replace
from functools import cache

from tests.reports.simulated import CLOSED, OPEN, OPERATIONS, STACKS, change_slices, simulate

LONG = [
    f"{framework}:{server}"
    for framework in ("falcon-asgi", "fastapi-threads", "fastapi", "asgi", "flask", "falcon", "my")
    for server in ("uvicorn", "granian:2")
]
MANY = {name: 9000.0 * 0.8**number for number, name in enumerate(LONG)}
SMALL = {"blocks": 4, "rounds": 5}


@cache
def default():
    """The size of what `podium compare` makes without options: four stacks, six columns."""
    return simulate(operations=OPERATIONS, shapes=(CLOSED, OPEN), **SMALL)


def one_stack():
    return simulate({"flask:gunicorn": 1500.0}, **SMALL)


def many_stacks():
    return simulate(MANY, shapes=(CLOSED, OPEN), **SMALL)


def unfinished():
    study = default()
    first = tuple(block for block in study.blocks if block.number == 1)
    return replace(
        study,
        finished_at=None,
        blocks=first,
        rounds=tuple(one for one in study.rounds if one.block == 1),
        slices=tuple(one for one in study.slices if one.block == 1),
    )


def all_excluded():
    study = simulate(operations=("count", "predict"), **SMALL)
    return change_slices(study, lambda _: True, failures={"wrong_content": 2})


def limited():
    study = default()
    return change_slices(study, lambda s: s.label.startswith("falcon"), generator_cpu_s=0.95)


def equal():
    speeds = dict.fromkeys(STACKS, 2000.0)
    return simulate(speeds, shapes=(CLOSED, OPEN), noise_sd=0.001, round_sd=0.002, **SMALL)


ODD = {
    made.__name__: made
    for made in (default, one_stack, many_stacks, unfinished, all_excluded, limited, equal)
}
