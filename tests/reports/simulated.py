"""Studies made by arithmetic: true speeds and noise are known, so verdicts can be judged."""

from dataclasses import replace

import numpy as np
from hdrh.histogram import HdrHistogram

from reports.study.database import FORMAT_VERSION
from reports.study.file import StudyFile
from reports.study.records import (
    Block,
    Ceiling,
    Entrant,
    Environment,
    Footprint,
    Gate,
    Plan,
    PlanOptions,
    Round,
    ServerCpu,
    Shape,
    Slice,
    Study,
)

STACKS = {
    "falcon:gunicorn": 2400.0,
    "falcon-asgi:uvicorn": 2380.0,
    "fastapi:uvicorn": 1700.0,
    "flask:gunicorn": 1500.0,
}
OPERATIONS = ("count", "letter_count", "predict")
CLOSED = Shape(16)
OPEN = Shape(16, 1000.0)


def encode(times_us, counts=None) -> str:
    """Times as a slice's histogram."""
    histogram = HdrHistogram(1, 60_000_000, 3)
    for time_us, count in zip(times_us, counts or [1] * len(times_us), strict=True):
        histogram.record_value(int(time_us), int(count))
    return histogram.encode().decode("ascii")


def closed_loop_histogram(answered: int, mean_us: float, spread: float = 0.4) -> str:
    """A log-normal shape with the given count and mean."""
    steps = 60
    quantiles = (np.arange(steps) + 0.5) / steps
    normal = np.sqrt(2) * _erfinv(2 * quantiles - 1)
    times = np.exp(spread * normal)
    times *= mean_us / times.mean()
    counts = [answered // steps + (index < answered % steps) for index in range(steps)]
    return encode([t for t, c in zip(times, counts, strict=True) if c], [c for c in counts if c])


def open_loop_histograms(due: int, mean_us: float, lag_us: float) -> dict:
    """Response, service and lag times of a slice in which everything was served on time."""
    return {
        "histogram": closed_loop_histogram(due, mean_us),
        "service_histogram": closed_loop_histogram(due, mean_us - lag_us),
        "lag_histogram": encode([lag_us], [due]),
    }


def with_solo(study: Study, changed=None, passes=4, noise_sd=0.002, slice_s=2.0) -> Study:
    """The study with a solo block more; `changed` maps a label to how much faster it is alone."""
    number = max(block.number for block in study.blocks) + 1
    rng = np.random.default_rng(number)
    labels = [entrant.label for entrant in study.plan.entrants if entrant.stack is not None]
    block = replace(study.blocks[0], number=number, twin_stack=None, solo=True)
    rounds, slices = [], []
    for operation in study.plan.operations:
        for shape in study.plan.shapes:
            found = [s for s in study.slices if (s.operation, s.shape) == (operation, shape.name)]
            for pass_number in range(1, passes + 1):
                rounds.append(
                    Round(
                        block=number,
                        number=pass_number,
                        operation=operation,
                        shape=shape.name,
                        order=tuple(labels),
                    )
                )
                for position, label in enumerate(labels):
                    like = next(s for s in found if s.label == label)
                    speed = np.exp(
                        np.mean([np.log(s.answered / s.sum_us) for s in found if s.label == label])
                    )
                    factor = (changed or {}).get(label, 1.0) * np.exp(rng.normal(0, noise_sd))
                    place = {"block": number, "round": pass_number, "position": position}
                    slices.append(solo_slice(shape, like, speed * factor, slice_s, place))
    return replace(
        study,
        blocks=(*study.blocks, block),
        rounds=(*study.rounds, *rounds),
        slices=(*study.slices, *slices),
    )


def solo_slice(shape, like, speed, slice_s, place) -> Slice:
    """`speed` is answers over the sum of their times, per microsecond squared."""
    if shape.rate_per_s is None:
        # answered = rate * s and sum_us = connections * s, so speed = rate / connections.
        answered = round(speed * shape.connections * 1e6 * slice_s)
        mean_us = shape.connections * slice_s * 1e6 / answered
        times = {"histogram": closed_loop_histogram(answered, mean_us)}
    else:
        answered, mean_us = round(shape.rate_per_s * slice_s), 1 / speed
        times = open_loop_histograms(answered, mean_us, 5) | {"due": answered}
    return replace(
        like,
        duration_s=slice_s,
        answered=answered,
        sum_us=round(mean_us * answered),
        generator_cpu_s=like.generator_cpu_s / like.duration_s * slice_s,
        **place,
        **times,
    )


def simulate(  # noqa: PLR0917 (each is one thing a test may want to be different)
    speeds=None,
    operations=("count",),
    shapes=(CLOSED,),
    blocks=8,
    rounds=5,
    block_sd=0.10,
    noise_sd=0.01,
    round_sd=0.02,
    seed=1,
    twin_speed=1.0,
    generator_cpu_ratio=0.3,
    ceiling=20_000.0,
    slice_s=1.0,
    options=None,
) -> Study:
    """A finished study. `block_sd` hits all stacks of a block alike, `noise_sd` each stack."""
    speeds = STACKS if speeds is None else speeds
    rng = np.random.default_rng(seed)
    labels = [*speeds, "twin"]
    study = Study(
        study_id="0" * 32,
        format_version=FORMAT_VERSION,
        created_at="2024-05-01T10:00:00+00:00",
        finished_at="2024-05-01T11:00:00+00:00",
        plan=Plan(
            command=("podium", "compare", "--seed", str(seed)),
            mode="default",
            seed=seed,
            entrants=(
                *(
                    Entrant(
                        label, label, {"server": label.split(":")[-1], "threads": 4, "log": "off"}
                    )
                    for label in speeds
                ),
                Entrant("twin", None),
            ),
            operations=tuple(operations),
            shapes=tuple(shapes),
            blocks=blocks,
            rounds_per_block=rounds,
            slice_s=slice_s,
            rows=1,
            workers=1,
            driver="simulated",
            options=options or PlanOptions(),
        ),
        environment=Environment(
            machine={"cpu": "made up", "cores": 2, "kernel": {"release": "6.0"}},
            versions={"podium": "0.1.0", "flask": "3.1.3"},
        ),
        gates=tuple(Gate(label, passed=True, checks=40) for label in speeds),
        ceilings=tuple(Ceiling(o, s.name, ceiling) for o in operations for s in shapes),
        blocks=tuple(
            Block(
                number,
                "whole",
                number,
                list(speeds)[number % len(speeds)],
                f"2024-05-01T10:{number:02}:00+00:00",
                f"2024-05-01T10:{number:02}:40+00:00",
            )
            for number in range(1, blocks + 1)
        ),
        rounds=(),
        slices=(),
        footprints=tuple(
            Footprint(
                label,
                startup_s=0.8,
                uss_rest_bytes=70 << 20,
                pss_rest_bytes=80 << 20,
                uss_loaded_bytes=75 << 20,
                pss_loaded_bytes=None,
            )
            for label in speeds
        ),
        server_cpu=tuple(
            ServerCpu(number, label, dict.fromkeys(operations, 400000.0 / speed))
            for number in range(1, blocks + 1)
            for label, speed in speeds.items()
        ),
    )
    all_rounds, all_slices = [], []
    for block in study.blocks:
        for operation in operations:
            for shape in shapes:
                common = rng.normal(0, block_sd)
                own = {label: rng.normal(0, noise_sd) for label in labels}
                for number in range(1, rounds + 1):
                    order = tuple(str(label) for label in rng.permutation(labels))
                    all_rounds.append(
                        Round(
                            block=block.number,
                            number=number,
                            operation=operation,
                            shape=shape.name,
                            order=order,
                            canary_ns=1_000_000,
                        )
                    )
                    for position, label in enumerate(order):
                        base = (
                            speeds[block.twin_stack] * twin_speed
                            if label == "twin"
                            else speeds[label]
                        )
                        noise = common + own[label] + rng.normal(0, round_sd)
                        rate = base * np.exp(noise)
                        if shape.rate_per_s is None:
                            answered = max(1, round(rate * slice_s))
                            mean_us = shape.connections / (answered / slice_s) * 1e6
                            times = {"histogram": closed_loop_histogram(answered, mean_us)}
                        else:
                            answered = round(shape.rate_per_s * slice_s)
                            mean_us = 1e6 / rate
                            times = open_loop_histograms(answered, mean_us, 5) | {"due": answered}
                        all_slices.append(
                            Slice(
                                block=block.number,
                                round=number,
                                position=position,
                                label=label,
                                operation=operation,
                                shape=shape.name,
                                started_at_ns=len(all_slices),
                                duration_s=slice_s,
                                answered=answered,
                                failures={},
                                examples={},
                                generator_cpu_s=generator_cpu_ratio * slice_s,
                                server_cpu_s=(0.95 if shape.rate_per_s is None else 0.4) * slice_s,
                                drain_s=0.0,
                                sum_us=round(mean_us * answered),
                                **times,
                            )
                        )
    return replace(study, rounds=tuple(all_rounds), slices=tuple(all_slices))


def change_slices(study: Study, chosen, **changes) -> Study:
    """The study with fields of the chosen slices changed."""
    slices = tuple(replace(s, **changes) if chosen(s) else s for s in study.slices)
    return replace(study, slices=slices)


def write(study: Study, path) -> None:
    """The study as a file of its own, with the id and times the writer gives it."""
    with StudyFile.create(path, study.plan, study.environment) as file:
        for gate in study.gates:
            file.add(gate)
        for ceiling in study.ceilings:
            file.add(ceiling)
        for block in study.blocks:
            file.add(replace(block, state="running", ended_at=None))
            file.end_block(block)
        for round_ in study.rounds:
            file.add(round_)
        for slice_ in study.slices:
            file.add(slice_)
        for record in (*study.footprints, *study.server_cpu):
            file.add(record)
        if study.finished_at is not None:
            file.finish(study.finished_at)


def _erfinv(values):
    from scipy.special import erfinv  # noqa: PLC0415 (slow to import, wanted here only)

    return erfinv(values)
