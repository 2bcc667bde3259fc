"""`podium calibrate`: the load generator's ceilings here, and this machine's noise."""

import json
import sys
from dataclasses import asdict

import click

from benchmarks.calibration import Calibration, calibrate, store_calibration
from benchmarks.errors import CalibrationNotKept
from benchmarks.machine.cores import split_cores
from benchmarks.workload.workload import build_workload
from podium.commands.options import (
    closing,
    json_option,
    say,
    say_what_is_in_the_way,
    say_who_else_measures,
)
from reports.wording.reasons import limit_sentence
from shared.contract import OPERATIONS
from shared.model.model import sample_of


@click.command("calibrate", epilog=closing("podium calibrate", ok="measured and kept"))
@json_option
def command(*, as_json: bool) -> int:
    """Measure the load generator's ceilings and this machine's noise; takes a quarter of a minute.

    The result is kept for this machine in your cache directory, and `podium load` says with it
    where the generator was the limit. Measure while the machine does nothing else.
    """
    say_who_else_measures()
    cores = split_cores(1)
    say_what_is_in_the_way(cores)
    say("measuring the generator's ceilings, its start lag and the machine's noise")
    sample = sample_of(None)
    workloads = [build_workload(name, seed=0, sample=sample) for name in OPERATIONS]
    calibration = calibrate(workloads, cores)
    print(json.dumps(asdict(calibration)) if as_json else describe(calibration))
    # Only now: the figures are out if they cannot be kept.
    try:
        print(f"Kept in {store_calibration(calibration)}.", file=sys.stderr)
    except OSError as exc:
        raise CalibrationNotKept(exc.strerror or str(exc)) from exc
    return 0


def describe(calibration: Calibration) -> str:
    """Return the result as text."""
    lines = ["The generator's ceilings, against a server that does next to nothing:"]
    if calibration.trouble is not None:
        why = f"{limit_sentence(calibration.trouble)} `podium load` will not go by these ceilings."
        lines.insert(0, why)
    for one in calibration.ceilings:
        cpu_us = one.generator_cpu_us_per_request
        cost = "" if cpu_us is None else f", {cpu_us:.1f} µs of its core a request"
        name = f"{one.operation} {one.shape}"
        lines.append(f"  {name:<24} {one.requests_per_s:>10,.0f} requests/s{cost}")
    lag, noise = calibration.lag, calibration.noise
    lines += [
        f"Its start lag, where {lag.rate_per_s:,.0f} requests/s are due: p50 {lag.lag_p50_us} µs, "
        f"p99 {lag.lag_p99_us} µs, at most {lag.lag_max_us} µs.",
        "This machine meanwhile:",
        f"  two slices against one server differ by {noise.pair_deviation_ratio:.1%} "
        f"(standard deviation)",
        f"  a fixed loop was up to {noise.canary_ratio:.0%} slower than at best",
    ]
    for what, ratio in (
        ("taken by the hypervisor", noise.steal_ratio),
        ("used by other processes", noise.other_cpu_ratio),
        ("the generator waited for its core", noise.run_queue_delay_ratio),
    ):
        lines.append(f"  {what}: {'not known' if ratio is None else f'{ratio:.1%}'}")
    return "\n".join(lines)
